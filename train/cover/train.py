#!/usr/bin/env python3
"""Train on the views of the sources that are not left out, and score the views of those that are.

    train.py --cache DIR [--passes 14]

Writes DIR/cover.pt and prints AUC and the detection rate at 1% false alarms for each class on left-out sources.
"""

import argparse
import copy
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[1]))
from data import ONE_SOURCE  # noqa: E402
from metrics import auc  # noqa: E402
from network import CoverNet  # noqa: E402
from splits import read_folds  # noqa: E402
from views import CLASSES  # noqa: E402

LEFT_OUT_FOLDS = (4, 6)  # the shipped weights never see them, so that the figures hold for what ships
ALSO_LEFT_OUT = ("sfhq_t2i_tiles",)  # the set with the most real hats and glasses
BATCH = 128
PEAK = 0.006


def left_out_sources():
    folds = read_folds()
    return set().union(*(folds[f] for f in LEFT_OUT_FOLDS), ALSO_LEFT_OUT)


def source(path):
    name = path.split("/")[0]
    return ONE_SOURCE.get(name, name)


def load(cache):
    """Crops, labels and whether each is left out."""
    paths = np.load(cache / "faces.npz")["path"]
    parts = [np.load(p) for p in sorted(cache.glob("views_*.npz"))]
    crops, labels, rows = (np.concatenate([p[k] for p in parts]) for k in ("crop", "label", "row"))
    out = left_out_sources()
    return crops, labels, np.array([source(paths[r]) in out for r in rows]), paths[rows]


def to_input(crops):
    return torch.from_numpy(crops.transpose(0, 3, 1, 2).astype(np.float32) / 255)


def fit(crops, labels, passes):
    """The moving average of the weights, which is calmer than the last ones."""
    net = CoverNet()
    average = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=PEAK, weight_decay=0.02)
    a_pass = len(crops) // BATCH
    steps = passes * a_pass
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK, total_steps=steps, pct_start=0.15)
    rng, start = np.random.default_rng(0), time.time()
    for step in range(steps):
        if step % a_pass == 0:
            order = rng.permutation(len(crops))
        chosen = order[step % a_pass * BATCH :][:BATCH]
        x, y = to_input(crops[chosen]), torch.from_numpy(labels[chosen].astype(np.float32))
        if rng.random() < 0.5:
            x = x.flip(3)
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(x)
        known = (y >= 0).float()
        losses = nn.functional.binary_cross_entropy_with_logits(logits.float(), y.clamp(0.01, 0.99), reduction="none")
        loss = (losses * known).sum() / known.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            for kept, new in zip(average.parameters(), net.parameters()):
                kept.lerp_(new, 1 - min(0.99, step / (step + 10)))
        if step % 100 == 0:
            print(f"step {step}/{steps} loss {loss.item():.4f} {time.time() - start:.0f} s", flush=True)
    return settle(average, crops[rng.permutation(len(crops))[: 40 * BATCH]])


@torch.no_grad()
def settle(net, crops):
    """The averaged weights with the statistics of their own activations: those of other weights do not fit them."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean
    net.train()
    for i in range(0, len(crops), BATCH):
        net(to_input(crops[i : i + BATCH]))
    return net.eval()


@torch.no_grad()
def score(net, crops):
    """(N, 4) logits."""
    return np.concatenate([net(to_input(crops[i : i + 256])).numpy() for i in range(0, len(crops), 256)])


def report(logits, labels):
    print(f"{'class':12}{'views':>7}{'with':>6}{'AUC':>8}{'TPR at FPR 1%':>15}")
    for i, name in enumerate(CLASSES):
        positive, negative = logits[labels[:, i] == 1, i], logits[labels[:, i] == 0, i]
        limit = np.quantile(negative, 0.99)
        print(f"{name:12}{len(positive) + len(negative):7}{len(positive):6}{auc(positive, negative):8.4f}{np.mean(positive > limit):15.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--passes", type=int, default=14)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    crops, labels, out, _ = load(options.cache)
    net = fit(crops[~out], labels[~out], options.passes)
    torch.save(net.state_dict(), options.cache / "cover.pt")
    report(score(net, crops[out]), labels[out])


if __name__ == "__main__":
    main()
