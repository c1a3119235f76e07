"""The eight classic signals with the libraries that a Python service would take: MediaPipe, OpenCV, NumPy.

Written for the benchmark: the same work per image as the native contract describes, so that its time can be held
against Lifesign's. The scores follow the documented curves closely enough for that; nobody decides by them.
"""

import cv2
import mediapipe as mp
import numpy as np
from PIL import Image

LEFT_EYE = (33, 160, 158, 133, 153, 144)
RIGHT_EYE = (362, 385, 387, 263, 373, 380)
PAIRS = ((33, 263), (133, 362), (61, 291), (234, 454), (172, 397))
MIDLINE = (10, 152)
POSE_POINTS = (1, 152, 33, 263, 61, 291)  # nose tip, chin, outer eye corners, mouth corners
POSE_MODEL = np.float64([(0, 0, 0), (0, -63, -12), (-43, 32, -26), (43, 32, -26), (-28, -28, -24), (28, -28, -24)])
CAMERA_TAGS, OPTICAL_TAGS = (271, 272), (33434, 33437, 34855, 37386)
WEIGHTS = dict(sharpness=0.10, eye_aspect_ratio=0.12, head_pose=0.10, face_area_ratio=0.10, facial_symmetry=0.10,
               lbp_texture=0.22, exif_metadata=0.10, fft_deepfake=0.16)


def clamp(value):
    return float(min(max(value, 0.0), 1.0))


def sharpness(grey):
    return clamp(cv2.Laplacian(grey, cv2.CV_64F).var() / 160)


def eye_aspect_ratio(points):
    def ratio(eye):
        p = points[list(eye)]
        return (np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4])) / (2 * np.linalg.norm(p[0] - p[3]) + 1e-9)

    return clamp(((ratio(LEFT_EYE) + ratio(RIGHT_EYE)) / 2 - 0.15) / 0.10)


def head_pose(points, size):
    focal = float(max(size))
    camera = np.float64([(focal, 0, size[0] / 2), (0, focal, size[1] / 2), (0, 0, 1)])
    _, rotation, _ = cv2.solvePnP(POSE_MODEL * (1, -1, -1), points[list(POSE_POINTS)].astype(np.float64), camera, None)
    angles = cv2.RQDecomp3x3(cv2.Rodrigues(rotation)[0])[0]
    return clamp(1 - max(abs(angles[1]) / 35, abs(angles[0]) / 30) / 2)


def face_area_ratio(box, size):
    share = (box[2] - box[0]) * (box[3] - box[1]) / (size[0] * size[1])
    return 0.5 if share > 0.8 else clamp(share / 0.04) if share < 0.04 else clamp(1 - abs(share - 0.2) / 0.6)


def facial_symmetry(points):
    top, bottom = points[list(MIDLINE)]
    axis = (bottom - top) / (np.linalg.norm(bottom - top) + 1e-9)
    normal = np.array([-axis[1], axis[0]])
    gaps = [abs(abs((points[a] - top) @ normal) - abs((points[b] - top) @ normal)) for a, b in PAIRS]
    width = np.linalg.norm(points[234] - points[454]) + 1e-9
    return clamp(1 - np.mean(gaps) / width / 0.20)


def lbp_texture(grey, box):
    crop = cv2.resize(cut(grey, box), (96, 96)).astype(np.int16)
    centre, code = crop[1:-1, 1:-1], np.zeros((94, 94), np.uint8)
    for bit, (dy, dx) in enumerate(((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))):
        code |= (crop[dy : dy + 94, dx : dx + 94] >= centre).astype(np.uint8) << bit
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    uniform = (bits != np.roll(bits, 1, axis=1)).sum(1) <= 2
    labels = np.where(uniform, np.cumsum(uniform) - 1, 58)
    share = np.bincount(labels[code.ravel()], minlength=59) / code.size
    entropy = -(share[share > 0] * np.log2(share[share > 0])).sum() / np.log2(59)
    return clamp(0.6 * entropy / 0.8 + 0.4 * (1 - share.max() / 0.60))


def exif_metadata(picture):
    exif = picture.getexif()
    if not exif:
        return 0.5
    tags = {**exif, **exif.get_ifd(0x8769)}
    if not any(tag in tags for tag in CAMERA_TAGS):
        return 0.55
    return 0.75 + 0.25 * sum(tag in tags for tag in OPTICAL_TAGS) / len(OPTICAL_TAGS)


def fft_deepfake(grey, box):
    crop = cv2.resize(cut(grey, box), (256, 256)).astype(np.float64)
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2(crop - crop.mean())))
    y, x = np.indices(spectrum.shape) - 128
    radius = np.hypot(x, y).astype(int)
    counts = np.bincount(radius.ravel())[:128]
    rings = np.bincount(radius.ravel(), spectrum.ravel())[:128] / np.maximum(counts, 1)
    tail = np.log(rings[8:] + 1e-9)
    kurtosis = ((tail - tail.mean()) ** 4).mean() / (tail.var() ** 2 + 1e-9)
    high = spectrum[radius > 32].sum() / spectrum.sum()
    sector = ((np.arctan2(y, x) + np.pi) / (2 * np.pi) * 16).astype(int) % 16
    energy = np.bincount(sector.ravel(), spectrum.ravel(), minlength=16)
    direction = energy.std() / energy.mean()
    return clamp(0.4 * (1 - kurtosis / 12) + 0.3 * (1 - abs(high - 0.65)) + 0.3 * (1 - direction / 0.35))


def cut(grey, box):
    x0, y0, x1, y1 = (int(round(v)) for v in box)
    part = grey[max(y0, 0) : max(y1, 1), max(x0, 0) : max(x1, 1)]
    return part if part.size else grey


class Reference:
    """One face mesh, as a worker of the service would hold it."""

    def __init__(self):
        self.mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=2,
                                                    min_detection_confidence=0.6)

    def check(self, picture):
        """(confidence, scores by name), or None without a face; `picture` is an opened Pillow image."""
        rgb = np.asarray(picture.convert("RGB"))
        size = (rgb.shape[1], rgb.shape[0])
        faces = self.mesh.process(rgb).multi_face_landmarks
        if not faces:
            return None
        points = np.float32([(p.x * size[0], p.y * size[1]) for p in faces[0].landmark])
        box = (*points.min(0), *points.max(0))
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        scores = dict(sharpness=sharpness(grey), eye_aspect_ratio=eye_aspect_ratio(points),
                      head_pose=head_pose(points, size), face_area_ratio=face_area_ratio(box, size),
                      facial_symmetry=facial_symmetry(points), lbp_texture=lbp_texture(grey, box),
                      exif_metadata=exif_metadata(picture), fft_deepfake=fft_deepfake(grey, box))
        return sum(WEIGHTS[name] * score for name, score in scores.items()), scores
