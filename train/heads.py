#!/usr/bin/env python3
"""One linear head on the features of each trunk, leaving sources out; a minute for all folds.

    heads.py --data DIR --cache DIR

Ridge regression on +1 (attack) and -1: nothing is drawn at random, and with this few sources nothing richer did better.
Writes `heads/fold_K.csv` (row and a logit for each head) and `fold_K.npz` under the cache; fold 0 learns from everything.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.linalg import solve

from data import read_manifest
from features import PASSES
from splits import left_out, read_folds

HEADS = ("recapture", "synthesis")  # the logits, named as their trunks; each is positive for an attack
SPECIES = {"recapture": ("print", "screen"), "synthesis": ("gan", "diffusion")}
DECAY = 7.5e-6  # of the squared weights of features of deviation 1 / sqrt(their number)
GROUP_POWER = -0.3  # every image counts with this power of its group's size, a group being a source and label
# Of what a head learns from (features.py).
SHARES = {"recapture": {"clean": 0.75, "mirror": 0.25, "view": 0.1, "lit": 0.1}, "synthesis": {"clean": 0.5, "mirror": 0.5}}


def image_weights(groups, attack):
    """A weight for each image: groups between equal images and equal groups, both targets alike; the sum is 1."""
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    weights = counts[inverse].astype(float) ** GROUP_POWER
    for members in (attack, ~attack):
        weights[members] *= 0.5 / weights[members].sum()
    return weights


def train_head(x, attack, weights, decay=DECAY):
    """(F + 1,) weights of the raw features and the constant."""
    target, weights = np.where(attack, 1, -1).astype(np.float32), weights.astype(np.float32)
    mean, middle = weights @ x, float(weights @ target)
    deviation = (np.sqrt(weights @ (x - mean) ** 2) + 1e-3) * np.sqrt(x.shape[1])
    roots = np.sqrt(weights)
    z = (x - mean) / deviation * roots[:, None]
    gram = (z.T @ z).astype(np.float64) + decay * np.eye(z.shape[1])
    head = solve(gram, z.T @ (roots * (target - middle)), assume_a="pos") / deviation
    return np.append(head, middle - head @ mean).astype(np.float32)


def learn(passes, rows, excluded, name):
    """The head on all that is not excluded."""
    parts = []
    for part, share in SHARES[name].items():
        numbers = passes[part]["row"]
        kept = ~excluded[numbers]
        numbers = numbers[kept]
        attack = np.array([rows[n]["species"] in SPECIES[name] for n in numbers])
        groups = [rows[n]["source"] + rows[n]["label"] for n in numbers]
        parts.append((passes[part][name][kept], attack, share * image_weights(groups, attack)))
    x, attack, weights = (np.concatenate(values) for values in zip(*parts))
    return train_head(x, attack, weights / weights.sum())


def logits(head, x):
    return x @ head[:-1] + head[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--cache", required=True, type=Path)
    options = parser.parse_args()
    rows, folds = read_manifest(options.data), read_folds()
    passes = {name: dict(np.load(options.cache / f"features_{name}.npz")) for name in PASSES}
    folder, clean = options.cache / "heads", passes["clean"]
    folder.mkdir(exist_ok=True)
    for fold in [*sorted(folds), 0]:
        if (folder / f"fold_{fold}.csv").exists():
            continue
        excluded = np.array(left_out(rows, fold, folds) if fold else [False] * len(rows))
        heads = {name: learn(passes, rows, excluded, name) for name in HEADS}
        np.savez(folder / f"fold_{fold}.npz", **heads)
        keep = excluded[clean["row"]] if fold else np.ones(len(clean["row"]), bool)
        scores = np.stack([logits(heads[name], clean[name][keep]) for name in HEADS], 1)
        lines = [",".join(("row", *HEADS))] + [f"{n},{r:.6f},{s:.6f}" for n, (r, s) in zip(clean["row"][keep], scores)]
        (folder / f"fold_{fold}.csv").write_text("\n".join(lines) + "\n")
        print(f"fold {fold} done", flush=True)


if __name__ == "__main__":
    main()
