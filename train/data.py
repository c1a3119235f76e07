"""The development images: manifest rows, upright pixels, face boxes, species and source names."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# Sets that may share frames count as one source.
ONE_SOURCE = {"stu_adrian": "stu_adrian_apfol", "stu_apfol": "stu_adrian_apfol"}
BAR_LEVEL = 12  # mean grey level under which an edge column is part of a black bar


def read_manifest(folder):
    """The manifest's rows as dictionaries, with `source` added."""
    with open(Path(folder) / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["source"] = ONE_SOURCE.get(row["set"], row["set"])
    return rows


def load_image(folder, row):
    """The upright image, without the bars and turns that tell its set, as (H, W, 3) bytes."""
    with Image.open(Path(folder) / row["path"]) as image:
        rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    if row["set"] == "phone_replay_frames":
        left, right = inside_black_sides(rgb)
        rgb = rgb[:, left:right]
    if is_turned(row):
        rgb = np.rot90(rgb)  # these lie on their left side
    return np.ascontiguousarray(rgb)


def is_turned(row):
    """Whether the image lies on its side while its set's other label stands upright."""
    return row["set"] == "stu_nured_adult" and row["label"] == "live"


def inside_black_sides(rgb):
    """The columns `(first, end)` between the black bars at the left and right edge."""
    bright = np.flatnonzero(rgb.mean(axis=(0, 2)) > BAR_LEVEL)
    if bright.size == 0:
        return 0, rgb.shape[1]
    left, end = int(bright[0]), int(bright[-1]) + 1
    # JPEG ringing smears a bar's edge over a few columns.
    return left + 3 * (left > 0), end - 3 * (end < rgb.shape[1])


def read_boxes(path):
    """Path to face box `(x0, y0, x1, y1)` in pixels of the upright image; faceless images are absent."""
    boxes = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["x0"]:
                boxes[row["path"]] = np.array([float(row[k]) for k in ("x0", "y0", "x1", "y1")])
    return boxes
