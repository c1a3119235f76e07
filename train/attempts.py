#!/usr/bin/env python3
"""Heads that were tried and do not ship (EXPERIMENTS.md): their left-out logits, for fuse.py to weigh and judge.

    attempts.py --data DIR --faces crops.csv --cache DIR --out OUT VARIANT [NUMBER]
    fuse.py --data DIR --cache OUT --measured measured.csv --scores OUT/oof.csv --out OUT

`--cache` holds what features.py, simulate.py and heads.py wrote; the head on each trunk's own maps stands for what ships.
Variants of recapture, NUMBER being the strength: `decay`; `mirror`, `lit` and `framed`, a penalty on what tells such a picture from the same as it is; `sources`, on what tells the living faces
of one source from those of another; `rest`, `spread` and `depth`, the scale of the features outside the inner half, of
the deviations, and from map to map; `worst`, groups weighed by how badly they are judged (group DRO); `bagging`, the mean of
so many heads, each of three fifths of the sources; `apart`, print and screen each by a head, the worse of both counts; `second`,
the share of a head on the maps of the face detector. Of synthesis: `backbone`, the share of a head on the maps of
EfficientNet-Lite0; `residual`, the share of a head on the finest detail (residuals.py). Of both, alone: `face_landmark`,
`face_embedding`, `face_detection_full_range_sparse`, heads on the maps of another network that ships.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from scipy.linalg import solve

import augment
from crops import Crop, cut
from data import load_image, read_boxes, read_manifest
from heads import DECAY, HEADS, SHARES, SPECIES, image_weights, key, share, signs, train_head
from residuals import residuals
from splits import left_out, read_folds
from trunks import TRUNKS

REAL = SHARES["recapture_by_synthesis"]  # without simulated attacks
PENALTIES = ("mirror", "lit", "framed", "sources")
SCALES = ("rest", "spread", "depth")
# Operation whose outputs are read, scale, size and range of the crop.
OTHERS = {"face_landmark": ("PRelu", Crop(1.5, 192), (0, 1)), "face_embedding": ("Relu", Crop(1.8, 150), (0, 1)),
          "face_detection_full_range_sparse": ("Relu", Crop(2.7, 192), (-1, 1))}
MOST_CHANNELS = 900


class Images:
    """The rows of the manifest that have a face, as arrays."""

    def __init__(self, options):
        self.rows, self.boxes, self.folder = read_manifest(options.data), read_boxes(options.faces), options.data
        self.numbers = [i for i, row in enumerate(self.rows) if row["path"] in self.boxes]
        self.source, self.label, self.species = (np.array([row[k] for row in self.rows]) for k in ("source", "label", "species"))

    def chunk(self, part, values, excluded, species):
        """Features, targets and groups of a pass without the excluded."""
        kept = ~excluded[part["row"]]
        numbers = part["row"][kept]
        groups = np.char.add(self.source[numbers], self.label[numbers])
        return values[kept], np.isin(self.species[numbers], species), groups

    def stacked(self, passes, shares, name, excluded, species):
        """Features, targets, weights and groups of several passes."""
        parts = []
        for part, portion in shares.items():
            x, attack, groups = self.chunk(passes[part], passes[part][name], excluded, species)
            parts.append((x, attack, portion * image_weights(groups, attack), groups))
        x, attack, weights, groups = (np.concatenate(values) for values in zip(*parts))
        return x, attack, weights / weights.sum(), groups

    def measure(self, change, measurement):
        """A pass of its own: what `measurement` says of every face."""
        rng, found = np.random.default_rng(4), []
        for i in self.numbers:
            rgb, box = change(rng, load_image(self.folder, self.rows[i]), self.boxes[self.rows[i]["path"]])
            found.append(measurement(rgb, box))
        return {"row": np.array(self.numbers), "more": np.stack(found).astype(np.float32)}


def linear(head, x):
    return x @ head[:-1] + head[-1]


def scales(variant, strength):
    """A factor for each feature of the trunk recapture."""
    factors = []
    for depth, channels in enumerate(TRUNKS["recapture"].channels):
        for rest, spread in ((False, False), (False, True), (True, False), (True, True)):
            raised = {"rest": strength if rest else 1, "spread": strength if spread else 1, "depth": strength ** (depth - 5)}
            factors.append(np.full(channels, raised[variant]))
    return np.concatenate(factors)


def penalised(images, passes, excluded, variant, strength):
    """The head on recapture with a penalty or with scales."""
    x, attack, weights, groups = images.stacked(passes, REAL, "recapture", excluded, SPECIES["recapture"])
    target, weights = np.where(attack, 1, -1).astype(np.float32), weights.astype(np.float32)
    mean, middle, clean = weights @ x, float(weights @ target), passes["clean"]
    deviation = (np.sqrt(weights @ (x - mean) ** 2) + 1e-3) * np.sqrt(x.shape[1])
    if variant in SCALES:
        deviation = deviation / scales(variant, strength)
    z = (x - mean) / deviation
    gram = (z.T * weights) @ z + (strength if variant == "decay" else DECAY) * np.eye(x.shape[1])
    if variant == "sources":
        means = np.stack([z[groups == g].mean(0) for g in np.unique(groups) if g.endswith("live")])
        means -= means.mean(0)
        gram += strength / len(means) * means.T @ means
    elif variant in PENALTIES:
        place = {number: i for i, number in enumerate(clean["row"])}
        found, as_it_is = passes[variant], np.array([place[number] for number in passes[variant]["row"]])
        apart, hit, groups = images.chunk(found, found["recapture"] - clean["recapture"][as_it_is], excluded, SPECIES["recapture"])
        apart = apart / deviation
        gram += strength * (apart.T * image_weights(groups, hit)) @ apart
    head = solve(gram, z.T @ (weights * (target - middle)), assume_a="pos") / deviation
    return np.append(head, middle - head @ mean)


def drawn(images, passes, excluded, variant, strength):
    """Heads on recapture under other weights."""
    x, attack, first, groups = images.stacked(passes, REAL, "recapture", excluded, SPECIES["recapture"])
    weights, names = first, np.unique([g.removesuffix("live").removesuffix("attack") for g in groups])
    if variant == "worst":
        for _ in range(3):
            head = train_head(x, signs(attack), weights)
            loss = np.maximum(0, 1 - np.where(attack, 1, -1) * (x @ head[:-1] + head[-1])) ** 2
            by_group = {g: np.average(loss[groups == g], weights=first[groups == g]) for g in np.unique(groups)}
            weights = balanced(first * np.exp(strength * np.array([by_group[g] for g in groups])), attack)
        return train_head(x, signs(attack), weights)
    rng, heads = np.random.default_rng(0), []
    for _ in range(int(strength)):
        kept = np.isin(groups, [n + label for n in rng.permutation(names)[: 3 * len(names) // 5] for label in ("live", "attack")])
        heads.append(train_head(x[kept], signs(attack[kept]), balanced(first[kept], attack[kept])))
    return np.mean(heads, 0)


def balanced(weights, attack):
    weights = weights.copy()
    for members in (attack, ~attack):
        weights[members] *= 0.5 / weights[members].sum()
    return weights


def maps_of(name):
    """A measurement: moments of inner maps of another network, evenly chosen."""
    operation, crop, (low, high) = OTHERS[name]
    model = onnx.load(str(Path(__file__).parent / f"../models/{name}.onnx"))
    maps = [node.output[0] for node in model.graph.node if node.op_type == operation]
    del model.graph.output[:]
    model.graph.output.extend(helper.make_empty_tensor_value_info(m) for m in maps)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0].name
    shapes = [v.shape for v in session.run(maps, {source: np.zeros((1, 3, crop.size, crop.size), np.float32)})]
    wide = [(m, s[1]) for m, s in zip(maps, shapes) if len(s) == 4 and s[2] >= 5][::-1]
    step = next(k for k in range(1, len(wide) + 1) if sum(c for _, c in wide[::k]) <= MOST_CHANNELS)
    chosen = [m for m, _ in wide[::step]]

    def measurement(rgb, box):
        values = low + (high - low) * cut(rgb, box, crop).transpose(2, 0, 1)[None].astype(np.float32) / 255
        return np.concatenate([regions(m[0]) for m in session.run(chosen, {source: values})])

    return measurement


def regions(m):
    """Mean and logarithm of the deviation of each channel of (channels, S, S), inner half and rest."""
    edge, inside = m.shape[1] // 4, np.zeros(m.shape[1:], bool)
    inside[edge : m.shape[1] - edge, edge : m.shape[2] - edge] = True
    return np.concatenate([f(m[:, part]) for part in (inside, ~inside) for f in (lambda v: v.mean(1), lambda v: np.log(v.std(1) + 0.02))])


def recoded(rng, rgb, box):
    """What is near the face, scaled down to as little as half and coded again."""
    rgb, box = augment.around(rgb, box, 1.6)
    rgb, box = augment.scale_to(rgb, box, max(rng.uniform(0.5, 1) * augment.face_side(box), 40))
    return augment.jpeg(rng, np.ascontiguousarray(rgb), 60), box


def unchanged(rng, rgb, box):
    return rgb, box


def changed(images, passes, excluded, variant, strength, more, shipped):
    """Both logits of the clean pictures under a variant."""
    clean, recapture, synthesis = passes["clean"], *shipped

    def other(name, source, shares, species, excluded=excluded, decay=DECAY):
        x, attack, weights, _ = images.stacked(source, shares, name, excluded, species)
        head = train_head(x, signs(attack), weights, decay)
        return linear(head, source["clean"][name])

    if variant in OTHERS:
        return tuple(other("more", more, {"clean": 1}, SPECIES[head], decay=3e-5) for head in HEADS)
    if variant == "second":
        second = other("synthesis", passes, REAL, SPECIES["recapture"])
        return (1 - strength) * recapture + strength * second, synthesis
    if variant == "apart":
        one, two = (other("recapture", passes, REAL, (kind,), excluded | (images.species == without))
                    for kind, without in (("print", "screen"), ("screen", "print")))
        return np.maximum(one, two), synthesis
    if variant == "backbone":
        second = other("recapture", passes, SHARES["synthesis_by_synthesis"], SPECIES["synthesis"])
        return recapture, (1 - strength) * synthesis + strength * second
    if variant == "residual":
        photographed_again = np.isin(images.species, SPECIES["recapture"])
        second = other("more", more, {"clean": 0.5, "recoded": 0.5}, SPECIES["synthesis"], excluded | photographed_again, 3e-4)
        return recapture, (1 - strength) * synthesis + strength * second
    learn = drawn if variant in ("worst", "bagging") else penalised
    return linear(learn(images, passes, excluded, variant, strength), clean["recapture"]), synthesis


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces", "--cache", "--out"):
        parser.add_argument(name, required=True, type=Path)
    simple = ("decay", "worst", "bagging", "apart", "second", "backbone", "residual")
    parser.add_argument("variant", choices=(*simple, *PENALTIES, *SCALES, *OTHERS))
    parser.add_argument("strength", nargs="?", type=float, default=1.0)
    options = parser.parse_args()
    images, folds = Images(options), read_folds()
    passes = {name: dict(np.load(options.cache / f"features_{name}.npz")) for name in ("clean", "mirror", "framed", "lit")}
    more = {}
    if options.variant == "residual":
        more = {"clean": images.measure(unchanged, residuals), "recoded": images.measure(recoded, residuals)}
    elif options.variant in OTHERS:
        more = {"clean": images.measure(unchanged, maps_of(options.variant))}
    (options.out / "heads").mkdir(parents=True, exist_ok=True)
    numbers = passes["clean"]["row"]
    for fold in sorted(folds):
        excluded = np.array(left_out(images.rows, fold, folds))
        heads = np.load(options.cache / "heads" / f"fold_{fold}.npz")
        shipped = [linear(heads[key(name, name)], passes["clean"][name]) / share(name, name) for name in HEADS]
        both = changed(images, passes, excluded, options.variant, options.strength, more, shipped)
        lines = [f"{n},{r:.6f},{s:.6f}" for n, r, s, out in zip(numbers, *both, excluded[numbers]) if out]
        (options.out / "heads" / f"fold_{fold}.csv").write_text("\n".join(["row," + ",".join(HEADS), *lines]) + "\n")
        print(f"fold {fold} done", flush=True)


if __name__ == "__main__":
    main()
