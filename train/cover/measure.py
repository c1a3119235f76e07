#!/usr/bin/env python3
"""Score the development pictures as they are, without paint, with the exported model.

    measure.py --data DIR --boxes crops.csv --cache DIR --model ../../models/face_cover.onnx [--list N]

Only sources that the model never saw count. Covered are the pictures of which real.csv says so; bare are all others of
faces.npz, every one of which was looked at, less the `unsure` ones. Prints for each class the quantiles over bare faces,
AUC, and at the limit of 0.5 and at 1% false alarms on live pictures how many covers are found; `--list` names the worst.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.append(str(Path(__file__).resolve().parents[1]))
from crops import cut  # noqa: E402
from data import load_image, read_boxes, read_manifest  # noqa: E402
from metrics import auc  # noqa: E402
from train import left_out_sources  # noqa: E402
from views import CLASSES, CROP, read_real  # noqa: E402


def probabilities(session, rgb, box):
    tensor = cut(rgb, box, CROP).transpose(2, 0, 1)[None].astype(np.float32) / 255
    return 1 / (1 + np.exp(-session.run(None, {"image": tensor})[0][0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--boxes", required=True, type=Path)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--list", type=int, default=0)
    options = parser.parse_args()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(options.model), settings, providers=["CPUExecutionProvider"])
    boxes, real, out = read_boxes(options.boxes), read_real(), left_out_sources()
    looked_at = set(np.load(options.cache / "faces.npz")["path"])
    rows = [r for r in read_manifest(options.data) if r["source"] in out and r["path"] in looked_at]
    rows = [r for r in rows if "unsure" not in real.get(r["path"], ())]
    scores = np.stack([probabilities(session, load_image(options.data, r), boxes[r["path"]]) for r in rows])
    live = np.array([r["label"] == "live" for r in rows])
    print(f"{len(rows)} pictures of {len(out)} left-out sources, {live.sum()} of them live")
    print(f"{'class':12}{'with':>5}{'AUC':>7}{'live median':>13}{'live 99%':>10}{'all 99%':>9}{'false at .5':>12}{'found at .5':>12}{'found at 1%':>12}")
    for i, name in enumerate(CLASSES):
        covered = np.array([name in real.get(r["path"], ()) for r in rows])
        bare, bare_live, positive = scores[~covered, i], scores[~covered & live, i], scores[covered, i]
        limit = np.quantile(bare_live, 0.99)
        print(f"{name:12}{covered.sum():5}{auc(positive, bare):7.3f}{np.median(bare_live):13.3f}{limit:10.3f}{np.quantile(bare, 0.99):9.3f}"
              f"{np.mean(bare > 0.5):12.4f}{np.sum(positive > 0.5):12}{np.sum(positive > limit):12}")
        for k in np.argsort(-np.where(covered, 0, scores[:, i]))[: options.list]:
            print(f"    {scores[k, i]:.3f} {rows[k]['path']}")


if __name__ == "__main__":
    main()
