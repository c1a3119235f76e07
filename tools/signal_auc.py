#!/usr/bin/env python3
"""What each signal tells of each kind of attack: areas under the ROC curve, as a Markdown table.

    cd FOLDER && lifesign check --json . | .../tools/signal_auc.py manifest.csv

FOLDER holds the images of manifest.csv (columns path, set, label, species). The area is the chance
that a live image scores above an attack: 0.5 is no information, below it the signal prefers the
attack. First over all images; in brackets the mean over the sources that have both kinds, and in
how many of them the area lies on the same side of 0.5 as over all. What works in one source only
tells the source.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "train"))
from data import read_manifest  # noqa: E402
from metrics import auc  # noqa: E402

SPECIES = ("print", "screen", "gan", "diffusion")
FEWEST = 8  # live images, and attacks, of a source that counts by itself


def read_scores(lines):
    """Signal name to {path: score}, without what could not be assessed."""
    scores = defaultdict(dict)
    for line in lines:
        result = json.loads(line)
        path = result["file"].removeprefix("./")
        for signal in result.get("signals", []):
            if signal["assessed"]:
                scores[signal["name"]][path] = signal["score"]
        if result.get("face_detected"):
            scores["(confidence)"][path] = result["confidence"]
    return scores


def cell(rows, scores, species):
    """`pooled (mean within sources, agreeing of sources)` of one signal and one kind of attack."""
    live, attack = defaultdict(list), defaultdict(list)
    for row in rows:
        if row["path"] not in scores:
            continue
        if row["label"] == "live":
            live[row["source"]].append(scores[row["path"]])
        elif row["species"] == species:
            attack[row["source"]].append(scores[row["path"]])
    if not live or not attack:
        return "–"
    pooled = auc(np.concatenate(list(live.values())), np.concatenate(list(attack.values())))
    both = [s for s in attack if len(live[s]) >= FEWEST and len(attack[s]) >= FEWEST]
    if not both:
        return f"{pooled:.2f}"
    within = np.array([auc(np.array(live[s]), np.array(attack[s])) for s in both])
    agreeing = np.sum((within - 0.5) * (pooled - 0.5) > 0)
    return f"{pooled:.2f} ({within.mean():.2f}, {agreeing} of {len(both)})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    args = parser.parse_args()
    rows = read_manifest(args.manifest.parent)
    print("| signal | " + " | ".join(SPECIES) + " |")
    print("|---|" + "---|" * len(SPECIES))
    for name, scores in read_scores(sys.stdin).items():
        print(f"| {name} | " + " | ".join(cell(rows, scores, s) for s in SPECIES) + " |")


if __name__ == "__main__":
    main()
