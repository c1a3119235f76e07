"""The prepared images (prepare.py): manifest rows, upright pixels, face boxes, source names."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# Sets that may share frames count as one source, and so do clips that look like one studio's.
ONE_SOURCE = {"stu_adrian": "stu_adrian_apfol", "stu_apfol": "stu_adrian_apfol",
              "clip_lp_d1": "clip_studio", "clip_lp_d5": "clip_studio", "clip_lp_d8": "clip_studio"}


def read_manifest(folder):
    """The manifest's rows as dictionaries, with `source` added."""
    with open(Path(folder) / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["source"] = ONE_SOURCE.get(row["set"], row["set"])
    return rows


def load_image(folder, row):
    """The upright image as (H, W, 3) bytes."""
    with Image.open(Path(folder) / row["path"]) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def read_boxes(path):
    """Path to face box `(x0, y0, x1, y1)` in pixels of the upright image; faceless images are absent.

    `path` is the `crops.csv` of `lifesign crops`.
    """
    boxes = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["x0"]:
                boxes[row["path"]] = np.array([float(row[k]) for k in ("x0", "y0", "x1", "y1")])
    return boxes
