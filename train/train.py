"""Train one network on the bank's views, leaving sources out."""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from bank import KINDS
from model import HEADS, PadNet
from splits import left_out
from teacher import MAPS, SCALES, live_probability


@dataclass(frozen=True)
class Recipe:
    """What a training run does; lengths in images drawn, so that the bank's size does not change them."""

    seed: int = 0
    draws: int = 120_000
    batch: int = 96
    views_share: float = 0.4  # of a batch, single views; the rest are mixed ones
    rate: float = 3e-3
    decay: float = 0.03
    average: float = 0.995  # of the weights' moving average
    teacher_weight: float = 1.0
    hint_weight: float = 1.0  # of the teacher's embedding and maps
    recapture_weight: float = 0.6
    synthesis_weight: float = 0.6
    simulated_share: float = 0.25  # of the draws
    generated_share: float = 0.15  # of the draws, real generated faces
    temperature: float = 2.0  # softens the teacher


STUDIED = "minifasnet_v2_2.7"  # the teacher that sees the same crop
HINTS = ("embedding", *MAPS)  # what is imitated beside the score
STEPS = 32  # a deviation of a hint in bytes
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


class MixedViews:
    """The mixed views (mixed.py) that hold nothing of the excluded rows, with the teacher's answers."""

    def __init__(self, cache, excluded):
        folders, excluded = sorted(Path(cache).glob("mixed_*/")), np.asarray(excluded)
        names = ("crop", "logits", "recapture", "synthesis", *HINTS)
        self.parts = [{name: np.load(f / f"{name}.npy", mmap_mode="r") for name in names} for f in folders]
        kept = [~(excluded[np.load(f / "row.npy")] | excluded[np.load(f / "other.npy")]) for f in folders]
        self.index = np.concatenate([np.stack([np.full(k.sum(), i), np.flatnonzero(k)], 1) for i, k in enumerate(kept)])

    def batch(self, rng, count):
        chosen = self.index[rng.integers(0, len(self.index), count)]
        out = {name: np.stack([self.parts[p][name][i] for p, i in chosen]) for name in self.parts[0]}
        return out | {name: out[name].astype(np.float32) / STEPS for name in HINTS}


def tensors(values):
    return [torch.from_numpy(np.ascontiguousarray(v, dtype=np.float32)) for v in values]


def loss_of(net, bank, chosen, mixed, recipe, rng):
    """One step's loss: labels on all, the teacher's score and embedding on all, its maps on the mixed views."""
    views = to_input(bank["crop"][chosen], rng)
    x = torch.cat([views, to_input(mixed["crop"], None)]).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):  # near twice as fast where the processor has it
        logits, embedding, maps = net.imitating(x)
    logits, embedding, count = logits.float(), embedding.float(), len(views)
    recapture, synthesis = (tensors([np.concatenate([bank[n][chosen], mixed[n]])])[0] for n in ("recapture", "synthesis"))
    attack = tensors([np.concatenate([attack_target(bank[f"{STUDIED}_logits"][chosen], recipe), attack_target(mixed["logits"], recipe)])])[0]
    loss = (recipe.teacher_weight * F.binary_cross_entropy_with_logits(logits[:, 0] / recipe.temperature, attack)
            + recipe.recapture_weight * masked_bce(logits[:, 1], recapture)
            + recipe.synthesis_weight * masked_bce(logits[:, 2], synthesis))
    targets = tensors(mixed[name] for name in HINTS)
    given = [embedding[count:], *(m[count:].float() for m in maps)]
    hints = [F.mse_loss(g, t) for g, t in zip(given, targets)]
    return loss + recipe.hint_weight * sum(hints), hints


def attack_target(logits, recipe):
    """The teacher's attack probability, softened."""
    return 1 - live_probability(logits / recipe.temperature)


def train(bank, rows, recipe, excluded, cache, net=None, log=print):
    """The averaged network. `excluded` tells for each manifest row whether it is left out; `net` is where to begin."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed + 1000)
    allowed = ~np.asarray(excluded)[bank["row"]]
    weights, mixed = draw_weights(bank, rows, allowed, recipe), MixedViews(cache, excluded)
    net = (net or PadNet()).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.draws // recipe.batch
    views = round(recipe.batch * recipe.views_share)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=0.1)
    average, running = copy.deepcopy(net), np.zeros(4)
    for step in range(steps):
        chosen = rng.choice(len(weights), views, p=weights)
        loss, hints = loss_of(net, bank, chosen, mixed.batch(rng, recipe.batch - views), recipe, rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        update_average(average, net, min(recipe.average, (step + 1) / (step + 10)))
        running += (1 if step == 0 else 0.02) * (np.array([loss.item(), *(h.item() for h in hints)]) - running)
        if step % 200 == 0:
            log(f"step {step}/{steps} loss {running[0]:.4f} hints {running[1:].round(3)}")
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


def write_logits(path, rows, logits):
    """A run's left-out logits: the line of the manifest, then one column a head."""
    lines = [",".join(["row", *HEADS])]
    lines += [",".join([str(row), *(f"{v:.5f}" for v in values)]) for row, values in zip(rows, logits)]
    path.write_text("\n".join(lines) + "\n")
