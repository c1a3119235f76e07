#!/usr/bin/env python3
"""Stills of the development clips, laid out as the development images are: a few more persons and cameras for views.py.

    clips.py --data DIR --pictures DIR --out DIR

Clips of persons whom the development images (`--pictures`) show as well are left out: they would be no source of their own.
"""

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

from data import read_manifest

STILLS = 24  # of each clip, evenly spread
FIELDS = ("path", "set", "label", "species", "person")


def stills(path, count):
    """So many frames of a clip, BGR bytes."""
    clip, length = cv2.VideoCapture(str(path)), 0
    while clip.grab():
        length += 1
    clip, chosen = cv2.VideoCapture(str(path)), set(np.linspace(0, length - 1, count).astype(int).tolist())
    for number in range(length):
        if clip.grab() and number in chosen:
            yield clip.retrieve()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of the clips' manifest.csv")
    parser.add_argument("--pictures", required=True, type=Path, help="folder of the images' manifest.csv")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    known, found = {row["person"] for row in read_manifest(options.pictures)}, []
    for row in read_manifest(options.data):
        if row["person"] in known:
            continue
        name = f"clip_{row['person']}"
        folder = Path(name, f"{row['label']}_{row['species']}")
        (options.out / folder).mkdir(parents=True, exist_ok=True)
        for number, bgr in enumerate(stills(options.data / row["path"], STILLS)):
            path = folder / f"{number:02}.png"
            cv2.imwrite(str(options.out / path), bgr)
            found.append({"path": str(path), "set": name, **{k: row[k] for k in FIELDS[2:]}})
    with open(options.out / "manifest.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


if __name__ == "__main__":
    main()
