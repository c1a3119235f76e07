#!/usr/bin/env python3
"""The features of every image, as it is and as a view: nothing here is learned, so all folds share them.

    features.py --data DIR --faces crops.csv --cache DIR

Writes `features_PASS.npz` with `row` (line of the manifest) and the features of each trunk (trunks.py): of each image as it is
(`clean`), mirrored, darker or brighter (`lit`), with less around the face (`framed`), and as another camera might have taken it.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import augment
from crops import cut
from data import load_image, read_boxes, read_manifest
from trunks import TRUNKS, build, features, open_trunk

TIGHTEST, LOOSEST = 1.05, 2.7  # what may be left around the face, in face sides
LARGEST_FACES = (90, 130, 180, 260)  # pixels; a fifth of the framed pictures are scaled down to one of them
SMALL_FACES = (40, 140)  # pixels of the face before a lesser camera
AROUND = 5.4  # face sides that another camera sees: no crop of 2.7 reaches further


def cut_around(rgb, box, across, down=None):
    """What is left of the picture within so many face sides across and down."""
    room = (np.array([across, down or across]) - 1) / 2 * (box[2:] - box[:2])
    return augment.window(rgb, box, *np.maximum(box[:2] - room, 0), *(box[2:] + room))


def framing(rng):
    """What a picture shows around the face, across and down in face sides."""
    chance = rng.random()
    if chance < 0.4:
        sides = rng.uniform(TIGHTEST, LOOSEST)
        return sides, sides
    if chance < 0.7:  # an upright picture of a telephone: the sides are missing
        return rng.uniform(1.2, 2.2), 9
    return rng.uniform(TIGHTEST, LOOSEST), rng.uniform(TIGHTEST, LOOSEST)


def lit(rgb, stops):
    """Another exposure."""
    table = np.clip(2.0**stops * (np.arange(256) / 255) ** 2.2, 0, 1) ** (1 / 2.2) * 255
    return table.round().astype(np.uint8)[rgb]


def darker_or_brighter(rng, rgb, box):
    return lit(rgb, rng.choice([-1, 1]) * rng.uniform(0.5, 1)), box


def jittered(rng, rgb, box):
    """The box as another look would find it; mirrored in half of them."""
    box = box + rng.normal(0, 0.02, 4) * augment.face_side(box)
    return augment.mirror(rgb, box) if rng.random() < 0.5 else (np.ascontiguousarray(rgb), box)


def framed(rng, rgb, box):
    """With less around the face; half of them also under other light and coded again."""
    rgb, box = cut_around(rgb, box, *framing(rng))
    if rng.random() < 0.5:
        side = rng.choice(LARGEST_FACES)
        if rng.random() < 0.4 and augment.face_side(box) > side:
            rgb, box = augment.scale_to(rgb, box, side)
        rgb = lit(rgb, rng.uniform(-1, 1))
        if rng.random() < 0.3:
            rgb = np.clip(rgb * np.exp(rng.normal(0, 0.06, 3)), 0, 255).astype(np.uint8)
        if rng.random() < 0.6:
            rgb = augment.jpeg(rng, rgb, 45)
    return jittered(rng, rgb, box)


def other_camera(rng, rgb, box):
    """Other colours, and a softer, smaller, sharpened or noisier picture: the same for both labels."""
    rgb, box = augment.around(rgb, box, AROUND)
    rgb = augment.colour(rng, rgb)
    side = np.exp(rng.uniform(*np.log(SMALL_FACES)))
    if rng.random() < 0.4 and augment.face_side(box) > side:
        rgb, box = augment.scale_to(rgb, box, side)
    if rng.random() < 0.35:
        rgb = augment.blur(rng, rgb, 0.02, augment.face_side(box))
    elif rng.random() < 0.4:
        rgb = augment.sharpen(rng, rgb)
    if rng.random() < 0.4:
        rgb = augment.noise(rng, rgb)
    if rng.random() < 0.7:
        rgb = augment.jpeg(rng, rgb, 45)
    return jittered(rng, rgb, box)


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


# What a pass does to a picture and its box, by name, and the seed of its generator.
PASSES = {"clean": (lambda rng, rgb, box: (rgb, box), 0), "framed": (framed, 201), "lit": (darker_or_brighter, 2),
          "mirror": (lambda rng, rgb, box: augment.mirror(rgb, box), 3), "camera": (other_camera, 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces", "--cache"):
        parser.add_argument(name, required=True, type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows, boxes, sessions = read_manifest(options.data), read_boxes(options.faces), open_trunks(options.cache)
    numbers = [i for i, row in enumerate(rows) if row["path"] in boxes]
    for name, (change, seed) in PASSES.items():
        target, found = options.cache / f"features_{name}.npz", {trunk: [] for trunk in TRUNKS}
        if target.exists():
            continue
        rng = np.random.default_rng(seed)
        for i in numbers:
            rgb, box = change(rng, load_image(options.data, rows[i]), boxes[rows[i]["path"]])
            for trunk, values in features_of(sessions, rgb, box).items():
                found[trunk].append(values.astype(np.float32))
        np.savez(target, row=numbers, **{trunk: np.stack(values) for trunk, values in found.items()})
        print(name, len(numbers), flush=True)


if __name__ == "__main__":
    main()
