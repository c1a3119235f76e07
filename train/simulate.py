#!/usr/bin/env python3
"""Prints and screens made of living pictures, as a second camera would take them, for `recapture` to learn from.

    simulate.py --data DIR --faces crops.csv --cache DIR

Writes `features_simulated.npz` like features.py, `row` being the living picture that each was made of: each camera has a living
face and attacks side by side; and `features_simulated_framed.npz` of the same with less around the face, half of them under other
light: most close crops show no edge. All ranges are guesses, fitted to no picture.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import augment
from data import load_image, read_boxes, read_manifest
from features import TIGHTEST, cut_around, features_of, framing, jittered, lit, open_trunks
from trunks import TRUNKS

EACH = 45  # of each living source and kind
KINDS = ("print", "screen")
CONTEXT = 2.9  # sides of the result in sides of the face, a little over what the networks see
SIDES = (70, 260)  # pixels of the face in the result


def smooth(rng, shape, cells):
    """A smooth random field of deviation 1."""
    field = cv2.resize(rng.standard_normal((cells, cells), np.float32), shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return (field - field.mean())[..., None] / (field.std() + 1e-6)


def wave(rng, shape, period, soft=0.0):
    """A plane wave of this period in pixels at a random angle, bent by `soft` of a period."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    phase = (x * np.cos(angle) + y * np.sin(angle)) / period
    return np.cos(2 * np.pi * (phase + soft * smooth(rng, shape, 4)[..., 0] + rng.random()))[..., None].astype(np.float32)


def printed(rng, x):
    """(H, W, 3) in 0 to 1 as ink on paper: gamut, dots, texture."""
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * np.float32(rng.uniform(0.35, 1.05))
    x = np.clip(x, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.25)))
    black, white = rng.uniform(0.02, 0.2), rng.uniform(0.7, 1.0)
    x = black + (white - black) * x
    if rng.random() < 0.5:  # a halftone screen for each ink
        period, amount = rng.uniform(1.7, 5), rng.uniform(0.05, 0.5)
        dots = np.concatenate([wave(rng, x.shape, period) * wave(rng, x.shape, period) for _ in range(3)], 2)
        x = x + amount * dots * x * (1 - x) * 2
    else:  # the scattered dots of an ink jet or a laboratory's grain
        grain = rng.standard_normal(x.shape, np.float32)
        grain -= cv2.GaussianBlur(grain, (0, 0), rng.uniform(1, 3))
        x = x + rng.uniform(0.0, 0.2) * grain * np.sqrt(np.clip(x * (1 - x), 0, 1))
    if rng.random() < 0.3:  # lines of the head
        x = x * (1 + rng.uniform(0, 0.04) * rng.standard_normal((x.shape[0], 1, 1), np.float32))
    paper = np.exp(rng.normal(0, (0.05, 0.02, 0.06))).astype(np.float32)
    return np.clip(x, 0, 1) * paper * (1 + rng.uniform(0, 0.03) * smooth(rng, x.shape, int(rng.integers(20, 80))))


