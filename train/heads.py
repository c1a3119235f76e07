#!/usr/bin/env python3
"""Linear heads on the features of each trunk, leaving sources out; two minutes for all folds.

    heads.py --data DIR --clips DIR --cache DIR

Ridge regression on +1 (attack) and -1: nothing is drawn at random, and with this few sources nothing richer did better.
Recapture is the weighed mean of a head on each trunk, which err on different pictures. Part of each logit is learned from the
pictures and what features.py and simulate.py make of them, part from the many views of views.py, recapture there also from
what the teacher says of them. Writes `heads/fold_K.csv` (row and both logits) and `fold_K.npz` under the cache; fold 0 learns
from everything.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.linalg import solve

from data import read_manifest
from features import PASSES
from splits import left_out, read_folds
from trunks import TRUNKS
from views import KINDS

HEADS = ("recapture", "synthesis")  # the logits; each is positive for an attack
SPECIES = {"recapture": ("print", "screen"), "synthesis": ("gan", "diffusion")}
# The trunks that each logit is read from, and their shares in it.
PARTS = {"recapture": {"recapture": 0.8, "synthesis": 0.2}, "synthesis": {"synthesis": 1.0}}
DECAY = 7.5e-6  # of the squared weights of features of deviation 1 / sqrt(their number)
GROUP_POWER = -0.3  # every image counts with this power of its group's size, a group being a source and label
SIMULATED = ("simulated", "simulated_framed")  # attacks made of living pictures (simulate.py)
# Of what each part of a head learns from (features.py, simulate.py).
SHARES = {
    "recapture_by_recapture": {"clean": 0.75, "mirror": 0.25, "framed": 0.2, "lit": 0.1, "camera": 0.05,
                               "simulated": 0.05, "simulated_framed": 0.1},
    "recapture_by_synthesis": {"clean": 0.75, "mirror": 0.25, "framed": 0.1, "lit": 0.1},
    "synthesis_by_synthesis": {"clean": 0.5, "mirror": 0.5, "framed": 0.03},
}
# The share of a logit that is learned from views, on its own trunk; what is left is divided by PARTS.
VIEWS = {"recapture": 0.5, "synthesis": 0.3}
VIEWS_DECAY = 2e-4
VIEWS_SHARES = {"clean": 0.06, "changed": 0.24, "recaptured": 0.4, "recaptured attack": 0.3}  # of what recapture learns there
TEACHER = 0.4  # share of the teacher in the targets of recapture; the rest is the label
CERTAIN = 6.0  # log odds of the teacher that count as 1


def share(head, part):
    """The share of a logit that is read from this trunk."""
    return PARTS[head][part] * (1 - VIEWS[head]) + (VIEWS[head] if part == head else 0)


def key(head, part):
    """The name of a part of a head in `fold_K.npz`."""
    return f"{head}_by_{part}"


def power_weights(groups):
    """A weight for each image, its group between equal images and equal groups."""
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return counts[inverse].astype(float) ** GROUP_POWER


def image_weights(groups, attack):
    """The same with both targets alike; the sum is 1."""
    weights = power_weights(groups)
    for members in (attack, ~attack):
        if members.any():
            weights[members] *= 0.5 / weights[members].sum()
    return weights


def signs(attack):
    return np.where(attack, 1, -1)


def train_head(x, target, weights, decay=DECAY):
    """(F + 1,) weights of the raw features and the constant; a target is 1 for an attack, -1 for none."""
    target, weights = target.astype(np.float32), weights.astype(np.float32)
    mean, middle = weights @ x, float(weights @ target)
    deviation = (np.sqrt(weights @ (x - mean) ** 2) + 1e-3) * np.sqrt(x.shape[1])
    roots = np.sqrt(weights)
    z = (x - mean) / deviation * roots[:, None]
    gram = (z.T @ z).astype(np.float64) + decay * np.eye(z.shape[1])
    head = solve(gram, z.T @ (roots * (target - middle)), assume_a="pos") / deviation
    return np.append(head, middle - head @ mean).astype(np.float32)


def learn(passes, rows, excluded, head, part):
    """Part of a head, on all pictures that are not excluded."""
    chunks = []
    for name, portion in SHARES[key(head, part)].items():
        numbers = passes[name]["row"]
        kept = ~excluded[numbers]
        numbers = numbers[kept]
        attack = np.array([name in SIMULATED or rows[n]["species"] in SPECIES[head] for n in numbers])
        groups = [rows[n]["source"] + rows[n]["label"] for n in numbers]
        chunks.append((passes[name][part][kept], attack, portion * image_weights(groups, attack)))
    x, attack, weights = (np.concatenate(values) for values in zip(*chunks))
    return train_head(x, signs(attack), weights / weights.sum())


def learn_views(views, rows, excluded, head):
    """The part of a head that is learned from views."""
    again = views["kind"] >= KINDS.index("recaptured")
    kept = ~excluded[views["row"]] & ~(again & (head == "synthesis"))
    again, numbers = again[kept], views["row"][kept]
    attack = again | np.isin([rows[n]["species"] for n in numbers], SPECIES[head])
    groups = [f"{rows[n]['source']} {rows[n]['label']} {a}" for n, a in zip(numbers, again)]
    if head == "synthesis":
        target, weights = signs(attack), image_weights(groups, attack)
    else:
        odds = np.clip(views["odds"][kept] / CERTAIN, -1, 1).mean(1)
        target, weights = (1 - TEACHER) * signs(attack) + TEACHER * odds, power_weights(groups)
        for number, kind in enumerate(KINDS):
            members = views["kind"][kept] == number
            weights[members] *= VIEWS_SHARES[kind] / weights[members].sum()
    return train_head(views[head][kept], target, weights, VIEWS_DECAY)


def learn_all(passes, views, rows, excluded):
    """All parts of both heads, their shares in their weights."""
    heads = {key(head, part): (1 - VIEWS[head]) * PARTS[head][part] * learn(passes, rows, excluded, head, part)
             for head in HEADS for part in PARTS[head]}
    for head in HEADS:
        heads[key(head, head)] += VIEWS[head] * learn_views(views, rows, excluded, head)
    return {name: weights.astype(np.float32) for name, weights in heads.items()}


def read_views(cache):
    parts = [np.load(path) for path in sorted(cache.glob("views_*.npz"))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def logits(heads, head, found):
    """`heads` as in `fold_K.npz`; `found`: features by trunk."""
    weights = {part: heads[key(head, part)] for part in PARTS[head]}
    return sum(found[part] @ w[:-1] + w[-1] for part, w in weights.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--clips", "--cache"):
        parser.add_argument(name, required=True, type=Path)
    options = parser.parse_args()
    rows, folds, views = read_manifest(options.data) + read_manifest(options.clips), read_folds(), read_views(options.cache)
    passes = {name: dict(np.load(options.cache / f"features_{name}.npz")) for name in (*PASSES, *SIMULATED)}
    folder, clean = options.cache / "heads", passes["clean"]
    folder.mkdir(exist_ok=True)
    for fold in [*sorted(folds), 0]:
        if (folder / f"fold_{fold}.csv").exists():
            continue
        excluded = np.array(left_out(rows, fold, folds) if fold else [False] * len(rows))
        heads = learn_all(passes, views, rows, excluded)
        np.savez(folder / f"fold_{fold}.npz", **heads)
        keep = excluded[clean["row"]] if fold else np.ones(len(clean["row"]), bool)
        found = {trunk: clean[trunk][keep] for trunk in TRUNKS}
        scores = np.stack([logits(heads, head, found) for head in HEADS], 1)
        lines = [",".join(("row", *HEADS))] + [f"{n},{r:.6f},{s:.6f}" for n, (r, s) in zip(clean["row"][keep], scores)]
        (folder / f"fold_{fold}.csv").write_text("\n".join(lines) + "\n")
        print(f"fold {fold} done", flush=True)


if __name__ == "__main__":
    main()
