#!/usr/bin/env python3
"""Train small heads on the fixed features, leaving sources out; seconds a fold, resumable fold by fold.

    heads.py --data DIR --cache DIR --name NAME --on clean|views [--folds 1,2] [--seeds 2]

`clean` learns from the images as they are, `views` from four times these and the first passes of views; their errors differ.

Writes `runs/NAME/fold_K.csv` as folds.py does, and `fold_K.pt` with the head and its standardisation. Fold 0 trains on
everything. Several seeds are averaged at the logits.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from data import read_manifest
from model import HEADS, TEACHER_CHANNELS
from splits import read_folds
from train import FIELDS, STUDIED, Recipe, attack_target, draw_weights, excluded_rows, masked_bce, write_logits


PASSES = (1, 2)  # of views


@dataclass(frozen=True)
class HeadRecipe:
    hidden: int = 96
    dropout: float = 0.5
    decay: float = 0.3
    rate: float = 2e-3
    steps: int = 300
    batch: int = 256
    temperature: float = 2.0
    embedding_weight: float = 0.5
    label_weight: float = 0.6


class Heads(nn.Module):
    """Mean logits of several seeds' networks."""

    def __init__(self, nets):
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, x):
        total = self.nets[0](x)
        for net in self.nets[1:]:
            total = total + net(x)
        return total / len(self.nets)


def build_head(inputs, recipe):
    """The hidden layer and the logits, one after the other."""
    body = nn.Sequential(nn.Dropout(recipe.dropout), nn.Linear(inputs, recipe.hidden), nn.ReLU(), nn.Dropout(recipe.dropout))
    return nn.Sequential(body, nn.Linear(recipe.hidden, len(HEADS)))


def load_heads(saved):
    """The averaged heads of a fold file."""
    seeds = 1 + max(int(name.split(".")[1]) for name in saved["heads"])
    net = Heads([build_head(len(saved["mean"]), HeadRecipe()) for _ in range(seeds)])
    net.load_state_dict(saved["heads"])
    return net.eval()


def load_features(cache, stems):
    """Views or clean images joined; `x` holds the features."""
    joined = {}
    for stem in stems:
        bank, features = np.load(cache / f"{stem}.npz"), np.load(cache / f"features_{stem}.npz")
        for name in FIELDS:
            if name != "crop":
                joined.setdefault(name, []).append(bank[name])
        joined.setdefault("x", []).append(features["features"])
    return {name: np.concatenate(parts) for name, parts in joined.items()}


def stems_of(cache, prefix):
    return sorted(p.stem for p in cache.glob(f"{prefix}_*.npz"))


def train_head(bank, rows, recipe, excluded, seed):
    """One seed's head with the mean and deviation that standardise its input."""
    allowed = ~np.asarray(excluded)[bank["row"]]
    weights = draw_weights(bank, rows, allowed, Recipe())
    attack = attack_target(bank[f"{STUDIED}_logits"], recipe)
    embedding = bank[f"{STUDIED}_embedding"].astype(np.float32)
    embedding = (embedding - embedding.mean(0)) / (embedding.std(0) + 1e-3)
    mean, deviation = bank["x"][allowed].mean(0), bank["x"][allowed].std(0) + 1e-3
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    body, heads = build_head(bank["x"].shape[1], recipe)
    imitate = nn.Linear(recipe.hidden, TEACHER_CHANNELS)
    parameters = [*body.parameters(), *heads.parameters(), *imitate.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps)
    for _ in range(recipe.steps):
        chosen = rng.choice(len(weights), recipe.batch, p=weights)
        x = torch.from_numpy(np.clip((bank["x"][chosen] - mean) / deviation, -5, 5))
        hidden = body(x)
        logits = heads(hidden)
        targets = [torch.from_numpy(v[chosen].astype(np.float32)) for v in (attack, bank["recapture"], bank["synthesis"])]
        loss = (F.binary_cross_entropy_with_logits(logits[:, 0] / recipe.temperature, targets[0])
                + recipe.label_weight * (masked_bce(logits[:, 1], targets[1]) + masked_bce(logits[:, 2], targets[2]))
                + recipe.embedding_weight * F.smooth_l1_loss(imitate(hidden), torch.from_numpy(embedding[chosen])))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return nn.Sequential(body, heads).eval(), mean, deviation


def run_fold(options, recipe, fold, rows, folds, bank, clean):
    folder = options.cache / "runs" / options.name
    table = folder / f"fold_{fold}.csv"
    if table.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    excluded = np.array(excluded_rows(rows, fold, folds))
    trained = [train_head(bank, rows, recipe, excluded, 100 * fold + s) for s in range(options.seeds)]
    net, (_, mean, deviation) = Heads([t[0] for t in trained]).eval(), trained[0]
    torch.save({"heads": net.state_dict(), "mean": mean, "deviation": deviation}, folder / f"fold_{fold}.pt")
    keep = excluded[clean["row"]] if fold else np.ones(len(clean["row"]), bool)
    with torch.no_grad():
        logits = net(torch.from_numpy(np.clip((clean["x"][keep] - mean) / deviation, -5, 5))).numpy()
    write_logits(table, clean["row"][keep], logits)
    print(f"{options.name} fold {fold} done", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--folds", default="", help="comma list; all and 0, the shipped head, when empty")
    parser.add_argument("--on", required=True, choices=("clean", "views"))
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows, folds = read_manifest(options.data), read_folds()
    clean = bank = load_features(options.cache, stems_of(options.cache, "clean"))
    if options.on == "views":
        views = load_features(options.cache, [s for seed in PASSES for s in stems_of(options.cache, f"views_{seed}")])
        bank = {name: np.concatenate([clean[name]] * 4 + [views[name]]) for name in clean}
    recipe = HeadRecipe()
    for fold in [int(f) for f in options.folds.split(",") if f] or [*sorted(folds), 0]:
        run_fold(options, recipe, fold, rows, folds, bank, clean)


if __name__ == "__main__":
    main()
