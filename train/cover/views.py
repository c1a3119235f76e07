#!/usr/bin/env python3
"""Make the bank of painted and unpainted views of the windows of faces.py.

    views.py --cache DIR --views 5 [--part I/N] [--seed 1]

Writes DIR/views_SEED_I.npz: `row` (of faces.npz), `crop` (SIZE x SIZE bytes), `label` (one column a CLASS: 1 present, 0 absent,
-1 unknown). Pictures that real.csv says show a real cover are labelled with it; left-out ones stay as they are.
"""

import argparse
import csv
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))
import augment  # noqa: E402
import paint  # noqa: E402
from crops import Crop, cut  # noqa: E402

CLASSES = ("sunglasses", "mask", "hat", "occluded")  # the network's outputs in this order; the last is a hand or thing
CROP = Crop(scale=1.6, size=64)
REAL = Path(__file__).with_name("real.csv")
NUISANCES = ("spectacles", "shadow", "beside")


def read_real(path=REAL):
    """Path to the set of words that a person saw in the picture: CLASSES, `clear` (nothing) or `unsure`."""
    words = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            words[row["path"]] = set(row["seen"].split())
    return words


def paint_view(rng, rgb, mesh, other):
    """(picture, label row) with no, one or two covers and perhaps something that is no cover."""
    label = np.zeros(len(CLASSES), np.int8)
    wanted = []
    if rng.random() < 0.62:
        wanted = list(rng.choice(4, 1 if rng.random() < 0.8 else 2, replace=False, p=[0.27, 0.25, 0.24, 0.24]))
    nuisances = [n for n, chance in zip(NUISANCES, (0.3, 0.2, 0.12)) if rng.random() < chance]
    if "spectacles" in nuisances and 0 not in wanted:
        rgb = paint.spectacles(rng, rgb, mesh)
    if "beside" in nuisances:
        beside = paint.object_over(rng, rgb, mesh, other, on_face=False)
        rgb = rgb if beside is None else beside
    for kind, painter in enumerate((paint.sunglasses, paint.mask, paint.hat)):
        if kind in wanted:
            rgb, label[kind] = painter(rng, rgb, mesh), 1
    if 3 in wanted:
        over = paint.object_over(rng, rgb, mesh, other)
        if over is not None:
            rgb, label[3] = over, 1
    if "shadow" in nuisances:
        rgb = paint.shadow(rng, rgb, mesh)
    return rgb, label


def view(rng, rgb, inside, mesh, other):
    """One degraded crop with its label."""
    painted, label = paint_view(rng, rgb, mesh, other)
    x0, y0, x1, y1 = np.round(inside).astype(int)
    painted, mesh = painted[y0:y1, x0:x1], mesh - (x0, y0)  # no edge that repeats: the crop stays inside the picture
    box = np.array([*mesh.min(0), *mesh.max(0)])
    target = np.exp(rng.uniform(np.log(0.35), np.log(1.05))) * augment.face_side(box)
    picture, box = augment.scale_to(np.ascontiguousarray(painted), box, target)
    if rng.random() < 0.3:
        picture = augment.turn(rng, picture, box, 12)
    picture = augment.degrade(rng, picture, augment.face_side(box))
    if rng.random() < 0.12:  # far too dark or too bright
        picture = np.clip(picture * np.exp(rng.uniform(-1.6, 0.7)), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        picture, box = augment.mirror(picture, box)
    box = augment.jitter(rng, box, picture.shape[1], picture.shape[0])
    return cut(np.ascontiguousarray(picture), box, CROP), label


def plan(rng, paths, views):
    """Rows to draw, `views` times the number of faces in all, every set of pictures weighing as the root of its size."""
    sets = np.array([p.split("/")[0] for p in paths])
    names, counts = np.unique(sets, return_counts=True)
    weight = dict(zip(names, counts**-0.5))
    chance = np.array([weight[s] for s in sets])
    return rng.choice(len(paths), views * len(paths), p=chance / chance.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--views", type=int, default=5, help="a face, on average")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    part, parts = map(int, options.part.split("/"))
    faces = np.load(options.cache / "faces.npz")
    paths, windows, insides, meshes = (faces[k] for k in ("path", "window", "inside", "mesh"))
    sets = np.array([p.split("/")[0] for p in paths])
    real = read_real()
    rows = plan(np.random.default_rng(options.seed), paths, options.views)[part::parts]
    rng = np.random.default_rng((options.seed, part))
    crops, labels = [], []
    for row in rows:
        own = np.flatnonzero(sets == sets[row])  # a piece of another picture must not carry a left-out face over
        crop, label = view(rng, windows[row], insides[row], meshes[row], windows[rng.choice(own)])
        seen = real.get(paths[row], set())
        for i, name in enumerate(CLASSES):
            if name in seen:
                label[i] = 1
        if "unsure" in seen:
            label[label == 0] = -1
        crops.append(crop)
        labels.append(label)
    np.savez(options.cache / f"views_{options.seed}_{part}.npz", row=rows, crop=np.stack(crops), label=np.stack(labels))


if __name__ == "__main__":
    main()
