#!/usr/bin/env python3
"""The live probability of images by an ONNX model, as Pillow and onnxruntime compute it.

It cuts the crop of train/crops.py around the face that `lifesign check --json` found, and so gives
the golden numbers of crates/engine/tests/pipeline/external_model.rs:

    lifesign check --json crates/engine/tests/data/grace_hopper_80.png |
      tools/score_with_onnxruntime.py minifasnet_v2_2.7.onnx --crop-scale 2.7

Defaults are those of MiniFASNet: BGR planes of 0 to 255, a softmax, class 1 is live.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).parent.parent / "train"))
from crops import Crop, cut  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="ONNX file with one square NCHW input and one row of logits")
    parser.add_argument("--crop-scale", type=float, required=True)
    parser.add_argument("--colour-order", choices=("bgr", "rgb"), default="bgr")
    parser.add_argument("--index", type=int, default=1, help="place of the live class")
    args = parser.parse_args()
    session = onnxruntime.InferenceSession(args.model, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    crop = Crop(scale=args.crop_scale, size=taken.shape[2])
    for line in sys.stdin:
        result = json.loads(line)
        box = result["face"]["box"]
        extent = (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
        with Image.open(result["file"]) as image:
            rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        pixels = cut(rgb, extent, crop)
        planes = pixels if args.colour_order == "rgb" else pixels[:, :, ::-1]
        values = np.ascontiguousarray(planes.transpose(2, 0, 1)[None].astype(np.float32))
        logits = session.run(None, {taken.name: values})[0].ravel().astype(np.float64)
        powers = np.exp(logits - logits.max())
        print(f"{result['file']}: {powers[args.index] / powers.sum():.6f}")


if __name__ == "__main__":
    main()
