#!/usr/bin/env python3
"""Compare the scores of `lifesign eval --scores` with this folder's own computation on the crops of `lifesign crops`.

    lifesign crops DIR --size 160 --out crops160 && lifesign crops DIR --size 80 --out crops80
    lifesign eval DIR --scores scores.csv
    parity.py --crops crops160 crops80 --scores scores.csv [--calibration ../crates/engine/calibration/default.toml]

Prints the largest difference of each learned signal and fails above 1e-3.
"""

import argparse
import csv
import tomllib
from pathlib import Path

import numpy as np
from PIL import Image

from calibrate import Logistic
from export import FILES, by_maps
from fuse import SIGNALS
from trunks import TRUNKS, open_trunk

TOLERANCE = 1e-3
MODELS = Path(__file__).parent / "../models"


def read_crops(folder):
    """Path of an image to its crop."""
    with open(folder / "crops.csv", newline="") as file:
        return {row["path"]: folder / row["crop"] for row in csv.DictReader(file) if row["crop"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crops", required=True, nargs=len(TRUNKS), type=Path, help="of the sizes of " + ", ".join(TRUNKS))
    parser.add_argument("--scores", required=True, type=Path)
    parser.add_argument("--calibration", type=Path, default=Path(__file__).parent / "../crates/engine/calibration/default.toml")
    options = parser.parse_args()
    numbers = tomllib.loads(options.calibration.read_text())["signals"]
    crops = {name: read_crops(folder) for name, folder in zip(TRUNKS, options.crops)}
    worst, compared = dict.fromkeys(SIGNALS, 0.0), 0
    with open(options.scores, newline="") as file:
        scores = list(csv.DictReader(file))
    sessions = {trunk: open_trunk(MODELS / file) for trunk, file in FILES.items()}
    for row in scores:
        if not all(row.get(signal) for signal in SIGNALS) or row["path"] not in crops["recapture"]:
            continue
        rgb = {trunk: np.asarray(Image.open(found[row["path"]]).convert("RGB")) for trunk, found in crops.items()}
        parts = [by_maps(sessions[trunk], trunk, rgb[trunk]) for trunk in TRUNKS]
        for signal, head in SIGNALS.items():
            logistic = Logistic(np.array([numbers[signal][f"{head}_weight"]]), numbers[signal]["bias"])
            expected = logistic.probability(np.array([-sum(part.get(head, 0.0) for part in parts)]))
            worst[signal] = max(worst[signal], abs(expected - float(row[signal])))
            compared += 1
    print(f"{compared} scores compared; largest difference:", ", ".join(f"{n} {v:.1e}" for n, v in worst.items()))
    if not compared or max(worst.values()) > TOLERANCE:
        raise SystemExit(f"at most {TOLERANCE:.0e} is accepted")


if __name__ == "__main__":
    main()
