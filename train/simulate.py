"""Attacks made from live pictures: print and screen recapture, generator traces, face swaps.

Each simulator takes the Generator, a picture and its face box and returns a picture and a box.
"""

import cv2
import numpy as np

from augment import blur, colour, face_side


def screen(rng, rgb, box, scene):
    """A display filmed by a camera: gamut, pixel grid and its moire, banding, glare, bezel."""
    x = tone(rng, rgb, lift=(0.0, 0.12), tint=(0.92, 1.0, 1.1), gamma=0.25)
    x = x * pixel_grid(rng, x.shape)
    if rng.random() < 0.4:
        x = x * banding(rng, x.shape)
    if rng.random() < 0.5:
        x = x + glare(rng, x.shape)
    x = to_bytes(x)
    if rng.random() < 0.6:
        x, box = put_in_scene(rng, x, box, scene, frame=rng.uniform(0, 40, 3), width=(0.02, 0.12))
    return soften(rng, x, box), box


def paper(rng, rgb, box, scene):
    """A photograph or printout filmed by a camera: ink gamut, halftone, grain, highlights, white edge."""
    x = tone(rng, rgb, lift=(0.04, 0.2), tint=(1.05, 1.0, 0.93), gamma=0.2)
    if rng.random() < 0.5:
        x = x * halftone(rng, x.shape)
    grain = cv2.GaussianBlur(rng.standard_normal(x.shape[:2], np.float32), (0, 0), rng.uniform(0.5, 1.5))
    x = x + grain[:, :, None] * np.float32(rng.uniform(0.0, 0.03))
    if rng.random() < 0.6:
        x = x + glare(rng, x.shape)
    x = to_bytes(x)
    if rng.random() < 0.6:
        x, box = put_in_scene(rng, x, box, scene, frame=rng.uniform(190, 255, 3), width=(0.0, 0.15))
    return soften(rng, x, box), box


def generator(rng, rgb, box, _scene):
    """The traces of a generator's up-sampling: a smooth low resolution, repeated kernels, no sensor noise."""
    factor = float(rng.choice([2, 2, 4]))
    clean = cv2.bilateralFilter(rgb, 5, float(rng.uniform(15, 60)), 3) if rng.random() < 0.7 else rgb
    small = cv2.resize(clean, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    kind = rng.integers(3)
    if kind == 0:
        grown = cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        grown = cv2.GaussianBlur(grown, (3, 3), 0.6 + 0.2 * factor)
    else:
        grown = cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC if kind == 1 else cv2.INTER_LINEAR)
    detail = clean.astype(np.float32) - cv2.GaussianBlur(clean, (0, 0), factor)
    x = grown + detail * np.float32(rng.uniform(0.2, 1.0))
    if rng.random() < 0.7:
        x = x * checkerboard(rng, x.shape)
    return np.clip(x, 0, 255).astype(np.uint8), box


