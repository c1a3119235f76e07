#!/usr/bin/env python3
"""Many views of every picture with what the teacher says of each: what the heads learn beside the pictures themselves.

    views.py --data DIR DIR --faces crops.csv crops.csv --teacher DIR --cache DIR [--part K/N]

Reads the development images and the stills of the clips. Views are pictures as they are, pictures changed (geometry, framing, light,
colour, optics, sensor, codec) and simulated prints and screens of them (simulate.py), also of attacks. The teacher is the pair of
MiniFASNet models of Silent-Face-Anti-Spoofing (Apache-2.0), which see 2.7 and 4.0 face sides; it is good on prints and screens
and blind to generated faces, so it is asked for `recapture` alone.

Writes `views_K.npz`: `row` (line of both manifests, one after the other), `kind` (KINDS), `odds` (log odds of an attack by both
teachers) and the features of each trunk. Every picture has a generator of its own: parts may run side by side.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import augment
from crops import Crop, cut
from data import load_image, read_boxes, read_manifest
from features import AROUND, features_of, framed, jittered, open_trunks, other_camera
from simulate import KINDS as INSTRUMENTS
from simulate import framed as framed_attack
from simulate import simulated
from splits import halves
from trunks import TRUNKS, open_trunk

SEED = 301
CHANGED, FEWEST, MOST = 400, 2, 6  # changed views of each source and label; of a picture
SIMULATED = {"live": 175, "attack": 100}  # of each source and instrument, by the label of what is photographed again
KINDS = ("clean", "changed", "recaptured", "recaptured attack")  # the last two are simulated
TEACHERS = {"minifasnet_v2_2.7.onnx": Crop(2.7, 80), "minifasnet_v1se_4.0.onnx": Crop(4.0, 80)}
LIVE_CLASS = 1
SIDES = (50, 220)  # pixels of the face in some of the degraded views


def degraded(rng, rgb, box):
    """Turned a little, smaller, and through the whole chain of augment.py."""
    rgb, box = augment.around(rgb, box, AROUND)
    if rng.random() < 0.5:
        rgb = augment.turn(rng, rgb, box, 10)
    side = np.exp(rng.uniform(*np.log(SIDES)))
    if rng.random() < 0.5 and augment.face_side(box) > side:
        rgb, box = augment.scale_to(rgb, box, side)
    return jittered(rng, augment.degrade(rng, rgb, augment.face_side(box)), box)


def sometimes_degraded(rng, rgb, box, chance):
    return augment.degrade(rng, rgb, augment.face_side(box)) if rng.random() < chance else rgb


def framed_and_degraded(rng, rgb, box):
    rgb, box = framed(rng, rgb, box)
    return sometimes_degraded(rng, rgb, box, 0.5), box


CHANGES = (degraded, other_camera, framed_and_degraded)


def recaptured(rng, instrument, picture, other):
    """The picture as a print or screen before the surroundings of another."""
    room, _ = augment.around(*other, rng.uniform(2.5, 4))
    rgb, box = simulated(rng, instrument, *picture, room)
    if rng.random() < 0.6:
        rgb, box = framed_attack(rng, rgb, box)
    return sometimes_degraded(rng, rgb, box, 0.3), box


def some(rng, wanted):
    """A whole number of this mean."""
    return int(wanted) + (rng.random() < wanted % 1)


def views_of(rng, i, label, count, others, opened):
    """(kind, picture, box) of the views of picture i, one of so many of its source and label; `others` may lend their surroundings."""
    rgb, box = opened(i)
    yield "clean", rgb, box
    for _ in range(int(np.clip(round(CHANGED / count), FEWEST, MOST))):
        yield "changed", *CHANGES[rng.integers(len(CHANGES))](rng, rgb, box)
    for instrument in INSTRUMENTS:
        for _ in range(some(rng, SIMULATED[label] / count)):
            other = opened(int(rng.choice(others)))
            yield "recaptured" if label == "live" else "recaptured attack", *recaptured(rng, instrument, (rgb, box), other)


def log_odds(session, crop, rgb, box):
    """Log odds of an attack by one teacher, which takes BGR bytes."""
    image = np.ascontiguousarray(cut(rgb, box, crop)[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
    logits = session.run(None, {session.get_inputs()[0].name: image})[0][0].astype(np.float64)
    return np.logaddexp.reduce(np.delete(logits, LIVE_CLASS)) - logits[LIVE_CLASS]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces"):
        parser.add_argument(name, required=True, type=Path, nargs=2)
    for name in ("--teacher", "--cache"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--part", default="0/1")
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))
    target = options.cache / f"views_{part}.npz"
    if target.exists():
        return
    cv2.setNumThreads(1)
    pictures, boxes = [], []
    for folder, faces in zip(options.data, options.faces):
        found = read_boxes(faces)
        for row in read_manifest(folder):
            pictures.append((folder, row))
            boxes.append(found.get(row["path"]))
    groups, half = {}, halves([row for _, row in pictures])
    for i, (_, row) in enumerate(pictures):
        if boxes[i] is not None:
            groups.setdefault((row["source"], row["label"]), []).append(i)
    sessions = open_trunks(options.cache)
    teachers = [(open_trunk(options.teacher / file), crop) for file, crop in TEACHERS.items()]
    found = {name: [] for name in ("row", "kind", "odds", *TRUNKS)}

    def opened(i):
        return load_image(*pictures[i]), boxes[i]

    for (_, label), group in groups.items():
        for i in group:
            if i % parts != part:
                continue
            others = [j for j in group if half[j] == half[i]]  # a half may be left out by itself
            for kind, rgb, box in views_of(np.random.default_rng((SEED, i)), i, label, len(group), others, opened):
                rgb = np.ascontiguousarray(rgb)
                found["row"].append(i)
                found["kind"].append(KINDS.index(kind))
                found["odds"].append([log_odds(session, crop, rgb, box) for session, crop in teachers])
                for trunk, values in features_of(sessions, rgb, box).items():
                    found[trunk].append(values.astype(np.float32))
    np.savez(target, **{name: np.stack(values) for name, values in found.items()})
    print(f"views {options.part}", len(found["row"]), flush=True)


if __name__ == "__main__":
    main()
