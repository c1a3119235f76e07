"""Augmentation of one picture with one face box: geometry, colour, optics, sensor, codec.

Every function takes the numpy Generator first and returns a picture of bytes; those that move
pixels return the box too. Both labels pass through the same chain, so nothing here tells them apart.
"""

import cv2
import numpy as np

SUBSAMPLINGS = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
                cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)


def face_side(box):
    return max(box[2] - box[0], box[3] - box[1])


def window(rgb, box, x0, y0, x1, y1):
    """The part of the picture inside integer bounds (clipped) and the box in its pixels."""
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = max(int(x0), 0), max(int(y0), 0), min(int(x1), width), min(int(y1), height)
    return np.ascontiguousarray(rgb[y0:y1, x0:x1]), box - (x0, y0, x0, y0)


def around(rgb, box, scale):
    """What lies within `scale` face sides."""
    half = scale * face_side(box) / 2
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return window(rgb, box, cx - half, cy - half, cx + half + 1, cy + half + 1)


def scale_to(rgb, box, side):
    """The picture scaled so that the face measures `side` pixels."""
    factor = side / face_side(box)
    size = (max(8, round(rgb.shape[1] * factor)), max(8, round(rgb.shape[0] * factor)))
    scaled = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    return scaled, box * np.tile((size[0] / rgb.shape[1], size[1] / rgb.shape[0]), 2)


def turn(rng, rgb, box, degrees):
    """A small rotation about the face; edges replicate."""
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    matrix = cv2.getRotationMatrix2D(centre, rng.uniform(-degrees, degrees), 1.0)
    return cv2.warpAffine(rgb, matrix, rgb.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def mirror(rgb, box):
    width = rgb.shape[1]
    return np.ascontiguousarray(rgb[:, ::-1]), np.array([width - box[2], box[1], width - box[0], box[3]])


def colour(rng, rgb):
    """Exposure, gamma, contrast, white balance, saturation."""
    x = rgb.astype(np.float32) / 255
    x = x ** np.float32(np.exp(rng.normal(0, 0.22)))
    x *= np.exp(rng.normal(0, 0.13)) * np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    mean = x.mean()
    x = (x - mean) * np.float32(np.exp(rng.normal(0, 0.12))) + mean + np.float32(rng.normal(0, 0.03))
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * np.float32(np.exp(rng.normal(0, 0.2)))
    return np.clip(x * 255, 0, 255).astype(np.uint8)


def blur(rng, rgb, strongest=0.02, side=200.0):
    """Defocus or motion blur, up to `strongest` of the face side."""
    amount = rng.uniform(0.15, 1.0) * strongest * side
    if rng.random() < 0.7:
        return cv2.GaussianBlur(rgb, (0, 0), max(amount * 0.6, 0.3))
    length = max(3, int(amount * 2) | 1)
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    angle = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, angle, (length, length))
    return cv2.filter2D(rgb, -1, kernel / kernel.sum())


def noise(rng, rgb):
    """Sensor noise, partly correlated between channels and between neighbours."""
    sigma = np.exp(rng.uniform(np.log(1.0), np.log(9.0)))
    grain = rng.standard_normal((*rgb.shape[:2], 1), np.float32) * 0.7 + rng.standard_normal(rgb.shape, np.float32) * 0.6
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(grain, (3, 3), 0.8) * 1.8
    return np.clip(rgb + grain * np.float32(sigma), 0, 255).astype(np.uint8)


def shrink_and_grow(rng, rgb):
    """Down-scaling by up to 2.5 and back with a random filter."""
    factor = rng.uniform(0.4, 0.9)
    size = (max(8, int(rgb.shape[1] * factor)), max(8, int(rgb.shape[0] * factor)))
    small = cv2.resize(rgb, size, interpolation=int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR])))
    return cv2.resize(small, rgb.shape[1::-1], interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])))


def sharpen(rng, rgb):
    soft = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.7, 1.8))
    amount = rng.uniform(0.3, 1.2)
    return cv2.addWeighted(rgb, 1 + amount, soft, -amount, 0)


def jpeg(rng, rgb, lowest=30):
    """Re-encoding at quality `lowest` to 95 with random chroma subsampling."""
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(lowest, 96)),
               cv2.IMWRITE_JPEG_SAMPLING_FACTOR, int(rng.choice(SUBSAMPLINGS))]
    _, data = cv2.imencode(".jpg", rgb[:, :, ::-1], options)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1]


def degrade(rng, rgb, side):
    """Colour, optics, sensor and codec, each with its own chance."""
    if rng.random() < 0.8:
        rgb = colour(rng, rgb)
    if rng.random() < 0.25:
        rgb = blur(rng, rgb, side=side)
    if rng.random() < 0.15:
        rgb = shrink_and_grow(rng, rgb)
    if rng.random() < 0.15:
        rgb = sharpen(rng, rgb)
    if rng.random() < 0.3:
        rgb = noise(rng, rgb)
    if rng.random() < 0.85:
        rgb = jpeg(rng, rgb)
    return rgb


def jitter(rng, box, width, height):
    """The face box as another detector would give it: shifted, scaled, other aspect."""
    side = face_side(box)
    centre = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.03, 2) * side
    half = (box[2:] - box[:2]) / 2 * np.exp(rng.normal(0, 0.06)) * np.exp(rng.normal(0, 0.02, 2))
    moved = np.concatenate([centre - half, centre + half])
    return np.clip(moved, (-side, -side, -side, -side), (width + side, height + side, width + side, height + side))
