#!/usr/bin/env python3
"""Export the trained network to ONNX in the operators of crates/infer's own runtime, and check it.

    export.py --weights DIR/cover.pt --out ../../models/face_cover.onnx --golden ../../crates/infer/tests/golden_cover.json

The golden file holds what PyTorch answers for the ramp that crates/infer/tests/models.rs uses; prints size, cost and SHA-256.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[1]))
from model import fold_batch_norms  # noqa: E402
from network import CoverNet  # noqa: E402
from views import CROP  # noqa: E402

TOLERANCE = 1e-4
OPSET = 17
OPERATORS = {"Conv", "Relu", "Add", "Reshape"}


def plain(model):
    """Constants, and weights that the exporter shares between layers, as initialisers: the runtime looks for them there."""
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in [n for n in model.graph.node if n.op_type in ("Constant", "Identity")]:
        tensor = onnx.TensorProto()
        tensor.CopyFrom(node.attribute[0].t if node.op_type == "Constant" else tensors[node.input[0]])
        tensor.name = node.output[0]
        model.graph.initializer.append(tensor)
        model.graph.node.remove(node)
    return model


def multiplications(net):
    """Multiply-adds of the convolutions for one image, in millions."""
    total = []
    hooks = [m.register_forward_hook(lambda m, _, out: total.append(out[0].numel() * m.weight[0].numel()))
             for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        net(torch.zeros(1, 3, CROP.size, CROP.size))
    for hook in hooks:
        hook.remove()
    return sum(total) / 1e6


def ramp():
    """The input of the Rust test: 0 to 250 over 250, in steps of 31."""
    length = 3 * CROP.size * CROP.size
    return (np.arange(length) * 31 % 251 / 250).astype(np.float32).reshape(1, 3, CROP.size, CROP.size)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, type=Path, help="cover.pt of train.py")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--golden", required=True, type=Path)
    options = parser.parse_args()
    net = CoverNet()
    net.load_state_dict(torch.load(options.weights, weights_only=True))
    net.eval()
    macs = multiplications(net)
    folded = CoverNet().eval()
    folded.load_state_dict(net.state_dict())
    fold_batch_norms(folded)
    torch.onnx.export(folded, torch.zeros(1, 3, CROP.size, CROP.size), str(options.out), opset_version=OPSET, dynamo=False,
                      input_names=["image"], output_names=["logits"])
    model = plain(onnx.load(str(options.out)))
    model.doc_string, model.producer_version = "", ""
    onnx.checker.check_model(model)
    unknown = {node.op_type for node in model.graph.node} - OPERATORS
    if unknown:
        raise SystemExit(f"the graph has the operators {sorted(unknown)}; known are {sorted(OPERATORS)}")
    onnx.save(model, str(options.out))
    session = onnxruntime.InferenceSession(str(options.out), providers=["CPUExecutionProvider"])
    rng, worst = np.random.default_rng(0), 0.0
    for image in [ramp(), *rng.random((20, 1, 3, CROP.size, CROP.size), np.float32)]:
        with torch.no_grad():
            expected = net(torch.from_numpy(image)).numpy()
        worst = max(worst, float(np.abs(session.run(None, {"image": image})[0] - expected).max()))
    with torch.no_grad():
        options.golden.write_text(json.dumps([round(v, 5) for v in net(torch.from_numpy(ramp()))[0].tolist()]) + "\n")
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(f"{macs:.2f} M multiply-adds, {options.out.stat().st_size} bytes, onnxruntime differs by {worst:.1e}, sha256 {digest}")
    if worst > TOLERANCE:
        raise SystemExit(f"it differs from PyTorch by more than {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()
