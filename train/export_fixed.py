#!/usr/bin/env python3
"""Export a run of heads.py (its fold 0) as one ONNX graph from the context crop to logits, and check it.

    export_fixed.py --cache DIR --name NAME --detector face_detection_short_range.onnx --out out/pad_context.onnx

Input `image` (1, 3, 80, 80), RGB in [0, 1]; output `logits` (1, 3) in the order of model.HEADS.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from crops import CONTEXT
from export import OPSET, TOLERANCE
from fixed import FixedNet
from heads import POOLED_AND_COSINE, load_heads


def fold_constants(path):
    """Rewrite the file without the shape arithmetic that the exporter leaves; a session of the result."""
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    settings.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), settings, providers=["CPUExecutionProvider"])
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--cache", "--detector", "--out"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--fold", type=int, default=0)
    options = parser.parse_args()
    saved = torch.load(options.cache / "runs" / options.name / f"fold_{options.fold}.pt", weights_only=False)
    net = FixedNet(options.detector, CONTEXT.size, saved["mean"], saved["deviation"], load_heads(saved)).eval()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(net, torch.rand(1, 3, CONTEXT.size, CONTEXT.size), str(options.out), opset_version=OPSET,
                      dynamo=False, input_names=["image"], output_names=["logits"])
    session = fold_constants(options.out)
    onnx.checker.check_model(onnx.load(str(options.out)))
    clean = np.load(sorted(options.cache.glob("clean_*.npz"))[0])
    known = np.load(sorted(options.cache.glob("features_clean_*.npz"))[0])
    worst, far = 0.0, 0.0
    for i in range(0, len(clean["row"]), 100):
        image = clean["context"][i : i + 1].transpose(0, 3, 1, 2).astype(np.float32) / 255
        with torch.no_grad():
            expected = net(torch.from_numpy(image)).numpy()
            x = (known["context"][i : i + 1, :POOLED_AND_COSINE] - saved["mean"]) / saved["deviation"]
            trained = net.head(torch.from_numpy(np.clip(x, -5, 5))).numpy()
        given = session.run(None, {"image": image})[0]
        worst, far = max(worst, float(np.abs(given - expected).max())), max(far, float(np.abs(given - trained).max()))
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(f"{options.out.name}: {options.out.stat().st_size} bytes, onnxruntime differs from PyTorch by {worst:.1e}, "
          f"from the features that trained it by {far:.1e}, sha256 {digest}")
    if worst > TOLERANCE:
        raise SystemExit(f"{options.out.name} differs from PyTorch by {worst:.1e}; at most {TOLERANCE:.0e} is accepted")


if __name__ == "__main__":
    main()
