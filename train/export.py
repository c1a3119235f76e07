#!/usr/bin/env python3
"""Export the networks trained on everything to one ONNX file, runs averaged inside the graph, and check it.

    export.py --cache DIR --runs NAME [NAME ...] --out ../models/pad_context.onnx

The file takes `image` (1, 3, 80, 80), RGB in [0, 1], and gives `logits` (1, 3) in the order of model.HEADS and
`contributions` (1, 3, 5, 5): what each place of the crop adds to each logit. The last layers are linear, so the logits
are their sums and a constant: a class activation map (Zhou et al., 2016) that is exact, not an approximation.
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

from model import HEADS, SIZE
from robustness import load

TOLERANCE = 1e-4
OPSET = 17


class Explained(nn.Module):
    """The mean of networks of different seeds, its last layers taken apart by place."""

    def __init__(self, nets):
        super().__init__()
        self.nets = nn.ModuleList(nets)
        self.places, self.heads, constants = nn.ParameterList(), nn.ModuleList(), []
        for net in nets:
            kernel, norm = net.pool[0].weight[:, 0], net.pool[1]
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            self.places.append(nn.Parameter((kernel * gain[:, None, None])[None] / len(nets)))
            head = nn.Conv2d(len(gain), len(HEADS), 1, bias=False)
            head.weight.data = net.heads.weight.data[:, :, None, None].clone()
            self.heads.append(head)
            constants.append(net.heads.bias + net.heads.weight @ (norm.bias - norm.running_mean * gain))
        self.constant = nn.Parameter(torch.stack(constants).mean(0)[None])

    def forward(self, image):
        x = (image - 0.5) * 4.0
        parts = [head(net.maps(x)[1] * place) for net, place, head in zip(self.nets, self.places, self.heads)]
        contributions = parts[0]
        for part in parts[1:]:
            contributions = contributions + part
        return contributions.sum((2, 3)) + self.constant, contributions


def fold_batch_norms(module):
    """Merge every Conv2d with the BatchNorm2d after it, in place."""
    for child in module.children():
        if isinstance(child, nn.Sequential):
            for i in range(len(child) - 1):
                if isinstance(child[i], nn.Conv2d) and isinstance(child[i + 1], nn.BatchNorm2d):
                    child[i], child[i + 1] = fuse_conv_bn_eval(child[i], child[i + 1]), nn.Identity()
        fold_batch_norms(child)
    return module


def export(nets, path):
    """Write the file and return the largest difference from the untouched networks."""
    module = Explained([copy.deepcopy(net) for net in nets])
    for net in module.nets:
        fold_batch_norms(net.stages)
        del net.pool, net.heads, net.imitate, net.imitate_maps
    module.eval()
    torch.onnx.export(module, torch.zeros(1, 3, SIZE, SIZE), str(path), opset_version=OPSET, dynamo=False,
                      input_names=["image"], output_names=["logits", "contributions"])
    onnx.checker.check_model(onnx.load(str(path)))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst, rng = 0.0, np.random.default_rng(0)
    for _ in range(20):
        image = rng.random((1, 3, SIZE, SIZE), np.float32)
        with torch.no_grad():
            expected = torch.stack([net(torch.from_numpy(image)) for net in nets]).mean(0).numpy()
        logits, _ = session.run(None, {"image": image})
        worst = max(worst, float(np.abs(logits - expected).max()))
    return worst


def multiplications(net):
    """Multiply-adds of the convolutions for one image, in millions."""
    total = []
    hooks = [m.register_forward_hook(lambda m, _, out: total.append(out[0].numel() * m.weight[0].numel()))
             for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        net(torch.zeros(1, 3, SIZE, SIZE))
    for hook in hooks:
        hook.remove()
    return sum(total) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--runs", nargs="+", required=True, help="runs whose fold 0 is averaged")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    nets = [load(options.cache, name, 0) for name in options.runs]
    worst, macs = export(nets, options.out), sum(multiplications(net) for net in nets)
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(f"{options.out.name}: {len(nets)} networks, {macs:.1f} M multiply-adds, {options.out.stat().st_size} bytes, "
          f"onnxruntime differs by {worst:.1e}, sha256 {digest}")
    if worst > TOLERANCE:
        raise SystemExit(f"{options.out.name} differs from PyTorch by {worst:.1e}; at most {TOLERANCE:.0e} is accepted")


if __name__ == "__main__":
    main()
