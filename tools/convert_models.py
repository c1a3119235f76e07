#!/usr/bin/env python3
"""Convert MediaPipe's face models from its PyPI wheel to the ONNX files under models/.

`models/models.toml` says which files of the wheel become which models. The same wheel and the
versions of tools/requirements.txt give the same bytes; the checksums in models.toml are
rewritten.

examples:
    convert_models.py                      # gets the wheel from PyPI with pip
    convert_models.py --wheel FILE.whl
    convert_models.py --check              # converts nothing, compares with TFLite
    convert_models.py --golden             # rewrites the test values of crates/infer
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
MODELS = REPOSITORY / "models"
CARDS = MODELS / "models.toml"
SAMPLES = REPOSITORY / "assets" / "samples"
GOLDEN = REPOSITORY / "crates" / "infer" / "tests" / "golden.json"
WHEEL = "mediapipe==0.10.14"
TOLERANCE = 1e-3
GOLDEN_VALUES = 24


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def download_wheel(folder):
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    platform = ["--only-binary=:all:", "--python-version=3.11", "--platform=manylinux_2_17_x86_64"]
    subprocess.run([*pip, *platform, "--dest", folder, WHEEL], check=True)
    [wheel] = Path(folder).glob("mediapipe-*.whl")
    return wheel


def read_originals(wheel, cards):
    """The TFLite bytes of each card, by the card's name."""
    originals = {}
    with zipfile.ZipFile(wheel) as archive:
        for card in cards:
            data = archive.read(card["source"])
            if sha256(data) != card["source_sha256"]:
                raise SystemExit(f"{card['source']} in {wheel} is not the known file")
            originals[card["name"]] = data
    return originals


def convert_all(cards, originals):
    from tflite_to_onnx import convert

    text = CARDS.read_text()
    for card in cards:
        names = [output["name"] for output in card["outputs"]]
        model = convert(originals[card["name"]], card["name"], names)
        data = model.SerializeToString(deterministic=True)
        (MODELS / card["file"]).write_bytes(data)
        text = re.sub(
            rf'(file = "{re.escape(card["file"])}"\n(?:.*\n)*?sha256 = ")[0-9a-f]*',
            rf"\g<1>{sha256(data)}",
            text,
            count=1,
        )
        print(f"{card['file']}: {len(data):,} bytes, {len(model.graph.node)} nodes")
    CARDS.write_text(text)


def pattern(shape, low, high):
    """The input that crates/infer's golden test makes as well: a ramp of 0 to 250 over 251."""
    ramp = (np.arange(np.prod(shape)) * 31 % 251).astype(np.float32) / 250
    return (low + (high - low) * ramp).reshape(shape).astype(np.float32)


def test_inputs(card):
    """Named NCHW inputs: the golden pattern, noise, and centre crops of the samples."""
    from PIL import Image

    shape, (low, high) = card["input_shape"], card["input_range"]
    yield "pattern", pattern(shape, low, high)
    noise = np.random.default_rng(1).uniform(low, high, shape)
    yield "noise", noise.astype(np.float32)
    for path in sorted(SAMPLES.glob("*.jpg")):
        with Image.open(path) as image:
            side = min(image.size)
            square = image.crop((0, 0, side, side)).resize(shape[:1:-1], Image.BILINEAR)
        pixels = np.asarray(square, np.float32).transpose(2, 0, 1)[None] / 255
        yield path.name, low + (high - low) * pixels


def run_tflite(data, picture):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    [source] = interpreter.get_input_details()
    interpreter.set_tensor(source["index"], np.ascontiguousarray(picture.transpose(0, 2, 3, 1)))
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def has_custom_operators(card):
    return card["name"] == "face_landmark_with_attention"


def check(cards, originals):
    """Compares with the TFLite interpreter; a difference is relative to values over 1."""
    import onnxruntime

    worst_of_all = 0.0
    for card in cards:
        if has_custom_operators(card):
            print(f"{card['name']}: has custom operators, see check_attention_mesh.py")
            continue
        session = onnxruntime.InferenceSession(MODELS / card["file"])
        for name, picture in test_inputs(card):
            expected = run_tflite(originals[card["name"]], picture)
            actual = session.run([o["name"] for o in card["outputs"]], {"input": picture})
            worst = max(
                (np.abs(a - e) / np.maximum(1, np.abs(e))).max() for a, e in zip(actual, expected)
            )
            worst_of_all = max(worst_of_all, worst)
            print(f"{card['name']}, {name}: largest difference {worst:.1e}")
    if worst_of_all > TOLERANCE:
        raise SystemExit(f"the largest difference {worst_of_all:.1e} is over {TOLERANCE}")


def write_golden(cards, originals):
    """A few values of each output for the golden pattern, as TFLite computes them."""
    golden = {}
    for card in cards:
        if has_custom_operators(card):
            continue
        picture = pattern(card["input_shape"], *card["input_range"])
        golden[card["name"]] = [
            [[int(i), round(float(values[i]), 5)] for i in spread(len(values))]
            for values in (o.flatten() for o in run_tflite(originals[card["name"]], picture))
        ]
    GOLDEN.write_text(json.dumps({"tolerance": TOLERANCE, "models": golden}, indent=1) + "\n")
    print(f"{GOLDEN.relative_to(REPOSITORY)}: {len(golden)} models")


def spread(length):
    """At most GOLDEN_VALUES indices spread over `length` values."""
    return np.unique(np.linspace(0, length - 1, GOLDEN_VALUES).astype(int))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheel", type=Path, help=f"a wheel of {WHEEL}; got from PyPI without it")
    parser.add_argument("--check", action="store_true", help="compare with the TFLite interpreter")
    parser.add_argument("--golden", action="store_true", help="rewrite crates/infer's test values")
    options = parser.parse_args()
    # The others have no original in the wheel.
    cards = tomllib.loads(CARDS.read_text())["model"]
    cards = [card for card in cards if card["source"].startswith("mediapipe/")]
    with tempfile.TemporaryDirectory() as folder:
        originals = read_originals(options.wheel or download_wheel(folder), cards)
    if options.check:
        check(cards, originals)
    if options.golden:
        write_golden(cards, originals)
    if not (options.check or options.golden):
        convert_all(cards, originals)


if __name__ == "__main__":
    main()
