#!/usr/bin/env python3
"""Write the face box of every image of a manifest: the extent of MediaPipe's 468-point mesh.

Needs the PyPI package mediapipe 0.10.14, whose models Lifesign's engine runs too. The largest
face counts. Where FaceMesh finds none (tight crops, small faces) the image is tried again inside
a wide grey border, then at twice its size.

    faces.py --data DIR --out faces.csv
    faces.py --data DIR --out faces.csv --reference reference.json   # reuse tools/mediapipe_reference.py's meshes
"""

import argparse
import csv
import json
from pathlib import Path

import mediapipe as mp
import numpy as np
from PIL import Image

from data import inside_black_sides, is_turned, load_image, read_manifest


def largest_box(mesh, rgb):
    """`(x0, y0, x1, y1)` of the largest face's mesh in pixels, or None."""
    height, width = rgb.shape[:2]
    boxes = []
    for face in mesh.process(np.ascontiguousarray(rgb)).multi_face_landmarks or []:
        points = np.array([[p.x * width, p.y * height] for p in face.landmark])
        boxes.append((*points.min(0), *points.max(0)))
    return max(boxes, key=lambda b: max(b[2] - b[0], b[3] - b[1]), default=None)


def find_box(mesh, rgb):
    """The face box by the first of three attempts that finds one."""
    height, width = rgb.shape[:2]
    margin = max(height, width) // 2
    bordered = np.pad(rgb, ((margin, margin), (margin, margin), (0, 0)), constant_values=128)
    doubled = np.asarray(Image.fromarray(bordered).resize((bordered.shape[1] * 2, bordered.shape[0] * 2)))
    for picture, scale, shift in ((rgb, 1, 0), (bordered, 1, margin), (doubled, 2, margin)):
        box = largest_box(mesh, picture)
        if box is not None:
            return [v / scale - shift for v in box]
    return None


def read_reference(path):
    """Path to the largest face's box from a file of tools/mediapipe_reference.py."""
    boxes = {}
    for entry in json.loads(Path(path).read_text())["images"] if path else []:
        found = [np.array(face)[:, :2] for face in entry["faces"]]
        extents = [(*p.min(0), *p.max(0)) for p in found]
        if extents:
            boxes[entry["file"]] = max(extents, key=lambda b: max(b[2] - b[0], b[3] - b[1]))
    return boxes


def known_box(row, known, folder):
    """The reference's box moved into the pixels of `load_image`, or None."""
    if is_turned(row) or row["path"] not in known:
        return None
    box = known[row["path"]]
    if row["set"] == "phone_replay_frames":
        with Image.open(folder / row["path"]) as image:
            left, _ = inside_black_sides(np.asarray(image.convert("RGB")))
        box = np.subtract(box, (left, 0, left, 0))
    return box


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of manifest.csv")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--reference", help="meshes already measured on the untouched images")
    options = parser.parse_args()
    known = read_reference(options.reference)
    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=4, min_detection_confidence=0.5)
    with open(options.out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "x0", "y0", "x1", "y1"])
        for row in read_manifest(options.data):
            box = known_box(row, known, options.data)
            if box is None:
                box = find_box(mesh, load_image(options.data, row))
            writer.writerow([row["path"], *(["" for _ in range(4)] if box is None else [f"{v:.2f}" for v in box])])


if __name__ == "__main__":
    main()
