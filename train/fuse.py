#!/usr/bin/env python3
"""Calibrate the fold models' logits across sources, fuse them, and write the per-image scores.

    fuse.py --data DIR --cache DIR --measured measured.csv --scores scores/oof.csv --out out

`--measured` are the scores of `lifesign eval --scores` on the same images: the signals that need no training are weighed
beside the learned ones, whose scores there are in-sample and are not read.

Every image's score comes from heads that never saw its source and from a calibration fitted on the other folds'
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
from heads import HEADS, SPECIES
from splits import read_folds

BPCER = 0.05
HALVED = "stylegan_faces"
# Signal: the head that it reads. Attacks that it does not judge are left out of its fit.
SIGNALS = {"pad_context": "recapture", "synthetic_face": "synthesis"}


# Weighed beside them; docs/SIGNALS.md tells why the others are not.
MEASURED = ("gradient_kurtosis",)
PEER = "minifasnet"


def read_heads(cache, fold):
    with open(cache / "heads" / f"fold_{fold}.csv", newline="") as file:
        return {int(r["row"]): [float(r[h]) for h in HEADS] for r in csv.DictReader(file)}


def gather(options, rows, halves):
    """Left-out logits by head, with row number and fold of each image."""
    entries = {}
    for fold in sorted(read_folds()):
        for row, logits in read_heads(options.cache, fold).items():
            if rows[row]["source"] != HALVED or (fold == 4) != halves:
                entries[row] = (fold, logits)
    numbers = np.array(sorted(entries))
    logits = np.array([entries[n][1] for n in numbers])
    columns = {head: logits[:, j] for j, head in enumerate(HEADS)}
    return numbers, np.array([entries[n][0] for n in numbers]), columns | measured(options, rows, numbers)


def measured(options, rows, numbers):
    """Scores of the signals that need no training, by name; NaN where one could not be assessed."""
    with open(options.measured, newline="") as file:
        by_path = {row["path"]: row for row in csv.DictReader(file)}
    found = {name: np.array([float(by_path[rows[n]["path"]].get(name) or "nan") for n in numbers]) for name in MEASURED}
    if options.peers:
        with open(options.peers, newline="") as file:
            peers = {Path(row["path"]).with_suffix(""): float(row[PEER] or "nan") for row in csv.DictReader(file)}
        found[PEER] = np.array([peers[Path(rows[n]["path"]).with_suffix("")] for n in numbers])
    return found


class Model:
    """The calibrated signals and their fusion, fitted on some of the images."""

    def __init__(self, columns, live, species, weights, chosen):
        self.signals, self.more = {}, [name for name in (*MEASURED, PEER) if name in columns]
        for name, head in SIGNALS.items():
            members = chosen & (live | np.isin(species, SPECIES[head]))
            x = -columns[head][:, None]
            self.signals[name] = fit(x[members], live[members], balance(weights[members], live[members]))
        weighted, table = balance(weights[chosen], live[chosen]), self.table(columns)[chosen]
        self.fusion = fit_fusion(table, live[chosen], weighted, BPCER)
        self.learned_alone = fit_fusion(table[:, : len(SIGNALS)], live[chosen], weighted, BPCER)

    def scores(self, columns):
        learned = {name: self.signals[name].probability(-columns[head][:, None]) for name, head in SIGNALS.items()}
        return learned | {name: columns[name] for name in self.more}

    def table(self, columns):
        return np.stack(list(self.scores(columns).values()), axis=1)

    def confidence(self, columns):
        return self.fusion.confidence(self.table(columns))

    def as_json(self):
        """The numbers of the engine's calibration file."""
        described = {name: {"head": SIGNALS[name], "weight": float(s.weights[0]), "bias": s.bias} for name, s in self.signals.items()}
        def profile(fusion):
            weights = dict(zip((*SIGNALS, *self.more), map(float, fusion.weights)))
            return {"fusion": "geometric", "operating_score": fusion.operating_score, "weights": weights}

        return {"signals": described, "profile": profile(self.fusion), "learned_alone": profile(self.learned_alone), "bpcer": BPCER}


def write_scores(path, rows, numbers, folds, scores):
    path.parent.mkdir(parents=True, exist_ok=True)
    position = {n: i for i, n in enumerate(numbers)}
    fields = ["path", "set", "source", "label", "species", "person", "fold", *scores]
    out = []
    for number, row in enumerate(rows):
        i = position.get(number)
        values = ["", *("" for _ in scores)] if i is None else [folds[i], *("" if np.isnan(scores[s][i]) else f"{scores[s][i]:.5f}" for s in scores)]
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
    parser.add_argument("--measured", required=True, type=Path)
    parser.add_argument("--peers", type=Path, help=f"peer_scores.csv: weigh its {PEER} as an external model, too")
    options = parser.parse_args()
    rows = read_manifest(options.data)
    for halves, path in ((False, options.scores), (True, options.scores.with_stem(options.scores.stem + "_halves"))):
        numbers, folds, columns = gather(options, rows, halves)
        live = np.array([rows[n]["label"] == "live" for n in numbers])
        species = np.array([rows[n]["species"] for n in numbers])
        weights = group_weights([rows[n]["source"] + rows[n]["label"] for n in numbers])
        scores = {name: np.full(len(numbers), np.nan) for name in ("ensemble", *SIGNALS, *MEASURED, *([PEER] if options.peers else []))}
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
        if halves:  # the shipped heads have seen generated faces of this kind
            options.out.mkdir(parents=True, exist_ok=True)
            everything = Model(columns, live, species, weights, np.ones(len(live), bool))
            (options.out / "calibration.json").write_text(json.dumps(everything.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
