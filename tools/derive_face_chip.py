#!/usr/bin/env python3
"""Measure where vertices of the face mesh lie in the squares that dlib cuts for its face recognition network.

dlib lays the corners of the eyes and the base of the nose, found by its five-point predictor (CC0 1.0, PyPI
package face_recognition_models), onto a mean face. Here the mesh is run beside it, each vertex is carried into
dlib's square of 150 pixels, and the mean place of a vertex over all faces is where it belongs. Printed are

* the places of the anchors, left and right made symmetric: crates/engine/src/embed.rs has them;
* for several sets of vertices how far the corners of the square that they give lie from dlib's, in pixels of
  the square, over sources whose faces the places do not come from.

`--golden` writes dlib's own descriptors of the sample photographs for the test of the engine.

examples:
    derive_face_chip.py --package face_recognition_models-0.3.0.tar.gz --manifest DIR/manifest.csv
    derive_face_chip.py --package face_recognition_models-0.3.0.tar.gz --golden
"""

import argparse
import csv
import json
import tarfile
import tempfile
from collections import defaultdict
from pathlib import Path

import dlib
import numpy as np
from PIL import Image, ImageOps

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLES = REPOSITORY / "assets" / "samples"
GOLDEN = REPOSITORY / "crates" / "engine" / "tests" / "data" / "golden" / "descriptors.json"
FOLDER = "face_recognition_models/models/"
SIDE, PADDING = 150, 0.25
EYES, NOSE = (33, 133, 362, 263), 2
PER_PERSON, PER_CROWD = 10, 80
MANY_PERSONS = ("stylegan_faces", "press_photos", "stu_neonipun")
"""Sets in which each image shows another person."""
FARTHEST = 0.97
"""The share of faces that count: of the others one of the two has found something else."""


class Dlib:
    def __init__(self, package):
        self.folder = tempfile.mkdtemp()
        self.detector = dlib.get_frontal_face_detector()
        with tarfile.open(package) as archive:
            self.archive = archive
            self.points = dlib.shape_predictor(self.extract("shape_predictor_5_face_landmarks.dat"))
            self.net = dlib.face_recognition_model_v1(
                self.extract("dlib_face_recognition_resnet_model_v1.dat")
            )

    def extract(self, name):
        [member] = [m for m in self.archive.getmembers() if m.name.endswith(FOLDER + name)]
        path = Path(self.folder) / name
        path.write_bytes(self.archive.extractfile(member).read())
        return str(path)

    def shape(self, rgb, near):
        """The five points of the face around `near`, or of the first one; None without a face."""
        boxes = self.detector(rgb, 1 if max(rgb.shape) < 400 else 0)
        if near is not None:
            boxes = [box for box in boxes if box.contains(dlib.point(*map(int, near)))]
        return self.points(rgb, boxes[0]) if boxes else None

    def square(self, shape):
        """Middle (complex), side and turn of the square, from the middle of its first pixel to that of its last."""
        chip = dlib.get_face_chip_details(shape, SIDE, PADDING)
        middle = complex(chip.rect.left() + chip.rect.right(), chip.rect.top() + chip.rect.bottom()) / 2
        return middle, chip.rect.right() - chip.rect.left(), chip.angle

    def descriptor(self, rgb):
        shape = self.shape(rgb, None)
        return np.array(self.net.compute_face_descriptor(dlib.get_face_chip(rgb, shape, SIDE, PADDING)))


def read(path):
    with Image.open(path) as image:
        return np.ascontiguousarray(ImageOps.exif_transpose(image).convert("RGB"))


