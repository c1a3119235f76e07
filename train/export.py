#!/usr/bin/env python3
"""Write the models that ship: each trunk with the heads that read its maps as more outputs.

    export.py --cache DIR --out ../models

`pad_context.onnx` is the trunk `recapture`, `synthetic_face.onnx` is `synthesis`. Prints the checksums for models.toml, and
writes what they answer to a fixed pattern for the tests of the engine.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from heads import PARTS, key
from trunks import TRUNKS, build, features, open_trunk

FILES = {"recapture": "pad_context.onnx", "synthesis": "synthetic_face.onnx"}
# The heads in each file, its own first.
HELD = {trunk: sorted((head for head in PARTS if trunk in PARTS[head]), key=lambda head: head != trunk) for trunk in FILES}


def by_maps(session, trunk, rgb):
    """What each head in an exported file answers to a byte crop, by the logit that it is a part of."""
    found, answers = features(session, TRUNKS[trunk], rgb), {}
    for head in HELD[trunk]:
        weights = session.run([key(head, trunk)], {"image": TRUNKS[trunk].input(rgb)})[0][0].astype(np.float64)
        answers[head] = float(found @ weights[:-1] + weights[-1])
    return answers


def some_values(session, trunk):
    """(position, value) of a few values of each output, for the ramp of crates/infer/tests/models.rs."""
    (low, high), size = np.float32(trunk.range), trunk.crop.size
    ramp = (np.arange(3 * size * size) * 31 % 251 / np.float32(250)).astype(np.float32)
    image = (low + (high - low) * ramp).reshape(1, 3, size, size)
    flat = [output.ravel() for output in session.run(None, {"image": image})]
    return [[(int(i), round(float(values[i]), 5)) for i in range(0, len(values), len(values) // 7)] for values in flat]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    heads, golden, outputs = np.load(options.cache / "heads" / "fold_0.npz"), {}, {}
    for name, file in FILES.items():
        path, trunk = options.out / file, TRUNKS[name]
        build(name, path, {key(head, name): heads[key(head, name)] for head in HELD[name]})
        size = trunk.crop.size
        pattern = (np.arange(size * size * 3) * 31 % 251).astype(np.uint8).reshape(size, size, 3)
        session = open_trunk(path)
        golden[path.stem] = list(by_maps(session, name, pattern).values())
        outputs[path.stem] = some_values(session, trunk)
        print(path.name, path.stat().st_size, "bytes, sha256", hashlib.sha256(path.read_bytes()).hexdigest())
    for crate, values in (("engine", golden), ("infer", outputs)):
        (Path(__file__).parent / f"../crates/{crate}/tests/golden_pad.json").write_text(json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    main()
