#!/usr/bin/env python3
"""Compare the scores of `lifesign eval --scores` with this folder's own computation on the crops of `lifesign crops`.

    lifesign crops DIR --out crops && lifesign eval DIR --scores scores.csv
    parity.py --crops crops --scores scores.csv [--calibration ../crates/engine/calibration/default.toml]

Prints the largest difference of each learned signal and fails above 1e-3.
"""

import argparse
import csv
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from calibrate import Logistic
from model import HEADS

TOLERANCE = 1e-3
MODEL = Path(__file__).parent / "../models/pad_context.onnx"


def signals(calibration):
    """Name to (heads, logistic) from the engine's calibration file."""
    found = {}
    for name in ("pad_context", "synthetic_face"):
        table = calibration["signals"][name]
        heads = [h for h in HEADS if f"{h}_weight" in table]
        found[name] = heads, Logistic(np.array([table[f"{h}_weight"] for h in heads]), table["bias"])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crops", required=True, type=Path)
    parser.add_argument("--scores", required=True, type=Path)
    parser.add_argument("--calibration", type=Path, default=Path(__file__).parent / "../crates/engine/calibration/default.toml")
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    known = signals(tomllib.loads(options.calibration.read_text()))
    with open(options.crops / "crops.csv", newline="") as file:
        crops = {row["path"]: row["crop"] for row in csv.DictReader(file) if row["crop"]}
    worst, compared = dict.fromkeys(known, 0.0), 0
    with open(options.scores, newline="") as file:
        for row in csv.DictReader(file):
            if row["path"] not in crops:
                continue
            rgb = np.asarray(Image.open(options.crops / crops[row["path"]]).convert("RGB"), np.float32) / 255
            logits = session.run(["logits"], {"image": np.ascontiguousarray(rgb.transpose(2, 0, 1)[None])})[0][0]
            for name, (heads, logistic) in known.items():
                if row.get(name):
                    expected = logistic.probability(-np.array([logits[HEADS.index(h)] for h in heads]))
                    worst[name] = max(worst[name], abs(expected - float(row[name])))
                    compared += 1
    print(f"{compared} scores compared; largest difference:", ", ".join(f"{n} {v:.1e}" for n, v in worst.items()))
    if not compared or max(worst.values()) > TOLERANCE:
        raise SystemExit(f"at most {TOLERANCE:.0e} is accepted")


if __name__ == "__main__":
    main()
