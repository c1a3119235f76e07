#!/usr/bin/env python3
"""Export the networks trained on everything to ONNX, seeds averaged inside the graph, and check them.

    export.py --cache DIR --out out --context NAME [NAME ...] --texture NAME [NAME ...]

Each file takes `image` (1, 3, size, size), RGB in [0, 1], and gives `logits` (1, 3) in the order of model.HEADS.
"""

import argparse
import copy
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from crops import CONTEXT, TEXTURE
from model import build

TOLERANCE = 1e-4
OPSET = 17
SIZES = {"context": CONTEXT.size, "texture": TEXTURE.size}


class Mean(nn.Module):
    """The mean logits of networks trained from different seeds."""

    def __init__(self, nets):
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, image):
        return torch.stack([net(image) for net in self.nets]).mean(0) if len(self.nets) > 1 else self.nets[0](image)


def fold_batch_norms(module):
    """Merge every Conv2d with the BatchNorm2d after it, in place."""
    for child in module.children():
        if isinstance(child, nn.Sequential):
            for i in range(len(child) - 1):
                if isinstance(child[i], nn.Conv2d) and isinstance(child[i + 1], nn.BatchNorm2d):
                    child[i], child[i + 1] = fuse_conv_bn_eval(child[i], child[i + 1]), nn.Identity()
        fold_batch_norms(child)
    return module


def load(cache, name, branch, fold=0):
    net = build(branch)
    net.load_state_dict(torch.load(cache / "runs" / name / f"fold_{fold}.pt", weights_only=True))
    return net.eval()


def export(nets, size, path):
    """Write the file and return the largest difference from the untouched networks."""
    module = Mean([fold_batch_norms(copy.deepcopy(net)) for net in nets]).eval()
    torch.onnx.export(module, torch.zeros(1, 3, size, size), str(path), opset_version=OPSET, dynamo=False,
                      input_names=["image"], output_names=["logits"])
    onnx.checker.check_model(onnx.load(str(path)))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst, rng = 0.0, np.random.default_rng(0)
    for _ in range(20):
        image = rng.random((1, 3, size, size), np.float32)
        with torch.no_grad():
            expected = torch.stack([net(torch.from_numpy(image)) for net in nets]).mean(0).numpy()
        worst = max(worst, float(np.abs(session.run(None, {"image": image})[0] - expected).max()))
    return worst


def multiplications(net, size):
    """Multiply-adds of the convolutions for one image, in millions."""
    total = []
    hooks = [m.register_forward_hook(lambda m, _, out: total.append(out[0].numel() * m.weight[0].numel()))
             for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        net(torch.zeros(1, 3, size, size))
    for hook in hooks:
        hook.remove()
    return sum(total) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--context", nargs="+", default=[], help="runs whose fold 0 is averaged")
    parser.add_argument("--texture", nargs="+", default=[])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for branch, names in (("context", options.context), ("texture", options.texture)):
        if not names:
            continue
        nets = [load(options.cache, name, branch) for name in names]
        path = options.out / f"pad_{branch}.onnx"
        worst = export(nets, SIZES[branch], path)
        macs = sum(multiplications(net, SIZES[branch]) for net in nets)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path.name}: {len(nets)} networks, {macs:.1f} M multiply-adds, {path.stat().st_size} bytes, "
              f"onnxruntime differs by {worst:.1e}, sha256 {digest}")
        if worst > TOLERANCE:
            raise SystemExit(f"{path.name} differs from PyTorch by {worst:.1e}; at most {TOLERANCE:.0e} is accepted")


if __name__ == "__main__":
    main()