def chosen_images(manifest):
    groups = defaultdict(list)
    with open(manifest, newline="") as file:
        for row in csv.DictReader(file):
            if row["label"] == "live" or row["set"] in MANY_PERSONS:
                crowd = row["set"] in MANY_PERSONS
                groups[row["set"], "" if crowd else row["person"]].append(row["path"])
    for (name, _), paths in sorted(groups.items()):
        count = min(len(paths), PER_CROWD if name in MANY_PERSONS else PER_PERSON)
        yield from ((name, manifest.parent / paths[i * len(paths) // count]) for i in range(count))


def measure(cutter, manifest):
    """Sets, meshes as complex pixels (F, 468), and the squares."""
    import mediapipe as mp

    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1)
    sets, meshes, squares = [], [], []
    for name, path in chosen_images(manifest):
        rgb = read(path)
        found = mesh.process(rgb).multi_face_landmarks
        if not found:
            continue
        height, width = rgb.shape[:2]
        points = np.array([complex(p.x * width, p.y * height) for p in found[0].landmark])
        middle = points.mean()
        shape = cutter.shape(rgb, (middle.real, middle.imag))
        if shape:
            sets.append(name)
            meshes.append(points)
            squares.append(cutter.square(shape))
    middles, sides, turns = map(np.array, zip(*squares))
    return np.array(sets), np.array(meshes), middles, sides * np.exp(1j * turns) / (SIDE - 1)


def report(sets, meshes, middles, scales):
    centre = (SIDE - 1) / 2 * (1 + 1j)
    places = (meshes - middles[:, None]) / scales[:, None] + centre
    apart = np.abs(places - np.median(places.real, 0) - 1j * np.median(places.imag, 0)).mean(1)
    kept = apart <= np.quantile(apart, FARTHEST)
    places, meshes, middles, scales, sets = (v[kept] for v in (places, meshes, middles, scales, sets))
    print(f"{len(sets)} faces of {len(set(sets))} sets")

    mean = places.mean(0)
    outer, inner, nose = mean[[33, 263]], mean[[133, 362]], mean[NOSE]
    axis = np.mean([outer.mean().real, inner.mean().real, nose.real])
    for vertices, pair in (((33, 263), outer), ((133, 362), inner)):
        half = (pair[1] - pair[0]).real / 2
        for vertex, x in zip(vertices, (axis - half, axis + half)):
            print(f"vertex {vertex}: {x:.1f}, {pair.mean().imag:.1f}")
    print(f"vertex {NOSE}: {axis:.1f}, {nose.imag:.1f}")

    names = sorted(set(sets))
    ours = np.isin(sets, names[::2])
    mean, spread = places[ours].mean(0), np.abs(places[ours] - places[ours].mean(0)).std(0)
    corners = np.array([0, 1, 1j, 1 + 1j]) * (SIDE - 1)
    steady = np.argsort(spread)
    trials = {
        "eye corners, base of the nose (2)": [*EYES, NOSE],
        "eye corners, 94": [*EYES, 94],
        "eye corners, tip of the nose (1)": [*EYES, 1],
        "eye corners alone": EYES,
        "eye corners, nostrils (98, 327), 2": [*EYES, 98, 327, NOSE],
        "the 20 steadiest": steady[:20],
        "the 150 steadiest": steady[:150],
        "all": range(meshes.shape[1]),
    }
    for name, vertices in trials.items():
        vertices = list(vertices)
        targets, points = mean[vertices], meshes[~ours][:, vertices]
        offsets = targets - targets.mean()
        factors = ((points - points.mean(1, keepdims=True)) * offsets.conj()).sum(1)
        factors /= (np.abs(offsets) ** 2).sum()
        found = points.mean(1)[:, None] + factors[:, None] * (corners - targets.mean())
        wanted = middles[~ours][:, None] + scales[~ours][:, None] * (corners - centre)
        errors = (np.abs(found - wanted) / np.abs(scales[~ours])[:, None]).mean(1)
        print(f"{name}: mean {errors.mean():.1f} px, 90 % within {np.quantile(errors, 0.9):.1f} px")


def write_golden(cutter):
    names = ("astronaut.jpg", "grace_hopper.jpg")
    golden = {name: [round(v, 5) for v in cutter.descriptor(read(SAMPLES / name))] for name in names}
    GOLDEN.write_text(json.dumps(golden) + "\n")
    print(f"{GOLDEN.relative_to(REPOSITORY)}: {len(golden)} faces")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--package", type=Path, required=True, help="the sdist of face_recognition_models")
    parser.add_argument("--manifest", type=Path, help="pictures to measure on")
    parser.add_argument("--golden", action="store_true", help="write dlib's descriptors of the samples")
    options = parser.parse_args()
    cutter = Dlib(options.package)
    if options.golden:
        write_golden(cutter)
    if options.manifest:
        report(*measure(cutter, options.manifest))


if __name__ == "__main__":
    main()
