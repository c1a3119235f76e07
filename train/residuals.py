"""What filters that leave only fine detail say of the pixels of the face as they were taken, without scaling.

A camera mixes neighbouring pixels and the three colours in its own way (mosaic, sharpening, chroma subsampling), a generator in
another. The filters are those of steganalysis (Fridrich and Kodovsky, "Rich Models for Steganalysis of Digital Images",
2012); of what they leave come ratios only, so that neither exposure nor the strength of the detail counts.

Tried beside the head on synthesis and not shipped (EXPERIMENTS.md); `attempts.py` uses it.
"""

import numpy as np

MARGIN = 1.15  # sides of the patch in those of the face box
HALF_SIDES = (34.0, 96.0)  # pixels that half a side of the patch is limited to
LEAST_SIDE = 16  # pixels, under which nothing can be said
SOFTENING = 1e-3  # added to every energy, in squared grey levels
LUMA_AND_CHROMA = np.float32([[0.299, -0.169, 0.5], [0.587, -0.331, -0.419], [0.114, 0.5, -0.081]])  # from RGB, by columns
LAGS = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (0, 3), (3, 0))  # down, right
COUNT = 3 * (4 + len(LAGS)) + 3


def patch(rgb, box):
    """The face and little more, at most 193 pixels a side: first and end column and row lie inside the picture."""
    ends = []
    for low, high, length in ((box[0], box[2], rgb.shape[1]), (box[1], box[3], rgb.shape[0])):
        half = min(max(MARGIN * (high - low) / 2, HALF_SIDES[0]), HALF_SIDES[1])
        centre = min(max((low + high) / 2, half), max(length - half, half))
        ends.append((int(centre - half), min(int(centre + half) + 1, length)))
    (left, right), (top, bottom) = ends
    return rgb[top:bottom, left:right]


def along(v):
    """Second difference to the right."""
    return v[:, 1:-1] - (v[:, :-2] + v[:, 2:]) / 2


def down(v):
    return along(v.T).T


def energy(r):
    return np.mean(np.square(r, dtype=np.float64)) + SOFTENING


def lagged(r, rows, columns):
    """Mean product of a residual with itself some places away."""
    h, w = r.shape
    return np.mean(np.multiply(r[: h - rows, : w - columns], r[rows:, columns:], dtype=np.float64))


def residuals(rgb, box):
    """COUNT features of an (H, W, 3) image of bytes, or None where the patch is too small.

    For luma and two colour differences: logarithms of the energies of four simple differences over that of the crossed
    one, and the crossed one's autocorrelations; then the correlations of the crossed ones of red, green and blue.
    """
    values = patch(rgb, box).astype(np.float32)
    if min(values.shape[:2]) < LEAST_SIDE:
        return None
    out = []
    for plane in np.moveaxis(values @ LUMA_AND_CHROMA, 2, 0):
        crossed = along(down(plane))
        strength = energy(crossed)
        for simple in (np.diff(plane, axis=1), np.diff(plane, axis=0), along(plane), down(plane)):
            out.append(np.log(energy(simple) / strength))
        out += [lagged(crossed, *lag) / strength for lag in LAGS]
    colours = [along(down(values[:, :, i])) for i in range(3)]
    for i, j in ((0, 1), (1, 2), (0, 2)):
        shared = np.mean(np.multiply(colours[i], colours[j], dtype=np.float64))
        out.append(shared / np.sqrt(energy(colours[i]) * energy(colours[j])))
    return np.array(out)
