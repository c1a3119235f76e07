#!/usr/bin/env python3
"""Write what MediaPipe's own Python solutions find in a list of images.

This is the reference of the engine's parity test. For each image it records, in pixels of
the upright image (EXIF orientation applied):

* `detections`: FaceDetection, model_selection 0 (short range): score, box `[x, y, w, h]` and
  the six key points (right eye, left eye, nose tip, mouth, right ear, left ear; the
  subject's right and left);
* `faces`: FaceMesh with static_image_mode=True, refine_landmarks=False, max_num_faces=4 and
  min_detection_confidence=0.5: 468 landmarks `[x, y, z]`. As MediaPipe defines it, z has the
  scale of x (both are multiplied by the image width) and grows away from the camera.

FaceMesh looks for faces with the short-range detector alone: its graph
(face_landmark_front_cpu) holds FaceDetectionShortRangeCpu. `--check-graph` prints that.
It then drops the faces whose presence score is under 0.5.

examples:
    mediapipe_reference.py --out reference.json photo.jpg folder/
    mediapipe_reference.py --manifest DIR/manifest.csv --per-group 20 --out reference.json
    mediapipe_reference.py --golden        # rewrites the engine's golden files
"""

import argparse
import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

import mediapipe as mp
import numpy as np
from PIL import Image, ImageOps

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLES = REPOSITORY / "assets" / "samples"
GOLDEN = REPOSITORY / "crates" / "engine" / "tests" / "data" / "golden" / "mediapipe"
IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
MIN_DETECTION_CONFIDENCE = 0.5
MAX_FACES = 4


def load_rgb(path):
    """The upright image as an (H, W, 3) array of bytes."""
    with Image.open(path) as image:
        return np.ascontiguousarray(ImageOps.exif_transpose(image).convert("RGB"))


def rounded(values):
    """Nested lists with two decimals: a hundredth of a pixel."""
    return np.round(np.asarray(values, np.float64), 2).tolist()


class Reference:
    """MediaPipe's two solutions, each loaded once."""

    def __init__(self):
        self.detector = mp.solutions.face_detection.FaceDetection(
            model_selection=0, min_detection_confidence=MIN_DETECTION_CONFIDENCE
        )
        self.mesh = mp.solutions.face_mesh.FaceMesh(
            static_image_mode=True,
            refine_landmarks=False,
            max_num_faces=MAX_FACES,
            min_detection_confidence=MIN_DETECTION_CONFIDENCE,
        )

    def measure(self, rgb):
        height, width = rgb.shape[:2]
        detections = self.detector.process(rgb).detections or []
        faces = self.mesh.process(rgb).multi_face_landmarks or []
        return {
            "width": width,
            "height": height,
            "detections": [detection_in_pixels(d, width, height) for d in detections],
            "faces": [
                rounded([[p.x * width, p.y * height, p.z * width] for p in face.landmark])
                for face in faces
            ],
        }


def detection_in_pixels(detection, width, height):
    location = detection.location_data
    box = location.relative_bounding_box
    return {
        "score": round(float(detection.score[0]), 4),
        "box": rounded([box.xmin * width, box.ymin * height, box.width * width, box.height * height]),
        "keypoints": rounded([[p.x * width, p.y * height] for p in location.relative_keypoints]),
    }


def images_under(arguments):
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
        else:
            yield path


def images_of_manifest(manifest, per_group):
    """The manifest's images, at most `per_group` (0: all) evenly spaced ones a (set, label)."""
    groups = defaultdict(list)
    with open(manifest, newline="") as file:
        for row in csv.DictReader(file):
            groups[row["set"], row["label"]].append(Path(manifest).parent / row["path"])
    for _, paths in sorted(groups.items()):
        count = min(per_group or len(paths), len(paths))
        yield from (paths[i * len(paths) // count] for i in range(count))


def write_reference(images, root, out):
    reference = Reference()
    entries, unreadable = [], 0
    for path in images:
        try:
            rgb = load_rgb(path)
        except OSError as error:
            print(f"skipped {path}: {error}", file=sys.stderr)
            unreadable += 1
            continue
        name = path.relative_to(root) if root and path.is_relative_to(root) else path
        entries.append({"file": name.as_posix(), **reference.measure(rgb)})
    with open(out, "w") as file:
        json.dump({"mediapipe": mp.__version__, "images": entries}, file, separators=(",", ":"))
    found = sum(bool(entry["faces"]) for entry in entries)
    print(f"{out}: {len(entries)} images, {found} with a face, {unreadable} unreadable")


def write_golden():
    """One file an image of assets/samples, all of them in the public domain."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    reference = Reference()
    for path in images_under([SAMPLES]):
        entry = {"mediapipe": mp.__version__, "file": path.name, **reference.measure(load_rgb(path))}
        out = GOLDEN / f"{path.stem}.json"
        out.write_text(json.dumps(entry, separators=(",", ":")) + "\n")
        print(f"{out.relative_to(REPOSITORY)}: {len(entry['faces'])} face(s)")


def print_graph():
    modules = Path(mp.__file__).parent / "modules" / "face_landmark"
    for name in ("face_landmark_front_cpu", "face_landmark_front_cpu_image"):
        graph = modules / f"{name}.binarypb"
        if graph.exists():
            text = graph.read_bytes()
            for detector in (b"FaceDetectionShortRangeCpu", b"FaceDetectionFullRangeCpu"):
                print(f"{name}: {detector.decode()} {'used' if detector in text else 'not used'}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", nargs="*", help="image files or folders")
    parser.add_argument("--manifest", help="CSV with the columns path, set, label")
    parser.add_argument("--per-group", type=int, default=0, metavar="N",
                        help="at most N images of each set and label of the manifest")
    parser.add_argument("--out", help="JSON file to write")
    parser.add_argument("--golden", action="store_true", help="rewrite the engine's golden files")
    parser.add_argument("--check-graph", action="store_true", help="tell FaceMesh's detector")
    options = parser.parse_args()
    if options.check_graph:
        print_graph()
    if options.golden:
        write_golden()
    if options.out:
        images = list(images_under(options.images))
        if options.manifest:
            images += images_of_manifest(options.manifest, options.per_group)
        root = Path(options.manifest).parent if options.manifest else None
        write_reference(images, root, options.out)
    elif not (options.golden or options.check_graph):
        parser.error("give --out FILE, --golden or --check-graph")


if __name__ == "__main__":
    main()
