#!/usr/bin/env python3
"""The table by source and species from the committed per-image scores.

    evaluate.py scores/oof.csv [--peers peer_scores.csv] [--columns ensemble,pad_context]

Scores are probabilities of a living face. Images without a score are left out here and counted in the last column.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from metrics import apcer_at_bpcer, auc, eer

SPECIES = ("print", "screen", "gan", "diffusion")


def read_scores(path, peers):
    """Rows of the score file, with the peers' `classic` and `minifasnet` columns joined by path."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    if peers:
        with open(peers, newline="") as file:
            by_path = {row["path"]: row for row in csv.DictReader(file)}
        for row in rows:
            row.update({k: by_path[row["path"]][k] for k in ("classic", "minifasnet")})
    return rows


def values(rows, column):
    return np.array([float(r[column]) for r in rows if r.get(column)])


def figures(live, attack):
    if len(live) < 5 or len(attack) < 5:
        return "      -     -      -"
    return f"{auc(live, attack):7.3f} {eer(live, attack):5.3f} {apcer_at_bpcer(live, attack, 0.05):6.3f}"


def groups(rows):
    """(name, live rows, attack rows): pooled, by species against all live, by source with both labels."""
    live = [r for r in rows if r["label"] == "live"]
    yield "all", live, [r for r in rows if r["label"] == "attack"]
    for species in SPECIES:
        yield species, live, [r for r in rows if r["species"] == species]
    sources = sorted({r["source"] for r in rows})
    for source in sources:
        own = [r for r in rows if r["source"] == source]
        attacks = [r for r in own if r["label"] == "attack"]
        lives = [r for r in own if r["label"] == "live"]
        if attacks:
            yield source + ("" if lives else " *"), lives or live, attacks


def table(rows, columns):
    lines = [f"{'':24} {'live':>5} {'att':>5} " + " | ".join(f"{c[:20]:>20}" for c in columns),
             f"{'':36} " + " | ".join("    AUC   EER  A@B5%" for _ in columns)]
    for name, live, attack in groups(rows):
        cells = " | ".join(figures(values(live, c), values(attack, c)) for c in columns)
        lines.append(f"{name:24} {len(live):5} {len(attack):5} {cells}")
    missing = ", ".join(f"{c} {sum(not r.get(c) for r in rows)}" for c in columns)
    return "\n".join([*lines, "* attacks only: against every live image", f"without a score: {missing}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--columns", default="ensemble,pad_context,pad_texture,synthetic_face")
    options = parser.parse_args()
    columns = options.columns.split(",") + (["minifasnet", "classic"] if options.peers else [])
    print(table(read_scores(options.scores, options.peers), columns))


if __name__ == "__main__":
    main()
