#!/usr/bin/env python3
"""How often the verdict flips when nothing about the person changed, with the fold models on their left-out images.

    robustness.py --data DIR --faces crops.csv --cache DIR --calibration out/calibration.json

Reads the fold models that export.py wrote (`pad_fold_K.onnx` under the cache) and weighs the learned signals alone.

Prints for each change of the image the share that flips between LIVE and SPOOF (outside the band of indecision), the
share whose verdict changes at all; then how the separation falls with the size and the sharpness of the face and with
what is left of its surroundings, from which the limits of the signals are taken.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from augment import mirror
from calibrate import MARGIN, OPERATING_POINT, Fusion, Logistic
from crops import CONTEXT, cut
from data import load_image, read_boxes, read_manifest
from metrics import auc
from model import HEADS
from splits import left_out, read_folds


def shifted(rgb, box):
    return rgb, box + 0.02 * (box[2] - box[0])


def recoded(rgb, box):
    _, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1]), box


def smaller(rgb, box):
    small = cv2.resize(rgb, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    return small, box * np.tile((small.shape[1] / rgb.shape[1], small.shape[0] / rgb.shape[0]), 2)


def brighter(rgb, box):
    """A stop more light: twice the linear value."""
    table = (np.clip(2 * (np.arange(256) / 255) ** 2.2, 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)
    return table[rgb], box


def tight(scale):
    """What is left of the surroundings within `scale` face sides, where there is so much."""
    def change(rgb, box):
        room = (scale - 1) / 2 * (box[2:] - box[:2])
        x0, y0 = np.maximum(box[:2] - room, 0).astype(int)
        x1, y1 = (box[2:] + room).astype(int)
        return np.ascontiguousarray(rgb[y0:y1, x0:x1]), box - (x0, y0, x0, y0)
    return change


CHANGES = {"as taken": lambda rgb, box: (rgb, box), "moved by 2% of the face": shifted, "mirrored": mirror,
           "JPEG quality 80": recoded, "scaled to 70%": smaller, "a stop brighter": brighter}


def sized(side):
    """The face `side` pixels tall and wide at most; smaller ones stay as they are."""
    def change(rgb, box):
        factor = min(1.0, side / max(box[2] - box[0], box[3] - box[1]))
        small = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return small, box * np.tile((small.shape[1] / rgb.shape[1], small.shape[0] / rgb.shape[0]), 2)
    return change


def blurred(share):
    """A Gaussian blur whose deviation is `share` of the face's longer side."""
    return lambda rgb, box: (cv2.GaussianBlur(rgb, (0, 0), share * max(box[2] - box[0], box[3] - box[1])), box)


LIMITS = {**{f"face of {side} px": sized(side) for side in (128, 96, 64, 48, 32, 24, 16)},
          **{f"cut to {scale:.1f} faces": tight(scale) for scale in (1.1, 1.3, 1.6, 2.0)},
          **{f"blurred by {100 * share:.1f}%": blurred(share) for share in (0.005, 0.01, 0.02, 0.04)}}


def open_model(path):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def logits_of(session, crops):
    images = np.ascontiguousarray(crops.transpose(0, 3, 1, 2)).astype(np.float32) / 255
    return np.concatenate([session.run(["logits"], {"image": image[None]})[0] for image in images])


def confidences(session, calibration, crops):
    logits, signals = logits_of(session, crops), []
    for described in calibration["signals"].values():
        columns = -np.stack([logits[:, HEADS.index(head)] for head in described["inputs"]], axis=1)
        signals.append(Logistic(np.array(described["weights"]), described["bias"]).probability(columns))
    profile = calibration["learned_alone"]
    fusion = Fusion(np.array(list(profile["weights"].values())), profile["operating_score"])
    return fusion.confidence(np.stack(signals, axis=1))


def verdicts(confidence):
    """-1 SPOOF, 0 INCONCLUSIVE, 1 LIVE."""
    distance = confidence - OPERATING_POINT
    return np.where(np.abs(distance) <= MARGIN, 0, np.sign(distance)).astype(int)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces", "--cache", "--calibration"):
        parser.add_argument(name, required=True, type=Path)
    options = parser.parse_args()
    rows, boxes, folds = read_manifest(options.data), read_boxes(options.faces), read_folds()
    calibration = json.loads(options.calibration.read_text())
    changes = CHANGES | LIMITS
    found, live = {name: [] for name in changes}, []
    for fold in sorted(folds):
        session = open_model(options.cache / f"pad_fold_{fold}.onnx")
        # stylegan_faces comes from fold 4 alone, where it is wholly left out.
        mine = [r for r, out in zip(rows, left_out(rows, fold, folds))
                if out and r["path"] in boxes and (r["source"] != "stylegan_faces" or fold == 4)]
        crops = {name: [] for name in changes}
        for row in mine:
            rgb, box = load_image(options.data, row), boxes[row["path"]]
            for name, change in changes.items():
                crops[name].append(cut(*change(rgb, box), CONTEXT))
            live.append(row["label"] == "live")
        for name, values in crops.items():
            found[name].append(confidences(session, calibration, np.stack(values)))
    live, base = np.array(live), verdicts(np.concatenate(found["as taken"]))
    print(f"{'':26} {'flips':>7} {'changes':>8} {'live not LIVE':>14} {'attack LIVE':>12} {'AUC':>6}")
    for name, parts in found.items():
        confidence = np.concatenate(parts)
        now = verdicts(confidence)
        print(f"{name:26} {100 * np.mean(now * base == -1):6.1f}% {100 * np.mean(now != base):7.1f}% "
              f"{100 * np.mean(now[live] < 1):13.1f}% {100 * np.mean(now[~live] == 1):11.1f}% "
              f"{auc(confidence[live], confidence[~live]):6.3f}")


if __name__ == "__main__":
    main()
