#!/usr/bin/env python3
"""Fixed features of every view and clean image: nothing here is learned, so all folds share them.

    feature_bank.py --cache DIR --detector face_detection_short_range.onnx

Mean and deviation of the face detector's early maps over centre and border, and log energies of the 8x8 cosine
transform in Y, Cb, Cr. Writes `features_PREFIX.npz` with `row` and `features`.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image

LAYERS = ("relu_10", "relu_26", "relu_42", "relu_57", "relu_63", "relu_79")
SIDE = 128
TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], np.float32)


def open_layers(path):
    """The detector cut after the last of LAYERS, for any batch size."""
    model = onnx.load(str(path))
    extracted = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(model)).extract_model([model.graph.input[0].name], list(LAYERS))
    for value in (*extracted.graph.input, *extracted.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    del extracted.graph.value_info[:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(extracted.SerializeToString(), options, providers=["CPUExecutionProvider"])


def regions(maps):
    """Mean and deviation of (N, C, H, W) maps over the inner half and over the rest."""
    size = maps.shape[2]
    q = size // 4
    centre = maps[:, :, q : size - q, q : size - q]
    area, inner = size * size, centre.shape[2] ** 2
    total, total2 = maps.sum((2, 3)), np.einsum("nchw,nchw->nc", maps, maps)
    c, c2 = centre.sum((2, 3)), np.einsum("nchw,nchw->nc", centre, centre)
    out = []
    for s, s2, n in ((c, c2, inner), (total - c, total2 - c2, area - inner)):
        mean = s / n
        out += [mean, np.sqrt(np.maximum(s2 / n - mean**2, 0))]
    return np.concatenate(out, 1)


def cosine_matrix():
    k, n = np.mgrid[:8, :8]
    matrix = np.cos(np.pi * (n + 0.5) * k / 8) * np.sqrt(2 / 8)
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


def cosine_energies(ycc):
    """(N, 3 * 64 * 2) log mean absolute coefficients over centre and whole of (N, S, S, 3)."""
    n, size = ycc.shape[:2]
    blocks = ycc.reshape(n, size // 8, 8, size // 8, 8, 3)
    d = cosine_matrix()
    coefficients = np.abs(np.einsum("ki,nyixjc,lj->nyxklc", d, blocks, d, optimize=True))
    q = size // 32
    centre = coefficients[:, q:-q, q:-q].mean((1, 2))
    return np.log(np.concatenate([coefficients.mean((1, 2)).reshape(n, -1), centre.reshape(n, -1)], 1) + 0.1)


# Where the colour distributions are measured; smooth steps, so that a graph without a sort can do it.
LEVELS = ((16, 40, 64, 88, 112, 136, 160, 184, 208, 232), (-40, -28, -18, -10, -4, 0, 4, 10, 18, 28, 40))
STEEPNESS = (0.15, 0.4)


def colour_distributions(ycc):
    """(N, 2 * (10 + 11 + 11)) share of Y, Cb, Cr above each level, over whole and centre of (N, S, S, 3)."""
    q = ycc.shape[1] // 4
    out = []
    for part in (ycc, ycc[:, q:-q, q:-q]):
        for channel, kind in ((0, 0), (1, 1), (2, 1)):
            for level in LEVELS[kind]:
                out.append((1 / (1 + np.exp(-STEEPNESS[kind] * (part[..., channel] - level)))).mean((1, 2)))
    return np.stack(out, 1)


def features_of(session, crops):
    """Features of (N, S, S, 3) byte crops."""
    ycc = crops.astype(np.float32) @ TO_YCC.T
    resized = crops if crops.shape[1] == SIDE else np.stack(
        [np.asarray(Image.fromarray(c).resize((SIDE, SIDE), Image.BILINEAR)) for c in crops])
    tensor = np.ascontiguousarray(resized.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)
    maps = dict(zip(LAYERS, session.run(list(LAYERS), {session.get_inputs()[0].name: tensor})))
    pooled = np.concatenate([regions(maps[name]) for name in LAYERS], 1)
    return np.concatenate([pooled, cosine_energies(ycc), 2 * colour_distributions(ycc)], 1).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--detector", required=True, type=Path)
    parser.add_argument("--prefix", default="", help="one file stem instead of all, such as clean_0")
    options = parser.parse_args()
    session = open_layers(options.detector)
    stems = [options.prefix] if options.prefix else sorted(p.stem for p in options.cache.glob("*.npz") if p.stem.startswith(("clean_", "views_")))
    for stem in stems:
        target = options.cache / f"features_{stem}.npz"
        if target.exists():
            continue
        bank = np.load(options.cache / f"{stem}.npz")
        crops = bank["crop"]
        features = np.concatenate([features_of(session, crops[start : start + 32]) for start in range(0, len(crops), 32)])
        np.savez(target, row=bank["row"], features=features)
        print(stem, features.shape, flush=True)


if __name__ == "__main__":
    main()
