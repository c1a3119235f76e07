#!/usr/bin/env python3
"""Lay the development images out as they are to be judged: upright, and without the bars that tell their set.

    prepare.py --data DIR --out DIR

Writes a folder of the same manifest; untouched images are links, the others PNG files. `lifesign eval`, `lifesign
crops` and the training read that folder, so that all of them see the same pixels.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

BARRED = "phone_replay_frames"  # every image has black bars at its sides
BAR_LEVEL = 12  # mean grey level under which an edge column is part of a black bar


# Sets whose living faces lie on their side while their attacks stand upright: quarter turns against the clock that mend it, and how
# much wider than tall those images are.
LYING = {"stu_nured_adult": (1, 0), "stu_adrian": (-1, 1.2), "stu_aks": (1, 1.2)}


def quarter_turns(row):
    turns, wider = LYING.get(row["set"], (0, 0))
    return turns if row["label"] == "live" and int(row["width"]) > wider * int(row["height"]) else 0


def inside_black_sides(rgb):
    """The columns `(first, end)` between the black bars at the left and right edge."""
    bright = np.flatnonzero(rgb.mean(axis=(0, 2)) > BAR_LEVEL)
    if bright.size == 0:
        return 0, rgb.shape[1]
    left, end = int(bright[0]), int(bright[-1]) + 1
    # JPEG ringing smears a bar's edge over a few columns.
    return left + 3 * (left > 0), end - 3 * (end < rgb.shape[1])


def prepared(path, row):
    """The image's pixels without its set's trap, or None where it has none."""
    if row["set"] != BARRED and not quarter_turns(row):
        return None
    with Image.open(path) as image:
        rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    if quarter_turns(row):
        return np.rot90(rgb, quarter_turns(row))
    left, end = inside_black_sides(rgb)
    return rgb[:, left:end]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of manifest.csv")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    with open(options.data / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        source = options.data / row["path"]
        rgb = prepared(source, row)
        if rgb is not None:
            row["path"] = str(Path(row["path"]).with_suffix(".png"))
        target = options.out / row["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() or target.is_symlink():
            continue
        if rgb is None:
            target.symlink_to(source.resolve())
        else:
            Image.fromarray(np.ascontiguousarray(rgb)).save(target)
    with open(options.out / "manifest.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
