#!/usr/bin/env python3
"""The tables of docs/ACCURACY.md from the committed per-image scores, as Markdown.

    evaluate.py scores/oof.csv [--halves scores/oof_halves.csv] [--peers peer_scores.csv] [--columns ensemble,pad_context]

Scores are probabilities of a living face. AUC, EER and APCER are over the images that got a score; the share that got
none is a column of its own.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from calibrate import MARGIN, OPERATING_POINT
from metrics import apcer_at_bpcer, auc, eer

SPECIES = ("print", "screen", "gan", "diffusion")
ENOUGH = 5


def read_scores(path, peers):
    """Rows of the score file, with the peers' `classic` and `minifasnet` columns joined by path."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    if peers:
        with open(peers, newline="") as file:
            by_path = {Path(row["path"]).with_suffix(""): row for row in csv.DictReader(file)}
        for row in rows:
            row.update({k: by_path[Path(row["path"]).with_suffix("")][k] for k in ("classic", "minifasnet")})
    return rows


def values(rows, column):
    return np.array([float(r[column]) for r in rows if r.get(column)])


def figures(live, attack):
    if len(live) < ENOUGH or len(attack) < ENOUGH:
        return "–"
    return f"{auc(live, attack):.3f} / {100 * eer(live, attack):.0f} / {100 * apcer_at_bpcer(live, attack, 0.05):.0f}"


def groups(rows):
    """(name, live rows, attack rows): pooled, by species and by source, against all live where a source has none (*)."""
    live = [r for r in rows if r["label"] == "live"]
    yield "**all**", live, [r for r in rows if r["label"] == "attack"]
    for species in SPECIES:
        yield f"**{species}**", live, [r for r in rows if r["species"] == species]
    for source in sorted({r["source"] for r in rows}):
        own = [r for r in rows if r["source"] == source]
        lives, attacks = ([r for r in own if r["label"] == label] for label in ("live", "attack"))
        yield (source, lives, attacks) if lives else (source + " *", live, attacks)


def share(found):
    return f"{100 * np.mean(found):.1f}" if len(found) else "–"


def decisions(live, attacks):
    """At the shipped threshold: live images not called LIVE (of them INCONCLUSIVE), attacks called LIVE (INCONCLUSIVE)."""
    cells = []
    for rows, wrong in ((live, lambda c: c <= OPERATING_POINT + MARGIN), (attacks, lambda c: c > OPERATING_POINT + MARGIN)):
        c = values(rows, "ensemble")
        cells.append(f"{share(wrong(c))} ({share(np.abs(c - OPERATING_POINT) <= MARGIN)})")
    return cells


def table(rows, columns):
    head = ["", "live", "attacks", "no score, live", "no score, attack", *columns, "live not LIVE (unsure)", "attack LIVE (unsure)"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, live, attacks in groups(rows):
        missing = [share([not r["ensemble"] for r in part]) for part in (live, attacks)]
        cells = [figures(values(live, c), values(attacks, c)) for c in columns]
        lines.append("| " + " | ".join([name, str(len(live)), str(len(attacks)), *missing, *cells, *decisions(live, attacks)]) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--halves", type=Path, help="the scores with stylegan_faces left out by halves")
    parser.add_argument("--peers", type=Path, help="peer_scores.csv of the development images")
    parser.add_argument("--columns", default="ensemble,pad_context,synthetic_face")
    options = parser.parse_args()
    columns = options.columns.split(",") + (["minifasnet", "classic"] if options.peers else [])
    print("Each cell: AUC / EER % / APCER % at BPCER 5 %.\n")
    print(table(read_scores(options.scores, options.peers), columns))
    if options.halves:
        chosen = ("**all**", "**gan**", "stylegan_faces *")
        print("\nThe same with stylegan_faces left out by halves:\n")
        lines = table(read_scores(options.halves, options.peers), columns).splitlines()
        print("\n".join(lines[:2] + [l for l in lines[2:] if l.split(" | ")[0].removeprefix("| ") in chosen]))


if __name__ == "__main__":
    main()
