#!/usr/bin/env python3
"""Calibrate the fold models' logits across sources, fuse them, and write the per-image scores.

    fuse.py --data DIR --cache DIR --runs NAME [NAME ...] --scores scores/oof.csv --out out

Every image's score comes from a network that never saw its source and from a calibration fitted on the other folds'
images. `scores/oof.csv` takes stylegan_faces from fold 4 (wholly left out), `oof_halves.csv` from folds 1 and 2 (its
other half seen). The calibration that ships, `out/calibration.json`, is fitted on all left-out logits.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from calibrate import OPERATING_POINT, balance, fit, fit_fusion, group_weights
from data import read_manifest
from evaluate import table
from model import HEADS
from splits import read_folds

BPCER = 0.05
HALVED = "stylegan_faces"
GENERATED = ("gan", "diffusion")
RECAPTURED = ("print", "screen")
SIGNALS = {  # signal: (heads that it reads, species it judges; the others' attacks are left out of its fit)
    "pad_context": (("teacher", "recapture"), RECAPTURED),
    "synthetic_face": (("synthesis",), GENERATED),
}


def read_run(cache, name, fold):
    with open(cache / "runs" / name / f"fold_{fold}.csv", newline="") as file:
        return {int(r["row"]): [float(r[h]) for h in HEADS] for r in csv.DictReader(file)}


def gather(options, rows, halves):
    """Left-out logits by head (mean of the runs), with row number and fold of each image."""
    entries = {}
    for fold in sorted(read_folds()):
        runs = [read_run(options.cache, name, fold) for name in options.runs]
        for row in runs[0]:
            if rows[row]["source"] == HALVED and (fold == 4) == halves:
                continue
            entries[row] = (fold, np.mean([run[row] for run in runs], axis=0))
    numbers = np.array(sorted(entries))
    logits = np.stack([entries[n][1] for n in numbers])
    return numbers, np.array([entries[n][0] for n in numbers]), {head: logits[:, j] for j, head in enumerate(HEADS)}


class Model:
    """The calibrated signals and their fusion, fitted on some of the images."""

    def __init__(self, columns, live, species, weights, chosen):
        self.signals = {}
        for name, (inputs, judged) in SIGNALS.items():
            members = chosen & (live | np.isin(species, judged))
            x = -np.stack([columns[c] for c in inputs], axis=1)
            self.signals[name] = fit(x[members], live[members], balance(weights[members], live[members]))
        weighted = balance(weights[chosen], live[chosen])
        self.fusion = fit_fusion(self.table(columns)[chosen], live[chosen], weighted, BPCER)

    def scores(self, columns):
        return {name: self.signals[name].probability(-np.stack([columns[c] for c in inputs], axis=1))
                for name, (inputs, _) in SIGNALS.items()}

    def table(self, columns):
        return np.stack(list(self.scores(columns).values()), axis=1)

    def confidence(self, columns):
        return self.fusion.confidence(self.table(columns))

    def as_json(self):
        """The numbers of the engine's calibration file."""
        described = {name: {"inputs": list(SIGNALS[name][0]), "weights": [float(w) for w in s.weights], "bias": s.bias}
                     for name, s in self.signals.items()}
        weights = dict(zip(SIGNALS, map(float, self.fusion.weights)))
        profile = {"fusion": "geometric", "operating_score": self.fusion.operating_score, "weights": weights}
        return {"signals": described, "profile": profile, "bpcer": BPCER}


def write_scores(path, rows, numbers, folds, scores):
    path.parent.mkdir(parents=True, exist_ok=True)
    position = {n: i for i, n in enumerate(numbers)}
    fields = ["path", "set", "source", "label", "species", "person", "fold", *scores]
    out = []
    for number, row in enumerate(rows):
        i = position.get(number)
        values = ["", *("" for _ in scores)] if i is None else [folds[i], *(f"{scores[s][i]:.5f}" for s in scores)]
        out.append(dict(zip(fields, [row["path"], row["set"], row["source"], row["label"], row["species"], row["person"], *values])))
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(out)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--cache", "--scores", "--out"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--runs", nargs="+", required=True, help="their logits are averaged")
    options = parser.parse_args()
    rows = read_manifest(options.data)
    for halves, path in ((False, options.scores), (True, options.scores.with_stem(options.scores.stem + "_halves"))):
        numbers, folds, columns = gather(options, rows, halves)
        live = np.array([rows[n]["label"] == "live" for n in numbers])
        species = np.array([rows[n]["species"] for n in numbers])
        weights = group_weights([rows[n]["source"] + rows[n]["label"] for n in numbers])
        scores = {name: np.zeros(len(numbers)) for name in ("ensemble", *SIGNALS)}
        for fold in np.unique(folds):
            model, members = Model(columns, live, species, weights, folds != fold), folds == fold
            for name, values in {"ensemble": model.confidence(columns), **model.scores(columns)}.items():
                scores[name][members] = values[members]
        written = write_scores(path, rows, numbers, folds, scores)
        print(f"{path.name}: stylegan_faces " + ("by halves" if halves else "wholly left out"))
        print(table(written, list(scores)))
        reject = np.mean(scores["ensemble"][live] < OPERATING_POINT)
        accept = np.mean(scores["ensemble"][~live] >= OPERATING_POINT)
        print(f"at 0.58: BPCER {reject:.3f}, APCER {accept:.3f}\n")
        if halves:  # the shipped networks have seen generated faces of this kind
            options.out.mkdir(parents=True, exist_ok=True)
            everything = Model(columns, live, species, weights, np.ones(len(live), bool))
            (options.out / "calibration.json").write_text(json.dumps(everything.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
