"""The fixed folds of whole sources (folds.csv).

A source belongs to one fold. `stylegan_faces:even` and `:odd` are its halves by image: folds 1 and
2 leave one half out each, beside fold 4 that leaves the whole source out, so that both figures exist.
"""

import csv
from collections import defaultdict
from pathlib import Path

FOLDS_FILE = Path(__file__).with_name("folds.csv")


def read_folds(path=FOLDS_FILE):
    """Fold number to the set of sources (or halves, `source:even`) that it leaves out."""
    folds = defaultdict(set)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            folds[int(row["fold"])].add(row["source"])
    return dict(folds)


def halves(rows):
    """Each row's half name, `source:even` or `source:odd`, by its position within its source."""
    seen = defaultdict(int)
    names = []
    for row in rows:
        names.append(f"{row['source']}:{'odd' if seen[row['source']] % 2 else 'even'}")
        seen[row["source"]] += 1
    return names


def left_out(rows, fold, folds):
    """For each row, whether the fold's model must not see it."""
    return [row["source"] in folds[fold] or half in folds[fold] for row, half in zip(rows, halves(rows))]
