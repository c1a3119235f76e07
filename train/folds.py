#!/usr/bin/env python3
"""Train the fold models of a recipe and write every left-out image's logits; resumable fold by fold.

    folds.py --data DIR --cache DIR --name NAME [--folds 1,2] [--set draws=60000 ...] [--start NAME]

`--start` goes on from another run's networks, on mostly clean images: the views are harder than what is judged, and what
they teach about the level of a living face has to be brought back to it.

Writes `runs/NAME/fold_K.pt` and `fold_K.csv` (row, half, and one logit a head) under the cache. Fold 0 trains on everything.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import torch

from data import read_manifest
from model import load
from splits import read_folds
from train import Recipe, excluded_rows, load_bank, score, train, write_logits


TUNED_ON = (1, 2, 3)  # passes of views beside the clean images


def parse_recipe(seed, settings):
    types = {f.name: type(f.default) for f in dataclasses.fields(Recipe)}
    values = dict(s.split("=", 1) for s in settings)
    return Recipe(seed=seed, **{name: types[name](value) for name, value in values.items()})


def run_fold(options, recipe, fold, rows, folds):
    folder = options.cache / "runs" / options.name
    table = folder / f"fold_{fold}.csv"
    if table.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    excluded = np.array(excluded_rows(rows, fold, folds))
    clean, net = load_bank(options.cache, "clean"), None
    if options.start:
        views = [load_bank(options.cache, f"views_{seed}") for seed in TUNED_ON]
        bank = {name: np.concatenate([clean[name]] * 3 + [v[name] for v in views]) for name in clean}
        net = load(options.cache, options.start, fold)
    else:
        bank = load_bank(options.cache, "views")
    net = train(bank, rows, recipe, excluded, options.cache, net, log=lambda text: print(f"{options.name} fold {fold}: {text}", flush=True))
    torch.save(net.state_dict(), folder / f"fold_{fold}.pt")
    keep = excluded[clean["row"]] if fold else np.ones(len(clean["row"]), bool)
    logits = score(net, clean["crop"][keep])
    write_logits(table, clean["row"][keep], logits)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--folds", default="", help="comma list; all when empty; 0 is the shipped model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", help="run whose networks are the beginning")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=VALUE", dest="settings")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows, folds = read_manifest(options.data), read_folds()
    recipe = parse_recipe(options.seed, options.settings)
    for fold in [int(f) for f in options.folds.split(",") if f] or sorted(folds):
        run_fold(options, recipe, fold, rows, folds)


if __name__ == "__main__":
    main()
