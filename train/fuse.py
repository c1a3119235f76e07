#!/usr/bin/env python3
"""Calibrate the fold models' logits across sources, fuse them, and write the per-image scores.

    fuse.py --data DIR --cache DIR --context NAME [NAME ...] --texture NAME [NAME ...] --scores scores/oof.csv --out out

Every image's score comes from a network that never saw its source and from a calibration fitted on the other folds'
images. `scores/oof.csv` takes stylegan_faces from fold 4 (wholly left out), `oof_halves.csv` from folds 1 and 2 (its
other half seen). The calibration that ships, `out/calibration.json`, is fitted on all left-out logits.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from calibrate import balance, fit, fuse, group_weights, shifted
from data import read_manifest
from evaluate import table
from model import HEADS
from splits import read_folds

BPCER = 0.05
HALVED = "stylegan_faces"
GENERATED = ("gan", "diffusion")
RECAPTURED = ("print", "screen")
SIGNALS = {  # signal: (columns of the logits, species it judges; the others' attacks are left out of its fit)
    "pad_context": (("context_teacher", "context_recapture"), RECAPTURED),
    "pad_texture": (("texture_teacher", "texture_recapture"), RECAPTURED),
    "synthetic_face": (("context_synthesis", "texture_synthesis"), GENERATED),
}


def read_run(cache, name, fold):
    with open(cache / "runs" / name / f"fold_{fold}.csv", newline="") as file:
        return {int(r["row"]): [float(r[h]) for h in HEADS] for r in csv.DictReader(file)}


def gather(options, rows, halves):
    """Left-out logits as columns `branch_head` (mean of the seeds), with row number and fold of each image."""
    entries = {}
    for fold in sorted(read_folds()):
        runs = [[read_run(options.cache, name, fold) for name in names] for names in (options.context, options.texture) if names]
        for row in runs[0][0]:
            if rows[row]["source"] == HALVED and (fold == 4) == halves:
                continue
            entries[row] = (fold, np.concatenate([np.mean([run[row] for run in seeds], axis=0) for seeds in runs]))
    numbers = np.array(sorted(entries))
    logits = np.stack([entries[n][1] for n in numbers])
    columns = {f"{branch}_{head}": logits[:, i * len(HEADS) + j]
               for i, branch in enumerate(("context", "texture")[: logits.shape[1] // len(HEADS)]) for j, head in enumerate(HEADS)}
    return numbers, np.array([entries[n][0] for n in numbers]), columns


def available(columns):
    """The signals of which a branch was trained, with the inputs that exist."""
    found = {name: (tuple(c for c in inputs if c in columns), judged) for name, (inputs, judged) in SIGNALS.items()}
    return {name: signal for name, signal in found.items() if signal[0]}


class Model:
    """The calibrated signals and their fusion, fitted on some of the images."""

    def __init__(self, columns, live, species, weights, chosen):
        self.signals, self.known = {}, available(columns)
        for name, (inputs, judged) in self.known.items():
            members = chosen & (live | np.isin(species, judged))
            x = -np.stack([columns[c] for c in inputs], axis=1)
            self.signals[name] = fit(x[members], live[members], balance(weights[members], live[members]))
        features = self.features(columns)
        fusion = fit(features[chosen], live[chosen], balance(weights[chosen], live[chosen]))
        self.fusion = shifted(fusion, fusion.logit(features[chosen & live]), BPCER)

    def scores(self, columns):
        return {name: self.signals[name].probability(-np.stack([columns[c] for c in inputs], axis=1))
                for name, (inputs, _) in self.known.items()}

    def features(self, columns):
        return fuse(np.stack(list(self.scores(columns).values()), axis=1))

    def confidence(self, columns):
        return self.fusion.probability(self.features(columns))

    def as_json(self):
        described = {name: {"inputs": list(self.known[name][0]), "weights": [-float(w) for w in s.weights], "bias": s.bias}
                     for name, s in self.signals.items()}
        return {"signals": described,
                "ensemble": {"of": "log of each signal, floored at 1e-4", "inputs": list(self.known),
                             "weights": [float(w) for w in self.fusion.weights], "bias": self.fusion.bias,
                             "threshold": 0.58, "bpcer": BPCER}}


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
    parser.add_argument("--context", nargs="+", required=True, help="runs whose logits are averaged")
    parser.add_argument("--texture", nargs="+", default=[])
    options = parser.parse_args()
    rows = read_manifest(options.data)
    for halves, path in ((False, options.scores), (True, options.scores.with_stem(options.scores.stem + "_halves"))):
        numbers, folds, columns = gather(options, rows, halves)
        live = np.array([rows[n]["label"] == "live" for n in numbers])
        species = np.array([rows[n]["species"] for n in numbers])
        weights = group_weights([rows[n]["source"] + rows[n]["label"] for n in numbers])
        scores = {name: np.zeros(len(numbers)) for name in ("ensemble", *available(columns))}
        for fold in np.unique(folds):
            model, members = Model(columns, live, species, weights, folds != fold), folds == fold
            for name, values in {"ensemble": model.confidence(columns), **model.scores(columns)}.items():
                scores[name][members] = values[members]
        written = write_scores(path, rows, numbers, folds, scores)
        print(f"{path.name}: stylegan_faces " + ("by halves" if halves else "wholly left out"))
        print(table(written, list(scores)))
        reject = np.mean(scores["ensemble"][live] < 0.58)
        accept = np.mean(scores["ensemble"][~live] >= 0.58)
        print(f"at 0.58: BPCER {reject:.3f}, APCER {accept:.3f}\n")
        if halves:  # the shipped networks have seen generated faces of this kind
            options.out.mkdir(parents=True, exist_ok=True)
            everything = Model(columns, live, species, weights, np.ones(len(live), bool))
            (options.out / "calibration.json").write_text(json.dumps(everything.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
