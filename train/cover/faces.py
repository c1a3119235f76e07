#!/usr/bin/env python3
"""Cut a window around every face and find its 468 landmarks with Lifesign's own mesh model.

    faces.py --data DIR --boxes crops.csv --mesh ../../models/face_landmark.onnx --cache DIR [--most 110]

Writes DIR/faces.npz: `path`, `window` (SIDE x SIDE pixels of REACH face sides around the face, edges repeated),
`inside` (the part of the window that lies in the picture) and `mesh` (468 x 2, pixels of the window). Local use only:
it holds pictures of people.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

sys.path.append(str(Path(__file__).resolve().parents[1]))
import augment  # noqa: E402
from data import load_image, read_boxes, read_manifest  # noqa: E402

SIDE = 192  # pixels of the window: twice what the network sees, to be degraded on the way
REACH = 2.2  # face sides: room to shift and shrink the network's crop of 1.6
MESH_SIDE = 192
MESH_MARGIN = 1.4  # face extents in the mesh model's input
EYES = (33, 263)  # outer corners; the mesh model wants them level


def matrix(centre, side, degrees, size):
    """The affine map from pixels of the picture to a square of `size` pixels around `centre`."""
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), degrees, size / side)
    turn[:, 2] += size / 2 - np.asarray(centre)
    return turn


def landmarks(session, rgb, box):
    """(468, 2) in pixels of the picture: once upright, then once more with level eyes."""
    centre, side, degrees = (box[:2] + box[2:]) / 2, MESH_MARGIN * (box[2:] - box[:2]).max(), 0.0
    for _ in range(2):
        to_input = matrix(centre, side, degrees, MESH_SIDE)
        crop = cv2.warpAffine(rgb, to_input, (MESH_SIDE, MESH_SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        tensor = crop.transpose(2, 0, 1)[None].astype(np.float32) / 255
        points = session.run(["landmarks"], {session.get_inputs()[0].name: tensor})[0].reshape(468, 3)[:, :2]
        back = cv2.invertAffineTransform(to_input)
        points = points @ back[:, :2].T + back[:, 2]
        first, second = points[list(EYES)]
        degrees = np.degrees(np.arctan2(second[1] - first[1], second[0] - first[0]))
        low, high = points.min(0), points.max(0)
        centre, side = (low + high) / 2, MESH_MARGIN * (high - low).max()
    return points


def window(rgb, points):
    """The window around a mesh, the part of it inside the picture, and the mesh in its pixels."""
    low, high = points.min(0), points.max(0)
    to_window = matrix((low + high) / 2, REACH * (high - low).max(), 0.0, SIDE)
    shrink = to_window[0, 0]
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.4 / shrink) if shrink < 0.7 else rgb
    pixels = cv2.warpAffine(soft, to_window, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    corners = np.array([[0, 0], [rgb.shape[1], rgb.shape[0]]]) @ to_window[:, :2].T + to_window[:, 2]
    inside = np.clip([*corners[0], *corners[1]], 0, SIDE)
    return pixels, inside, points @ to_window[:, :2].T + to_window[:, 2]


def thinned(rows, most):
    """At most so many pictures of each set, evenly spread over it: its frames follow one another."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["set"]].append(row)
    return [group[int(i * len(group) / min(most, len(group)))] for group in groups.values() for i in range(min(most, len(group)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--boxes", required=True, type=Path)
    parser.add_argument("--mesh", required=True, type=Path)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--most", type=int, default=110, help="pictures of one set")
    options = parser.parse_args()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(options.mesh), settings, providers=["CPUExecutionProvider"])
    cv2.setNumThreads(1)
    boxes = read_boxes(options.boxes)
    rows = [row for row in read_manifest(options.data) if row["path"] in boxes]
    columns = {"path": [], "window": [], "inside": [], "mesh": []}
    for row in thinned(rows, options.most):
        rgb, box = augment.around(load_image(options.data, row), boxes[row["path"]], 3.0)
        values = (row["path"], *window(rgb, landmarks(session, rgb, box)))
        for name, value in zip(columns, values):
            columns[name].append(value)
    arrays = {name: np.array(values) if name == "path" else np.stack(values) for name, values in columns.items()}
    arrays["inside"], arrays["mesh"] = arrays["inside"].astype(np.float32), arrays["mesh"].astype(np.float32)
    options.cache.mkdir(parents=True, exist_ok=True)
    np.savez(options.cache / "faces.npz", **arrays)
    print(f"{len(arrays['path'])} faces")


if __name__ == "__main__":
    main()
