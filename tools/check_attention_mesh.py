#!/usr/bin/env python3
"""Compare the mesh with attention with MediaPipe's own pipeline on the samples.

The TFLite interpreter lacks the model's custom operators, so the check goes from end to end:
MediaPipe's FaceMesh with refine_landmarks=True finds 478 points; the ONNX model sees the crop
that FaceMesh would cut (eyes level, 1.5 times the detection's longer side) and its irises, mesh
and presence must agree within TOLERANCE of the inter-ocular distance. MediaPipe samples the
crop with its own rounding, hence the tolerance.
"""

import sys
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np
import onnxruntime
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
MODEL = REPOSITORY / "models" / "face_landmark_with_attention.onnx"
SAMPLES = ("astronaut.jpg", "grace_hopper.jpg", "astronaut_rolled.jpg")
SIZE = 192
TOLERANCE = 0.02
# Left and right as the model has them: in the picture, not the subject's.
LEFT_IRIS, RIGHT_IRIS = slice(468, 473), slice(473, 478)
OUTER_EYE_CORNERS = (33, 263)
# Mesh points that the refinement leaves as the coarse mesh has them.
UNREFINED = (1, 4, 5, 6, 10, 50, 152, 168, 195, 234, 280, 454)


def crop_corners(detection, width, height):
    """Upper left, upper right, lower left corner of the face's square in pixels."""
    location = detection.location_data
    box = location.relative_bounding_box
    right, left = (np.array([p.x * width, p.y * height]) for p in location.relative_keypoints[:2])
    roll = np.arctan2(*(left - right)[::-1])
    centre = np.array([box.xmin + box.width / 2, box.ymin + box.height / 2]) * [width, height]
    half = 0.75 * max(box.width * width, box.height * height)
    along = half * np.array([np.cos(roll), np.sin(roll)])
    down = half * np.array([-np.sin(roll), np.cos(roll)])
    return np.float32([centre - along - down, centre + along - down, centre - along + down])


def worst_difference(session, path):
    """The largest distance to MediaPipe's points, relative to the inter-ocular distance."""
    rgb = np.asarray(Image.open(path).convert("RGB"))
    height, width = rgb.shape[:2]
    faces = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)
    detector = mp.solutions.face_detection.FaceDetection(0, 0.5)
    [face] = faces.process(rgb).multi_face_landmarks
    expected = np.array([[p.x * width, p.y * height] for p in face.landmark])
    [detection] = detector.process(rgb).detections

    corners = crop_corners(detection, width, height)
    to_image = cv2.getAffineTransform(np.float32([[0, 0], [SIZE, 0], [0, SIZE]]), corners)
    sampling = to_image.copy()
    sampling[:, 2] += sampling[:, :2] @ [0.5, 0.5] - 0.5
    crop = cv2.warpAffine(rgb, sampling, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    picture = (crop.astype(np.float32) / 255).transpose(2, 0, 1)[None]
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(None, {"input": picture})))
    if outputs["presence"].item() <= 0:
        raise SystemExit(f"{path.name}: the model sees no face")

    def in_image(values, dimensions):
        points = values.reshape(-1, dimensions)[:, :2]
        return points @ to_image[:, :2].T + to_image[:, 2]

    mesh = in_image(outputs["landmarks"], 3)[list(UNREFINED)]
    pairs = [
        (mesh, expected[list(UNREFINED)]),
        (in_image(outputs["left_iris"], 2), expected[LEFT_IRIS]),
        (in_image(outputs["right_iris"], 2), expected[RIGHT_IRIS]),
    ]
    right, left = expected[list(OUTER_EYE_CORNERS)]
    distances = [np.linalg.norm(a - e, axis=1).max() for a, e in pairs]
    return max(distances) / np.linalg.norm(left - right)


def main():
    session = onnxruntime.InferenceSession(MODEL)
    differences = {}
    for name in SAMPLES:
        differences[name] = worst_difference(session, REPOSITORY / "assets" / "samples" / name)
        print(f"{name}: largest difference {differences[name]:.4f} of the inter-ocular distance")
    sys.exit(int(max(differences.values()) > TOLERANCE))


if __name__ == "__main__":
    main()
