#!/usr/bin/env python3
"""Make the bank of views: every image clean, and many augmented and simulated views, with the teacher's answers.

    bank.py --data DIR --faces crops.csv --teacher DIR --cache DIR [--views 60] [--seed 1] [--part I/N]

Writes `clean_I.npz` and `views_SEED_I.npz`, each with `row` (line of the manifest), the `crop` as bytes, `recapture` and `synthesis` (1, 0, or -1 for unknown), `kind`, and the teacher's logits and embeddings.
Views are drawn equally often from every source and label, so that a large source does not outweigh a small one.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

import augment
import simulate
from crops import CONTEXT, Crop, cut
from data import load_image, read_boxes, read_manifest
from teacher import SCALES, Teacher

WIDE = Crop(scale=4.0, size=80)  # the second teacher's crop; no shipped model sees it
LARGEST_FACE = 150  # pixels, five times what the crop keeps; small pictures are quick to augment
GENERATED = ("gan", "diffusion")
KINDS = ("clean", "augmented", "screen", "paper", "generator", "swap")
SIMULATORS = {"screen": simulate.screen, "paper": simulate.paper, "generator": simulate.generator, "swap": simulate.swap}
# Generated faces are recaptured too: they are the most varied faces at hand, and so no clean portrait means "generated".
SIMULATED_SHARE = 0.45  # of a live or generated image's views, beside its plain ones
CHANCES = {"live": (0.35, 0.3, 0.2, 0.15), "attack": (0.55, 0.45, 0.0, 0.0)}  # of SIMULATORS


def labels(row, kind):
    """(recapture, synthesis) of a view; what neither the label nor the simulator settles is -1."""
    if kind in ("screen", "paper"):
        return 1, 1 if row["species"] in GENERATED else -1
    if kind in ("generator", "swap"):
        return -1, 1
    if row["label"] == "live":
        return 0, 0
    return (0, 1) if row["species"] in GENERATED else (1, -1)


class Scenes:
    """A few other live pictures, kept small, for backgrounds and face swaps."""

    def __init__(self, rng, rows, boxes, folder, count=80):
        live = [r for r in rows if r["label"] == "live" and r["path"] in boxes]
        chosen = rng.choice(len(live), count, replace=False)
        self.pictures = []
        for i in chosen:
            rgb, box = load_image(folder, live[i]), boxes[live[i]["path"]]
            self.pictures.append((live[i]["source"], *augment.scale_to(*augment.around(rgb, box, 4.5), 160)))

    def draw(self, rng, source):
        """(picture, box) of the same source, else of any: a fold must not see its left-out faces in others' views."""
        own = [p for p in self.pictures if p[0] == source]
        return own[rng.integers(len(own))][1:] if own else None


def make_view(rng, rgb, box, kind, other):
    """One augmented picture and its box."""
    side = augment.face_side(box)
    target = np.exp(rng.uniform(np.log(0.4 * min(side, LARGEST_FACE)), np.log(min(side * 1.05, LARGEST_FACE))))
    rgb, box = augment.scale_to(rgb, box, max(target, 56))
    if rng.random() < 0.3:
        rgb, box = augment.truncate(rng, rgb, box)
    if rng.random() < 0.2:
        rgb = augment.turn(rng, rgb, box, 12)
    if kind in SIMULATORS:
        extra = other if kind == "swap" else other[0]
        rgb, box = SIMULATORS[kind](rng, rgb, box, extra)
    rgb = augment.degrade(rng, rgb, augment.face_side(box))
    if rng.random() < 0.5:
        rgb, box = augment.mirror(rgb, box)
    return np.ascontiguousarray(rgb), augment.jitter(rng, box, rgb.shape[1], rgb.shape[0])


class Bank:
    """Grows lists of crops and labels, and saves them with the teacher's answers."""

    def __init__(self):
        self.columns = defaultdict(list)

    def add(self, index, row, kind, rgb, box):
        recapture, synthesis = labels(row, kind)
        values = {"row": index, "kind": KINDS.index(kind), "recapture": recapture, "synthesis": synthesis,
                  "crop": cut(rgb, box, CONTEXT), "wide": cut(rgb, box, WIDE)}
        for name, value in values.items():
            self.columns[name].append(value)

    def save(self, path, teachers):
        arrays = {name: np.stack(values) for name, values in self.columns.items()}
        wide = arrays.pop("wide")
        for name, crops in zip(SCALES, (arrays["crop"], wide)):
            logits, embedding = teachers[name].run(crops)
            arrays[f"{name}_logits"], arrays[f"{name}_embedding"] = logits, embedding.astype(np.float16)
        np.savez(path, **arrays)


def plan(rng, rows, views):
    """For each row its views' kinds: `views` for every (source, label), somewhat more for groups of many images."""
    groups = defaultdict(list)
    for index, row in enumerate(rows):
        groups[row["source"], row["label"]].append(index)
    kinds = defaultdict(list)
    for members in groups.values():
        total = int(views * np.clip((len(members) / 60) ** 0.5, 0.4, 2.2))
        for index in rng.permutation(np.resize(members, total)):
            kinds[int(index)].append("augmented")
            substrate = rows[index]["label"] == "live" or rows[index]["species"] in GENERATED
            if substrate and rng.random() < SIMULATED_SHARE / (1 - SIMULATED_SHARE):
                kinds[int(index)].append(str(rng.choice(list(SIMULATORS), p=CHANCES[rows[index]["label"]])))
    return kinds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces", "--teacher", "--cache"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--views", type=int, default=60)
    parser.add_argument("--part", default="0/1", help="this process's share of the images")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    part, parts = (int(v) for v in options.part.split("/"))
    cv2.setNumThreads(1)
    rows, boxes = read_manifest(options.data), read_boxes(options.faces)
    kinds = plan(np.random.default_rng(options.seed), [r for r in rows], options.views)
    rng = np.random.default_rng((options.seed, part))
    scenes = Scenes(rng, rows, boxes, options.data)
    clean, views = Bank(), Bank()
    for index, row in enumerate(rows):
        if index % parts != part or row["path"] not in boxes:
            continue
        rgb, box = load_image(options.data, row), boxes[row["path"]]
        clean.add(index, row, "clean", rgb, box)
        rgb, box = augment.around(rgb, box, 4.2)
        if augment.face_side(box) > LARGEST_FACE:
            rgb, box = augment.scale_to(rgb, box, LARGEST_FACE)
        for kind in kinds[index]:
            other = scenes.draw(rng, row["source"]) or (rgb, box)
            views.add(index, row, kind, *make_view(rng, rgb, box, kind, other))
        if index % 400 == part:
            print(index, len(views.columns["row"]), flush=True)
    teachers = {name: Teacher(options.teacher, name, threads=1) for name in SCALES}
    clean.save(options.cache / f"clean_{part}.npz", teachers)
    views.save(options.cache / f"views_{options.seed}_{part}.npz", teachers)


if __name__ == "__main__":
    main()
