"""The crop that the learned model sees, defined once; README.md says it in words.

A crop is an axis-parallel rectangle around the face box (the extent of the 468-point mesh). It
never leaves the image: a side is shortened to the image's and the rectangle is shifted inside, so
no padding exists and a tight portrait fills the crop. It is then stretched to the model's input
with the triangle filter widened by the down-scaling factor: what Pillow calls BILINEAR with a
float box, and fast_image_resize a convolution with the bilinear filter and a float crop box.
`resample` below is the plain definition that both match within one grey level.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Crop:
    """`scale`: sides of the crop in units of the face box's longer side; `size`: pixels of the input."""

    scale: float
    size: int


def rectangle(box, width, height, scale):
    """The crop `(x0, y0, x1, y1)` in float pixels for a face box in a width x height image."""
    side = scale * max(box[2] - box[0], box[3] - box[1])
    crop_w, crop_h = min(side, width), min(side, height)
    x0 = min(max((box[0] + box[2] - crop_w) / 2, 0.0), width - crop_w)
    y0 = min(max((box[1] + box[3] - crop_h) / 2, 0.0), height - crop_h)
    return x0, y0, x0 + crop_w, y0 + crop_h


def cut(rgb, box, crop):
    """(size, size, 3) bytes: the crop of an (H, W, 3) image."""
    height, width = rgb.shape[:2]
    return resize(rgb, rectangle(box, width, height, crop.scale), crop.size)


def resize(rgb, box, size):
    """The float box of an image, stretched to size x size by Pillow."""
    return np.asarray(Image.fromarray(rgb).resize((size, size), Image.BILINEAR, box=box))


def filter_matrix(start, end, length, size):
    """(size, length) weights that map `length` pixels to `size` samples of [start, end)."""
    ratio = (end - start) / size
    support = max(ratio, 1.0)
    centres = start + (np.arange(size) + 0.5) * ratio
    distance = np.abs(np.arange(length)[None, :] + 0.5 - centres[:, None]) / support
    weights = np.maximum(1.0 - distance, 0.0)
    return weights / weights.sum(1, keepdims=True)


def resample(rgb, box, size):
    """The reference of `resize`: separable, columns first, rounded to bytes after each pass."""
    height, width = rgb.shape[:2]
    columns = filter_matrix(box[0], box[2], width, size)
    rows = filter_matrix(box[1], box[3], height, size)
    wide = np.floor(np.einsum("sw,hwc->hsc", columns, rgb.astype(np.float64)) + 0.5)
    return np.clip(np.floor(np.einsum("sh,hwc->swc", rows, wide) + 0.5), 0, 255).astype(np.uint8)
