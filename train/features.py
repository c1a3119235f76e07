#!/usr/bin/env python3
"""The features of every image, as it is and as a view: nothing here is learned, so all folds share them.

    features.py --data DIR --faces crops.csv --cache DIR

Writes `features_PASS.npz` with `row` (line of the manifest) and the features of each trunk (trunks.py). `clean`, `mirror` and
`lit` (half a stop to a stop darker or brighter) have every image; `view` at most VIEWS of each source and label, cut more
tightly, under other light and coded again.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import augment
from crops import cut
from data import load_image, read_boxes, read_manifest
from trunks import TRUNKS, build, features, open_trunk

VIEWS = 110
TIGHTEST, LOOSEST = 1.05, 2.2  # what a view leaves around the face, in face sides
LARGEST_FACES = (90, 130, 180, 260)  # pixels; two fifths of the views are scaled down to one of them


def cut_around(rgb, box, scale):
    """What is left of the picture within `scale` face sides."""
    room = (scale - 1) / 2 * (box[2:] - box[:2])
    return augment.window(rgb, box, *np.maximum(box[:2] - room, 0), *(box[2:] + room))


def lit(rgb, stops):
    """Another exposure."""
    table = np.clip(2.0**stops * (np.arange(256) / 255) ** 2.2, 0, 1) ** (1 / 2.2) * 255
    return table.round().astype(np.uint8)[rgb]


def darker_or_brighter(rng, rgb, box):
    return lit(rgb, rng.choice([-1, 1]) * rng.uniform(0.5, 1)), box


def view(rng, rgb, box):
    rgb, box = cut_around(rgb, box, rng.uniform(TIGHTEST, LOOSEST))
    side = rng.choice(LARGEST_FACES)
    if rng.random() < 0.4 and augment.face_side(box) > side:
        rgb, box = augment.scale_to(rgb, box, side)
    rgb = lit(rgb, rng.uniform(-1, 1))
    if rng.random() < 0.3:
        rgb = np.clip(rgb * np.exp(rng.normal(0, 0.06, 3)), 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        rgb = augment.jpeg(rng, rgb, 45)
    box = box + rng.normal(0, 0.02, 4) * augment.face_side(box)
    return augment.mirror(rgb, box) if rng.random() < 0.5 else (np.ascontiguousarray(rgb), box)


def open_trunks(cache):
    """The trunks' sessions by name; their files are made where they are missing."""
    sessions = {}
    for name in TRUNKS:
        path = cache / f"{name}.onnx"
        if not path.exists():
            build(name, path)
        sessions[name] = open_trunk(path)
    return sessions


def features_of(sessions, rgb, box):
    """Trunk name to features of the face in this box."""
    return {name: features(sessions[name], trunk, cut(rgb, box, trunk.crop)) for name, trunk in TRUNKS.items()}


def chosen(rng, rows, boxes):
    """At most VIEWS rows of each source and label."""
    groups = {}
    for i, row in enumerate(rows):
        if row["path"] in boxes:
            groups.setdefault((row["source"], row["label"]), []).append(i)
    return sorted(int(i) for members in groups.values() for i in rng.permutation(members)[:VIEWS])


# What a pass does to a picture and its box, by name; each draws from a generator of its own.
PASSES = {"clean": lambda rng, rgb, box: (rgb, box), "view": view, "lit": darker_or_brighter,
          "mirror": lambda rng, rgb, box: augment.mirror(rgb, box)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces", "--cache"):
        parser.add_argument(name, required=True, type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows, boxes, sessions = read_manifest(options.data), read_boxes(options.faces), open_trunks(options.cache)
    for seed, (name, change) in enumerate(PASSES.items()):
        target, found = options.cache / f"features_{name}.npz", {trunk: [] for trunk in TRUNKS}
        if target.exists():
            continue
        rng = np.random.default_rng(seed)
        numbers = chosen(rng, rows, boxes) if name == "view" else [i for i, r in enumerate(rows) if r["path"] in boxes]
        for i in numbers:
            rgb, box = change(rng, load_image(options.data, rows[i]), boxes[rows[i]["path"]])
            for trunk, values in features_of(sessions, rgb, box).items():
                found[trunk].append(values.astype(np.float32))
        np.savez(target, row=numbers, **{trunk: np.stack(values) for trunk, values in found.items()})
        print(name, len(numbers), flush=True)


if __name__ == "__main__":
    main()