def displayed(rng, x):
    """The same on a screen before a Bayer mosaic."""
    height, width = x.shape[:2]
    x = np.clip(x, 0, 1) ** np.float32(np.exp(rng.normal(0.1, 0.25)))
    black = rng.uniform(0.0, 0.1)
    x = (black + (1 - black) * x) * np.exp(rng.normal(0, (0.08, 0.03, 0.08)) + (-0.03, 0, 0.05)).astype(np.float32)
    if rng.random() < 0.7:
        large = cv2.resize(x, (2 * width // 2 * 2, 2 * height // 2 * 2), interpolation=cv2.INTER_LINEAR)
        rows, columns = np.mgrid[: large.shape[0], : large.shape[1]].astype(np.float32)
        angle, pitch, depth = rng.normal(0, 0.06), rng.uniform(1.9, 6), rng.uniform(0.1, 0.7)
        across = (columns * np.cos(angle) + rows * np.sin(angle)) / pitch + 0.05 * smooth(rng, large.shape, 3)[..., 0]
        down = (rows * np.cos(angle) - columns * np.sin(angle)) / pitch
        stripes = np.stack([np.cos(2 * np.pi * (across - c / 3)) for c in range(3)], 2)
        large = large * (1 + depth * stripes) * (1 + 0.4 * depth * np.cos(2 * np.pi * down)[..., None])
        large = cv2.GaussianBlur(large, (0, 0), rng.uniform(0.5, 1.4))
        bytes_ = np.clip(large * 255, 0, 255).astype(np.uint8)
        mosaic = bytes_[..., 1].copy()
        mosaic[::2, ::2], mosaic[1::2, 1::2] = bytes_[::2, ::2, 0], bytes_[1::2, 1::2, 2]
        colours = cv2.cvtColor(mosaic, cv2.COLOR_BayerBG2RGB).astype(np.float32) / 255
        x = cv2.resize(colours, (width, height), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.4:  # moire that survives
        x = x * (1 + rng.uniform(0.01, 0.06) * np.concatenate([wave(rng, x.shape, rng.uniform(6, 40), 0.3)] * 3, 2) * rng.uniform(0.3, 1, 3))
    if rng.random() < 0.3:  # refresh against the shutter
        lines = np.arange(height, dtype=np.float32)[:, None, None]
        x = x * (1 + rng.uniform(0.01, 0.1) * np.sin(2 * np.pi * (lines / rng.uniform(20, 200) + rng.random())))
    return x.astype(np.float32)


def lighted(rng, x, glossy):
    """Uneven light, and highlights on what is glossy."""
    x = x * np.exp(rng.uniform(0, 0.2) * smooth(rng, x.shape, 3))
    if rng.random() < glossy:
        height, width = x.shape[:2]
        y, z = np.mgrid[:height, :width].astype(np.float32)
        cy, cx, ry, rx = rng.uniform(0, height), rng.uniform(0, width), *(rng.uniform(0.1, 0.6, 2) * height)
        spot = np.exp(-(((y - cy) / ry) ** 2 + ((z - cx) / rx) ** 2))[..., None]
        x = x + rng.uniform(0.05, 0.5) * spot * (1 - 0.5 * x)
    return x


def filmed(rng, x, side):
    """(H, W, 3) in 0 to 1 by the second camera: exposure, lens, sensor, codec; bytes."""
    x = x * np.float32(2 ** rng.uniform(-0.7, 0.5)) * np.exp(rng.normal(0, 0.04, 3)).astype(np.float32)
    rgb = np.clip(x * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        rgb = augment.blur(rng, rgb, 0.012, side)
    if rng.random() < 0.5:
        rgb = augment.noise(rng, rgb)
    if rng.random() < 0.25:
        rgb = augment.sharpen(rng, rgb)
    return augment.jpeg(rng, rgb, 45)


def placed(rng, sheet, box, room, glossy, bezel):
    """The sheet held before a room: picture and face box."""
    height, width = sheet.shape[:2]
    side = augment.face_side(box)
    size = int(CONTEXT * side)
    canvas = cv2.resize(room, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    edge = rng.uniform(0, 0.08) * side if rng.random() < 0.6 or bezel else 0
    margin = int(edge)
    level = rng.uniform(0, 0.15) if bezel else rng.uniform(0.75, 1)
    sheet = cv2.copyMakeBorder(sheet, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=[float(level)] * 3)
    box, height, width = box + margin, height + 2 * margin, width + 2 * margin
    # The face stays near the middle; corners move by perspective, a turn and the bend.
    shift = size / 2 - (box[:2] + box[2:]) / 2 + rng.normal(0, 0.06, 2) * side
    turn = rng.normal(0, 0.07)
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    middle = (box[:2] + box[2:]) / 2
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved = (corners - middle) @ spin + middle + shift + rng.normal(0, 0.05, (4, 2)) * side
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (size, size))[..., None]
    sheet = cv2.warpPerspective(lighted(rng, sheet, glossy), matrix, (size, size))
    shadow = 1 - rng.uniform(0, 0.5) * cv2.GaussianBlur(mask, (0, 0), 0.06 * side)[..., None]
    face = cv2.perspectiveTransform(np.float32([[[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]]]), matrix)[0]
    return canvas * shadow * (1 - mask) + sheet * mask, np.concatenate([face.min(0), face.max(0)])


def bent(rng, x, box):
    """A sheet that is not flat: columns move a little."""
    height, width = x.shape[:2]
    y, z = np.mgrid[:height, :width].astype(np.float32)
    bend = rng.uniform(0, 0.06) * augment.face_side(box)
    z += np.float32(bend) * np.sin(2 * np.pi * z / width * rng.uniform(0.3, 0.8) + rng.uniform(0, 6))
    return cv2.remap(x, z, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def simulated(rng, kind, rgb, box, room):
    """A living picture as an attack of this kind; `room` is the surroundings of another."""
    side = np.exp(rng.uniform(*np.log(SIDES)))
    held = rng.random() < 0.55  # its edges in sight
    rgb, box = augment.around(rgb, box, rng.uniform(1.15, 2.3) if held else rng.choice([CONTEXT, rng.uniform(1.1, 2.4)]))
    rgb, box = augment.scale_to(rgb, box, min(side, 1.3 * augment.face_side(box)))
    side, x = augment.face_side(box), rgb.astype(np.float32) / 255
    x, glossy = (printed(rng, x), 0.35) if kind == "print" else (displayed(rng, x), 0.3)
    if kind == "print" and rng.random() < 0.5:
        x = bent(rng, x, box)
    x, box = placed(rng, x, box, room, glossy, kind == "screen") if held else (lighted(rng, x, glossy), box)
    return filmed(rng, x, side), box


def framed(rng, rgb, box):
    """The same with less around the face, in half of them hardly more than the face."""
    close = rng.uniform(TIGHTEST, 1.6) if rng.random() < 0.5 else 0
    rgb, box = cut_around(rgb, box, *((close, close) if close else framing(rng)))
    return jittered(rng, lit(rgb, rng.uniform(-1, 1)) if rng.random() < 0.5 else rgb, box)


def whole(rng, rgb, box):
    return augment.mirror(rgb, box) if rng.random() < 0.5 else (rgb, box)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces", "--cache"):
        parser.add_argument(name, required=True, type=Path)
    options = parser.parse_args()
    targets = [options.cache / f"features_{name}.npz" for name in ("simulated", "simulated_framed")]
    if all(target.exists() for target in targets):
        return
    cv2.setNumThreads(1)
    rows, boxes, sessions = read_manifest(options.data), read_boxes(options.faces), open_trunks(options.cache)
    living, rng, views = {}, np.random.default_rng(11), np.random.default_rng(1011)
    for i, row in enumerate(rows):
        if row["path"] in boxes and row["label"] == "live":
            living.setdefault(row["source"], []).append(i)
    found, numbers = [{trunk: [] for trunk in TRUNKS} for _ in targets], []

    def opened(i):
        return load_image(options.data, rows[i]), boxes[rows[i]["path"]]

    for source, members in living.items():
        for kind in KINDS:
            for i in rng.choice(members, EACH, replace=len(members) < EACH):
                # A room of the same source: a head that leaves this source out never saw the other picture, either.
                room, _ = augment.around(*opened(int(rng.choice(members))), rng.uniform(2.5, 4))
                rgb, box = simulated(rng, kind, *opened(i), room)
                for kept, (rgb, box) in zip(found, (whole(views, rgb, box), framed(views, rgb, box))):
                    for trunk, values in features_of(sessions, np.ascontiguousarray(rgb), box).items():
                        kept[trunk].append(values.astype(np.float32))
                numbers.append(int(i))
    for target, kept in zip(targets, found):
        np.savez(target, row=numbers, **{trunk: np.stack(values) for trunk, values in kept.items()})
    print("simulated", len(numbers), flush=True)


if __name__ == "__main__":
    main()
