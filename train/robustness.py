#!/usr/bin/env python3
"""How often the verdict flips when nothing about the person changed, with the fold models on their left-out images.

    robustness.py --data DIR --faces crops.csv --clips DIR --cache DIR --calibration out/calibration.json [--every 3]

Weighs the learned signals alone, on every third image as it comes.

Prints for each change of the image the share that flips between LIVE and SPOOF (outside the band of indecision), the
share whose verdict changes at all; then how the separation falls with the size and the sharpness of the face and with
what is left of its surroundings, from which the limits of the signals are taken. Then what is said of the stills of clips
(clips.py) that the fold's model never saw.
"""

import argparse
import json
from pathlib import Path

import augment
import cv2
import numpy as np
from calibrate import MARGIN, OPERATING_POINT, Fusion, Logistic
from data import load_image, read_boxes, read_manifest
from features import cut_around, features_of, lit, open_trunks
from heads import logits
from metrics import auc
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
    return lit(rgb, 1), box


def upright(rgb, box):
    """The middle of the picture, 9 : 16, as a telephone held upright shows it; the face stays whole."""
    height, width = rgb.shape[:2]
    wanted = min(max(9 / 16 * height, 1.2 * (box[2] - box[0])), width)
    left = min(max((box[0] + box[2] - wanted) / 2, 0), width - wanted)
    return augment.window(rgb, box, left, 0, left + wanted, height)


def tight(scale):
    """What is left of the surroundings within `scale` face sides, where there is so much."""
    return lambda rgb, box: cut_around(rgb, box, scale)


CHANGES = {"as taken": lambda rgb, box: (rgb, box), "moved by 2% of the face": shifted, "mirrored": augment.mirror,
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


def tilted(degrees):
    """The picture turned about the face, which is taken for an ellipse; what is missing in the corners is repeated."""
    def change(rgb, box):
        if degrees == 90:
            return np.ascontiguousarray(np.rot90(rgb)), np.array([box[1], rgb.shape[1] - box[2], box[3], rgb.shape[1] - box[0]])
        centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
        matrix = cv2.getRotationMatrix2D(tuple(map(float, centre)), degrees, 1.0)
        turned = cv2.warpAffine(rgb, matrix, rgb.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        c, d = np.cos(np.radians(degrees)) * half, np.sin(np.radians(degrees)) * half
        half = np.hypot(c, d[::-1])
        return turned, np.concatenate([centre - half, centre + half])
    return change


LIMITS = {**{f"face of {side} px": sized(side) for side in (128, 96, 64, 48, 32, 24, 16)},
          **{f"cut to {scale:.1f} faces": tight(scale) for scale in (1.1, 1.3, 1.6, 2.0)},
          "cut to an upright 9 : 16": upright,
          **{f"tilted by {degrees} degrees": tilted(degrees) for degrees in (15, 30, 45, 90)},
          **{f"blurred by {100 * share:.1f}%": blurred(share) for share in (0.005, 0.01, 0.02, 0.04)}}


def confidences(heads, calibration, found):
    signals = []
    for described in calibration["signals"].values():
        logistic = Logistic(np.array([described["weight"]]), described["bias"])
        signals.append(logistic.probability(-logits(heads, described["head"], found)[:, None]))
    profile = calibration["learned_alone"]
    fusion = Fusion(np.array(list(profile["weights"].values())), profile["operating_score"])
    return fusion.confidence(np.stack(signals, axis=1))


def joined(features):
    """Features of several faces, by trunk."""
    return {trunk: np.stack([found[trunk] for found in features]) for trunk in features[0]}


def verdicts(confidence):
    """-1 SPOOF, 0 INCONCLUSIVE, 1 LIVE."""
    distance = confidence - OPERATING_POINT
    return np.where(np.abs(distance) <= MARGIN, 0, np.sign(distance)).astype(int)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--faces", "--clips", "--cache", "--calibration"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of changes; all when left out")
    options = parser.parse_args()
    rows, boxes, folds = read_manifest(options.data), read_boxes(options.faces), read_folds()
    calibration, sessions = json.loads(options.calibration.read_text()), open_trunks(options.cache)
    changes = {name: change for name, change in (CHANGES | LIMITS).items() if name == "as taken" or name in (options.only or CHANGES | LIMITS)}
    clips, clip_boxes = read_manifest(options.clips), read_boxes(options.clips / "crops.csv")
    found, live, stills = {name: [] for name in changes}, [], {}
    for fold in sorted(folds):
        # stylegan_faces comes from fold 4 alone, where it is wholly left out.
        mine = [r for r, out in zip(rows, left_out(rows, fold, folds))
                if out and r["path"] in boxes and (r["source"] != "stylegan_faces" or fold == 4)][:: options.every]
        features = {name: [] for name in changes}
        for row in mine:
            rgb, box = load_image(options.data, row), boxes[row["path"]]
            for name, change in changes.items():
                features[name].append(features_of(sessions, *change(rgb, box)))
            live.append(row["label"] == "live")
        heads = np.load(options.cache / "heads" / f"fold_{fold}.npz")
        for name, values in features.items():
            found[name].append(confidences(heads, calibration, joined(values)))
        shown = [r for r, out in zip(clips, left_out(clips, fold, folds)) if out and r["path"] in clip_boxes]
        for clip in {(r["set"], r["label"]) for r in shown}:
            values = [features_of(sessions, load_image(options.clips, r), clip_boxes[r["path"]]) for r in shown if r["set"] == clip[0]]
            stills[clip] = verdicts(confidences(heads, calibration, joined(values)))
    live, base = np.array(live), verdicts(np.concatenate(found["as taken"]))
    print(f"{'':26} {'flips':>7} {'changes':>8} {'live not LIVE':>14} {'attack LIVE':>12} {'AUC':>6}")
    for name, parts in found.items():
        confidence = np.concatenate(parts)
        now = verdicts(confidence)
        print(f"{name:26} {100 * np.mean(now * base == -1):6.1f}% {100 * np.mean(now != base):7.1f}% "
              f"{100 * np.mean(now[live] < 1):13.1f}% {100 * np.mean(now[~live] == 1):11.1f}% "
              f"{auc(confidence[live], confidence[~live]):6.3f}")
    for (clip, label), now in sorted(stills.items()):
        print(f"{clip:26} {label:6} {len(now):3} stills, LIVE {100 * np.mean(now == 1):3.0f}%, SPOOF {100 * np.mean(now == -1):3.0f}%")


if __name__ == "__main__":
    main()
