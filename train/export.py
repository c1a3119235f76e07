#!/usr/bin/env python3
"""Export what was trained on everything to one ONNX file, and check it against PyTorch.

    export.py --cache DIR --network NAME --heads NAME NAME --detector face_detection_short_range.onnx --out pad_context.onnx

The file takes `image` (1, 3, 80, 80), RGB in [0, 1], and gives `logits` (1, 3) in the order of model.HEADS, the weighted mean
of the network's and of the fixed features', and `contributions` (1, 3, 5, 5): what each place of the crop adds to each logit by
way of the network. Its last layers are linear, so its logits are their sums and a constant: a class activation map (Zhou et
al., 2016) that is exact. The fixed features are averages over regions and have no map.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from fixed import FixedNet
from heads import load_heads
from model import HEADS, SIZE, fold_batch_norms, load

TOLERANCE = 1e-3
OPSET = 17
NETWORK_SHARE = torch.tensor([[0.5, 0.5, 0.2]])  # of each mean logit; all.sh gives fuse.py the same


class Exported(nn.Module):
    """A PadNet taken apart by place, and a FixedNet."""

    def __init__(self, net, fixed):
        super().__init__()
        kernel, norm = net.pool[0].weight[:, 0], net.pool[1]
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        self.stages, self.fixed = fold_batch_norms(net.stages), fixed
        self.place = nn.Parameter((kernel * gain[:, None, None])[None])
        self.head = nn.Conv2d(len(gain), len(HEADS), 1, bias=False)
        self.head.weight.data = (net.heads.weight.data * NETWORK_SHARE.T)[:, :, None, None].clone()
        constant = net.heads.bias + net.heads.weight @ (norm.bias - norm.running_mean * gain)
        self.constant = nn.Parameter(constant[None] * NETWORK_SHARE)
        self.fixed_share = nn.Parameter(1 - NETWORK_SHARE)

    def forward(self, image):
        contributions = self.head(self.stages((image - 0.5) * 4.0) * self.place)
        logits = contributions.sum((2, 3)) + self.constant + self.fixed_share * self.fixed(image)
        return logits, contributions


def fold_constants(path):
    """Rewrite the file without the shape arithmetic that the exporter leaves; a session of the result."""
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    settings.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), settings, providers=["CPUExecutionProvider"])
    model = onnx.load(str(path))
    pad_inside_convolutions(model.graph)
    onnx.save(model, str(path))
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def pad_inside_convolutions(graph):
    """Give each convolution the zero padding before it: one operation and one copy less."""
    constants = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    users = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for pad in [n for n in graph.node if n.op_type == "Pad"]:
        amounts, after = constants[pad.input[1]], users[pad.output[0]]
        if amounts[[0, 1, 4, 5]].any() or any(n.op_type != "Conv" for n in after):
            continue
        for node in after:
            pads = next(a for a in node.attribute if a.name == "pads")
            pads.ints[:] = np.add(pads.ints, amounts[[2, 3, 6, 7]]).tolist()
            node.input[0] = pad.input[0]
        graph.node.remove(pad)


def load_fixed(options):
    saved = [torch.load(options.cache / "runs" / name / f"fold_{options.fold}.pt", weights_only=False) for name in options.heads]
    return FixedNet(options.detector, SIZE, [(load_heads(s), s["mean"], s["deviation"]) for s in saved]).eval()


@torch.no_grad()
def expected(net, fixed, image):
    x = torch.from_numpy(image)
    return (NETWORK_SHARE * net(x) + (1 - NETWORK_SHARE) * fixed(x)).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--cache", "--detector", "--out"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--network", required=True)
    parser.add_argument("--heads", nargs="+", required=True)
    parser.add_argument("--fold", type=int, default=0, help="0, the default, was trained on everything")
    options = parser.parse_args()
    net = load(options.cache, options.network, options.fold)
    exported = Exported(load(options.cache, options.network, options.fold), load_fixed(options)).eval()
    torch.onnx.export(exported, torch.rand(1, 3, SIZE, SIZE), str(options.out), opset_version=OPSET, dynamo=False,
                      input_names=["image"], output_names=["logits", "contributions"])
    session = fold_constants(options.out)
    onnx.checker.check_model(onnx.load(str(options.out)))
    crops = np.load(sorted(options.cache.glob("clean_*.npz"))[0])["crop"][::40]
    images = np.ascontiguousarray(crops.transpose(0, 3, 1, 2)).astype(np.float32) / 255
    worst = max(float(np.abs(session.run(["logits"], {"image": x[None]})[0] - expected(net, exported.fixed, x[None])).max()) for x in images)
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(f"{options.out.name}: {options.out.stat().st_size} bytes, onnxruntime differs from PyTorch by {worst:.1e}, sha256 {digest}")
    if worst > TOLERANCE:
        raise SystemExit(f"differs from PyTorch by {worst:.1e}; at most {TOLERANCE:.0e} is accepted")


if __name__ == "__main__":
    main()
