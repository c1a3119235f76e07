"""Train one network on the bank's views, leaving sources out."""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from bank import KINDS
from model import PadNet
from splits import left_out
from teacher import SCALES, live_probability


@dataclass(frozen=True)
class Recipe:
    """What a training run does; lengths in images drawn, so that the bank's size does not change them."""

    seed: int = 0
    draws: int = 120_000
    batch: int = 96
    rate: float = 3e-3
    decay: float = 0.03
    average: float = 0.995  # of the weights' moving average
    teacher_weight: float = 1.0
    embedding_weight: float = 1.0
    recapture_weight: float = 0.6
    synthesis_weight: float = 0.6
    simulated_share: float = 0.25  # of the draws
    generated_share: float = 0.15  # of the draws, real generated faces
    temperature: float = 2.0  # softens the teacher


FIELDS = ("row", "kind", "crop", "recapture", "synthesis", *(f"{n}_logits" for n in SCALES), *(f"{n}_embedding" for n in SCALES))


def load_bank(cache, prefix):
    """The parts of a bank joined."""
    parts = [np.load(path) for path in sorted(Path(cache).glob(f"{prefix}_*.npz"))]
    return {name: np.concatenate([p[name] for p in parts]) for name in FIELDS}


def draw_weights(bank, rows, allowed, recipe):
    """Probability of each view: equal for every (source, label), with fixed shares for simulated and generated."""
    weights = np.zeros(len(bank["row"]))
    simulated = bank["kind"] >= KINDS.index("screen")
    generated = ~simulated & (bank["synthesis"] == 1)
    names = np.array([rows[i]["source"] + "/" + rows[i]["label"] for i in bank["row"]])
    plain_share = 1 - recipe.simulated_share - recipe.generated_share
    for share, members in ((recipe.simulated_share, simulated), (recipe.generated_share, generated),
                           (plain_share, ~simulated & ~generated)):
        for name in np.unique(names[members & allowed]):
            group = members & allowed & (names == name)
            weights[group] = group.sum() ** -0.5  # between equal images and equal groups
        weights[members & allowed] *= share / max(weights[members & allowed].sum(), 1e-9)
    live = ~simulated & (bank["recapture"] == 0) & (bank["synthesis"] == 0)
    attack = ~simulated & (bank["recapture"] == 1)
    for members in (live, attack):
        weights[members] *= plain_share / 2 / max(weights[members].sum(), 1e-9)
    return weights / weights.sum()


def teacher_targets(bank, temperature):
    """The teachers' mean attack probability, softened, and their standardised embeddings."""
    attack = np.mean([1 - live_probability(bank[f"{n}_logits"] / temperature) for n in SCALES], axis=0)
    embedding = np.concatenate([bank[f"{n}_embedding"].astype(np.float32) for n in SCALES], axis=1)
    return attack.astype(np.float32), (embedding - embedding.mean(0)) / (embedding.std(0) + 1e-3)


def to_input(crops, rng):
    """Bytes to a batch in [0, 1]: mirrored, lit and erased at random."""
    x = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
    if rng is None:
        return x
    mirrored = torch.from_numpy(rng.random(len(x)) < 0.5)
    x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    gain = torch.from_numpy(np.exp(rng.normal(0, 0.1, (len(x), 1, 1, 1)) + rng.normal(0, 0.04, (len(x), 3, 1, 1))).astype(np.float32))
    x = (x * gain + torch.from_numpy(rng.normal(0, 0.03, (len(x), 1, 1, 1)).astype(np.float32))).clamp(0, 1)
    size = x.shape[2]
    for i in np.flatnonzero(rng.random(len(x)) < 0.25):
        side = int(rng.uniform(0.12, 0.4) * size)
        top, left = rng.integers(0, size - side, 2)
        x[i, :, top : top + side, left : left + side] = float(rng.random())
    return x


def masked_bce(logits, target):
    """Mean binary cross entropy where the target is known (not negative)."""
    known = (target >= 0).float()
    return (F.binary_cross_entropy_with_logits(logits, target.clamp(min=0), reduction="none") * known).sum() / known.sum().clamp(min=1)


def loss_of(net, x, batch, recipe):
    with torch.autocast("cpu", torch.bfloat16):  # near twice as fast where the processor has it
        logits, imitated = net.both(x)
    logits, imitated = logits.float(), imitated.float()
    teacher = F.binary_cross_entropy_with_logits(logits[:, 0] / recipe.temperature, batch["attack"])
    embedding = F.smooth_l1_loss(imitated, batch["embedding"])
    return (recipe.teacher_weight * teacher + recipe.embedding_weight * embedding
            + recipe.recapture_weight * masked_bce(logits[:, 1], batch["recapture"])
            + recipe.synthesis_weight * masked_bce(logits[:, 2], batch["synthesis"]))


def train(bank, rows, recipe, excluded, log=print):
    """The averaged network. `excluded` tells for each manifest row whether it is left out."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed + 1000)
    allowed = ~np.asarray(excluded)[bank["row"]]
    weights = draw_weights(bank, rows, allowed, recipe)
    attack, embedding = teacher_targets(bank, recipe.temperature)
    net = PadNet().to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.draws // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=0.1)
    average = copy.deepcopy(net)
    running = 0.0
    for step in range(steps):
        chosen = rng.choice(len(weights), recipe.batch, p=weights)
        x = to_input(bank["crop"][chosen], rng).contiguous(memory_format=torch.channels_last)
        batch = {"attack": torch.from_numpy(attack[chosen]), "embedding": torch.from_numpy(embedding[chosen]),
                 "recapture": torch.from_numpy(bank["recapture"][chosen].astype(np.float32)),
                 "synthesis": torch.from_numpy(bank["synthesis"][chosen].astype(np.float32))}
        loss = loss_of(net, x, batch, recipe)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        update_average(average, net, min(recipe.average, (step + 1) / (step + 10)))
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 0:
            log(f"step {step}/{steps} loss {running:.4f}")
    return average.eval()


def update_average(average, net, momentum):
    """Moving average of the weights; the running statistics are copied."""
    with torch.no_grad():
        for a, b in zip(average.parameters(), net.parameters()):
            a.lerp_(b, 1 - momentum)
        for a, b in zip(average.buffers(), net.buffers()):
            a.copy_(b)


@torch.no_grad()
def score(net, crops, batch=256):
    """(N, 3) logits of byte crops."""
    return np.concatenate([net(to_input(crops[i : i + batch], None)).numpy() for i in range(0, len(crops), batch)])


def excluded_rows(rows, fold, folds):
    return [False] * len(rows) if fold == 0 else left_out(rows, fold, folds)
