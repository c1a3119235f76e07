#!/usr/bin/env python3
"""Make the mixed views: many blends, cuts and zooms of the bank's crops with the teacher's answer to each.

    mixed.py --data DIR --cache DIR --teacher DIR [--count 60000] [--seed 1]

A network that is to imitate a function everywhere must see it asked everywhere: crops are blended (Zhang et al.,
"mixup", 2018), pasted into each other (Yun et al., "CutMix", 2019), zoomed, lit and turned, and the teacher answers
the very pixels that the pupil will see (Beyer et al., "Knowledge distillation: a good teacher is patient and
consistent", 2022). Its maps of two depths teach every place of the crop, not one number (Romero et al., "FitNets", 2015).
Writes arrays into `mixed_SEED/`, which the training maps into memory: `row` and `other` (lines of the manifest, the same where nothing was mixed), `recapture` and
`synthesis` (-1 where mixed), `crop`, the teacher's logits, embedding and maps, these standardised by channel and as bytes of 1/32 deviation.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from data import read_manifest
from teacher import MAPS, MapTeacher
from train import HINTS, STEPS, Recipe, draw_weights, load_bank

BATCH = 64
MIXED_SHARE = 0.45


def transforms(rng, count):
    """(count, 2, 3) affine matrices: mirrored, zoomed by 0.8 to 1.25, turned by up to 10 degrees, shifted."""
    angle = rng.normal(0, 0.06, count)
    zoom = np.exp(rng.uniform(np.log(0.72), np.log(1.1), count))
    mirror = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    aspect = np.exp(rng.normal(0, 0.05, count))
    room = np.maximum(1 - zoom, 0.03)
    matrix = np.zeros((count, 2, 3), np.float32)
    matrix[:, 0, 0], matrix[:, 0, 1] = mirror * zoom * aspect * np.cos(angle), -zoom * np.sin(angle)
    matrix[:, 1, 0], matrix[:, 1, 1] = mirror * zoom * np.sin(angle), zoom / aspect * np.cos(angle)
    matrix[:, 0, 2], matrix[:, 1, 2] = rng.uniform(-1, 1, count) * room, rng.uniform(-1, 1, count) * room
    return torch.from_numpy(matrix)


def varied(rng, crops):
    """Byte crops (N, S, S, 3) as varied images (N, 3, S, S) in [0, 1]."""
    x = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
    moved = torch.from_numpy(rng.random(len(x)) < 0.7)
    grid = F.affine_grid(transforms(rng, len(x)), list(x.shape), align_corners=False)
    x = torch.where(moved[:, None, None, None], F.grid_sample(x, grid, padding_mode="reflection", align_corners=False), x)
    shape = (len(x), 1, 1, 1)
    x = softened(rng, x)
    spread = np.where(rng.random(shape) < 0.3, 2.5, 1.0)  # some are lit as no photograph is
    gain = np.exp(spread * (rng.normal(0, 0.15, shape) + rng.normal(0, 0.06, (len(x), 3, 1, 1))))
    gamma = np.exp(spread * rng.normal(0, 0.15, shape))
    x = (x.clamp(1e-4, 1) ** torch.from_numpy(gamma).float()) * torch.from_numpy(gain).float()
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * torch.from_numpy(np.exp(spread * rng.normal(0, 0.25, shape))).float()
    x = x * light(rng, len(x), x.shape[2])
    sigma = np.where(rng.random(shape) < 0.4, rng.uniform(0, 0.06, shape), 0)
    x = x + torch.randn(x.shape) * torch.from_numpy(sigma).float()
    return x.clamp(0, 1)


def softened(rng, x):
    """A third of the images blurred, or scaled down and up."""
    for i in np.flatnonzero(rng.random(len(x)) < 0.35):
        if rng.random() < 0.5:
            small = int(rng.uniform(0.35, 0.9) * x.shape[2])
            shrunk = F.interpolate(x[i : i + 1], (small, small), mode="area")
            x[i] = F.interpolate(shrunk, x.shape[2:], mode="bilinear", align_corners=False)[0]
        else:
            taps = torch.exp(-torch.linspace(-2, 2, 5) ** 2 / (2 * rng.uniform(0.4, 1.6) ** 2))
            kernel = (taps[:, None] * taps[None]) / taps.sum() ** 2
            x[i] = F.conv2d(F.pad(x[i : i + 1], (2, 2, 2, 2), mode="reflect"), kernel.expand(3, 1, 5, 5), groups=3)[0]
    return x


def light(rng, count, size):
    """Smooth fields of light around 1, for a quarter of the images."""
    coarse = np.exp(rng.normal(0, 0.3, (count, 3, 3, 3)) * (rng.random((count, 1, 1, 1)) < 0.25))
    coarse = coarse.mean(1, keepdims=True) * 0.7 + coarse * 0.3
    return F.interpolate(torch.from_numpy(coarse).float(), (size, size), mode="bicubic", align_corners=True)


def mixed(rng, x, y):
    """Blends or pastes of two batches."""
    out = x.clone()
    size = x.shape[2]
    for i in range(len(x)):
        if rng.random() < 0.5:
            share = rng.uniform(0.1, 0.9)
            out[i] = share * x[i] + (1 - share) * y[i]
        else:
            h, w = (rng.uniform(0.25, 0.8, 2) * size).astype(int)
            top, left = rng.integers(0, size - h), rng.integers(0, size - w)
            out[i, :, top : top + h, left : left + w] = y[i, :, top : top + h, left : left + w]
    return out


def standardised(values):
    """Values (N, C, ...) by channel as bytes of 1/32 deviation."""
    some = values[:: max(1, len(values) // 4000)].astype(np.float32)
    axes = tuple(i for i in range(values.ndim) if i != 1)
    mean, deviation = some.mean(axes, keepdims=True), some.std(axes, keepdims=True) + 1e-3
    out = np.empty(values.shape, np.int8)
    for start in range(0, len(values), 1000):
        part = (values[start : start + 1000].astype(np.float32) - mean) / deviation
        out[start : start + 1000] = np.clip(np.round(part * STEPS), -127, 127)
    return out


def save(folder, arrays):
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", standardised(values) if name in HINTS else values)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--cache", "--teacher"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed + 77)
    rows, bank = read_manifest(options.data), load_bank(options.cache, "views")
    weights = draw_weights(bank, rows, np.ones(len(bank["row"]), bool), Recipe(simulated_share=0.4, generated_share=0.2))
    teacher = MapTeacher(options.teacher)
    columns = {name: [] for name in ("row", "other", "recapture", "synthesis", "crop", "logits", "embedding", *MAPS)}
    for start in range(0, options.count, BATCH):
        first, second = (rng.choice(len(weights), BATCH, p=weights) for _ in range(2))
        both = rng.random(BATCH) < MIXED_SHARE
        second[~both] = first[~both]
        x = varied(rng, bank["crop"][first])
        if both.any():
            x[both] = mixed(rng, x[both], varied(rng, bank["crop"][second[both]]))
        crop = (x * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
        answer = teacher.run(crop)
        labels = {name: np.where(both, -1, bank[name][first]) for name in ("recapture", "synthesis")}
        for name, value in {"row": bank["row"][first], "other": bank["row"][second], **labels, "crop": crop, **answer}.items():
            columns[name].append(value)
        if start % (50 * BATCH) == 0:
            print(start, flush=True)
    save(options.cache / f"mixed_{options.seed}", {name: np.concatenate(parts) for name, parts in columns.items()})


if __name__ == "__main__":
    main()