def swap(rng, rgb, box, other):
    """Another face blended over this one with its own colour and sharpness; `other` is (picture, box)."""
    donor, donor_box = other
    x0, y0, x1, y1 = (int(v) for v in np.round(box))
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, rgb.shape[1]), min(y1, rgb.shape[0])
    d = np.round(np.clip(donor_box, 0, None)).astype(int)
    patch = donor[d[1]:d[3], d[0]:d[2]]
    if min(patch.shape[:2]) < 16 or x1 - x0 < 16 or y1 - y0 < 16:
        return generator(rng, rgb, box, None)
    if rng.random() < 0.6:  # swapping networks work at 64 to 128 pixels
        low = int(rng.integers(56, 128))
        patch = cv2.resize(patch, (low, low), interpolation=cv2.INTER_AREA)
    patch = cv2.resize(patch, (x1 - x0, y1 - y0), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    target = rgb[y0:y1, x0:x1].astype(np.float32)
    shift = (target.mean((0, 1)) - patch.mean((0, 1))) * rng.uniform(0.6, 1.0)
    gain = np.clip(target.std() / (patch.std() + 1), 0.6, 1.6)
    patch = (patch - patch.mean((0, 1))) * gain + patch.mean((0, 1)) + shift
    mask = np.zeros(target.shape[:2], np.float32)
    half = ((x1 - x0) // 2, (y1 - y0) // 2)
    cv2.ellipse(mask, half, (int(half[0] * rng.uniform(0.65, 0.85)), int(half[1] * rng.uniform(0.65, 0.85))), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, (x1 - x0) * rng.uniform(0.01, 0.06)))[:, :, None]
    out = rgb.copy()
    out[y0:y1, x0:x1] = np.clip(patch * mask + target * (1 - mask), 0, 255)
    return out, box


def tone(rng, rgb, lift, tint, gamma):
    """The medium's tone curve: gamma, narrowed range, tint, in [0, 1]."""
    x = (rgb.astype(np.float32) / 255) ** np.float32(np.exp(rng.normal(0, gamma)))
    black, white = rng.uniform(*lift), rng.uniform(0.8, 1.05)
    x = black + x * np.float32(white - black)
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * np.float32(rng.uniform(0.6, 1.25))
    return x * (np.array(tint, np.float32) ** np.float32(rng.uniform(-0.3, 1.3)))


def plane(rng, shape, angle):
    """Distance of every pixel along a direction, in pixels."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))


def pixel_grid(rng, shape):
    """Sub-pixel stripes seen by a sensor: per channel a phase, aliased when the pitch is fine; warped."""
    angle, depth = rng.normal(0, 0.12), rng.uniform(0.01, 0.14)
    frequency = rng.uniform(0.04, 0.7)  # cycles a pixel; above 0.5 it aliases into moire
    along = plane(rng, shape, angle)
    along += np.float32(rng.uniform(0, 2)) * np.sin(plane(rng, shape, rng.uniform(0, 3)) * np.float32(rng.uniform(0.005, 0.04)))
    phase = np.array([0, 1, 2], np.float32) * np.float32(2 * np.pi / 3 * rng.uniform(0, 1))
    stripes = np.cos(2 * np.pi * np.float32(frequency) * along[:, :, None] + phase)
    rows = np.cos(2 * np.pi * np.float32(frequency * rng.uniform(0.9, 1.1)) * plane(rng, shape, angle + np.pi / 2))[:, :, None]
    return 1 + np.float32(depth) * (stripes + rows * np.float32(rng.uniform(0, 1)))


def banding(rng, shape):
    along = plane(rng, shape, np.pi / 2 + rng.normal(0, 0.1))
    return (1 + np.float32(rng.uniform(0.02, 0.12)) * np.sin(along * np.float32(2 * np.pi / rng.uniform(20, 200)) + rng.uniform(0, 6)))[:, :, None]


def glare(rng, shape):
    """A soft highlight: a spot or a gradient, additive."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    cx, cy = rng.uniform(0, shape[1]), rng.uniform(0, shape[0])
    sx, sy = rng.uniform(0.05, 0.8) * shape[1], rng.uniform(0.05, 0.8) * shape[0]
    spot = np.exp(-(((columns - cx) / sx) ** 2 + ((rows - cy) / sy) ** 2))
    return (np.float32(rng.uniform(0.05, 0.5)) * spot)[:, :, None] * np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)


def halftone(rng, shape):
    angle, pitch = rng.uniform(0, np.pi), rng.uniform(2.0, 6.0)
    dots = np.cos(plane(rng, shape, angle) * np.float32(2 * np.pi / pitch)) * np.cos(plane(rng, shape, angle + np.pi / 2) * np.float32(2 * np.pi / pitch))
    return (1 + np.float32(rng.uniform(0.02, 0.15)) * dots)[:, :, None]


def checkerboard(rng, shape):
    """A period of 2, 4 or 8 pixels, as transposed convolutions leave it."""
    period = int(rng.choice([2, 2, 4, 8]))
    tile = rng.normal(0, rng.uniform(0.004, 0.03), (period, period, 3)).astype(np.float32)
    repeats = (shape[0] // period + 1, shape[1] // period + 1, 1)
    return 1 + np.tile(tile, repeats)[: shape[0], : shape[1]]


def put_in_scene(rng, rgb, box, scene, frame, width):
    """The medium with an edge of colour `frame`, in perspective, before another background."""
    height, breadth = rgb.shape[:2]
    edge = int(rng.uniform(*width) * max(height, breadth))
    framed = cv2.copyMakeBorder(rgb, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=[float(v) for v in frame])
    room = rng.uniform(0.02, 0.5)
    out_w, out_h = int(breadth * (1 + room)) + 2 * edge, int(height * (1 + room)) + 2 * edge
    corners = np.float32([[0, 0], [framed.shape[1], 0], [framed.shape[1], framed.shape[0]], [0, framed.shape[0]]])
    offset = np.float32([rng.uniform(0, out_w - framed.shape[1] + 1), rng.uniform(0, out_h - framed.shape[0] + 1)])
    bend = rng.normal(0, 0.02, (4, 2)) * max(out_w, out_h)
    matrix = cv2.getPerspectiveTransform(corners, (corners + offset + bend).astype(np.float32))
    background = cv2.resize(scene, (out_w, out_h), interpolation=cv2.INTER_LINEAR)
    out = cv2.warpPerspective(framed, matrix, (out_w, out_h), dst=background.copy(), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    points = np.float32([[[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]]]) + edge
    moved = cv2.perspectiveTransform(points, matrix)[0]
    return out, np.array([*moved.min(0), *moved.max(0)])


def soften(rng, rgb, box):
    """Second lens and sensor: blur most of the time, then another exposure."""
    if rng.random() < 0.7:
        rgb = blur(rng, rgb, strongest=0.025, side=face_side(box))
    return colour(rng, rgb) if rng.random() < 0.5 else rgb


def to_bytes(x):
    return np.clip(x * 255, 0, 255).astype(np.uint8)
