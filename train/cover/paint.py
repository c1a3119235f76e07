"""Painters of what may cover a face, each placed by the 468-point mesh.

A painter takes the numpy Generator, a picture (bytes, modified copies are returned) and the mesh in its pixels. Sizes are
in units of the distance between the eyes' middles, along the line between the eyes, so that tilted heads wear tilted things.
"""

import cv2
import numpy as np

FINE = 4  # subpixel bits of drawn polygons
EYE_CORNERS = ((33, 133), (362, 263))
JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, *JAW[::-1], 127, 162, 21, 54, 103, 67, 109)
BROWS = (105, 334)
NOSE_BRIDGE, NOSE_TIP, UNDER_NOSE, FOREHEAD, CHIN = 6, 4, 2, 10, 152
CHEEKS = (50, 280)
MASK_COLOURS = ((150, 195, 215), (170, 205, 215), (235, 235, 235), (30, 30, 32), (150, 200, 180), (225, 185, 195), (60, 70, 110))
TINTS = ((12, 12, 14), (25, 20, 18), (60, 35, 20), (20, 35, 25), (20, 28, 50), (45, 45, 50))


def dye(rng):
    """Any colour, the muted ones of clothes more often than pure ones."""
    grey = rng.uniform(8, 245)
    return np.clip(grey + (rng.uniform(0, 255, 3) - grey) * rng.choice([0.08, 0.3, 0.9], p=[0.45, 0.35, 0.2]), 3, 250)


class Frame:
    """The face's own axes: origin between the eyes, x towards the eye at the right, y towards the chin."""

    def __init__(self, mesh):
        self.mesh = mesh
        eyes = [mesh[list(corners)].mean(0) for corners in EYE_CORNERS]
        self.origin, across = (eyes[0] + eyes[1]) / 2, eyes[1] - eyes[0]
        self.unit = float(np.hypot(*across)) + 1e-6
        self.x = across / self.unit
        self.y = np.array([-self.x[1], self.x[0]])

    def place(self, points):
        """From units of the face to pixels."""
        points = np.asarray(points, np.float64)
        return self.origin + self.unit * (points[..., :1] * self.x + points[..., 1:] * self.y)

    def local(self, points):
        """From pixels to units of the face."""
        return np.stack([(points - self.origin) @ self.x, (points - self.origin) @ self.y], -1) / self.unit


def region(shape, *polygons, soft=0.0):
    """Coverage in [0, 1] of filled polygons; `soft` is the blur of their edge in pixels."""
    mask = np.zeros(shape[:2], np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.round(np.asarray(polygon) * 2**FINE).astype(np.int32)], 255, cv2.LINE_AA, FINE)
    mask = mask.astype(np.float32) / 255
    return cv2.GaussianBlur(mask, (0, 0), soft) if soft > 0.2 else mask


def strokes(shape, thickness, *lines):
    """Coverage of open lines of a thickness in pixels."""
    mask = np.zeros(shape[:2], np.uint8)
    for line in lines:
        points = np.round(np.asarray(line) * 2**FINE).astype(np.int32)
        cv2.polylines(mask, [points], False, 255, max(1, round(thickness)), cv2.LINE_AA, FINE)
    return mask.astype(np.float32) / 255 * min(1.0, thickness)


def blend(rgb, colour, alpha):
    """`colour` (one or a picture) over the picture."""
    alpha = alpha[..., None].astype(np.float32)
    mixed = rgb.astype(np.float32) * (1 - alpha) + np.asarray(colour, np.float32) * alpha
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def clouds(rng, shape, smallest=4):
    """A smooth random field in about [-1, 1]."""
    coarse = rng.standard_normal((int(rng.integers(2, smallest + 3)),) * 2).astype(np.float32)
    return np.clip(cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_CUBIC), -2, 2) / 2


def light_of(rgb, alpha, strength):
    """How bright the covered skin is around its own mean: what covers it is lit alike."""
    luma = cv2.GaussianBlur(rgb.astype(np.float32).mean(2), (0, 0), max(rgb.shape[0] / 16, 1))
    level = float((luma * alpha).sum() / (alpha.sum() + 1e-6)) + 8
    return np.clip(1 + strength * (luma / level - 1), 0.4, 1.7)[..., None], np.clip(0.35 + level / 150, 0.35, 1.25)


def cloth(rng, rgb, colour, alpha, frame):
    """A lit, folded, perhaps patterned surface of a colour."""
    shape = rgb.shape
    surface = np.ones((*shape[:2], 3), np.float32) * np.asarray(colour, np.float32)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    pattern = rng.random()
    if pattern < 0.3:
        angle, period = rng.uniform(0, np.pi), frame.unit * rng.uniform(0.05, 0.4)
        wave = np.sin((columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / period)
        other = dye(rng) if rng.random() < 0.4 else np.asarray(colour) * rng.uniform(0.6, 1.2)
        share = (np.clip(wave * 2 + rng.uniform(-1, 1), 0, 1) * rng.uniform(0.2, 1))[..., None]
        surface = surface * (1 - share) + other * share
    elif pattern < 0.5:
        grain = cv2.GaussianBlur(rng.standard_normal(shape[:2]).astype(np.float32), (0, 0), frame.unit * rng.uniform(0.01, 0.06))
        surface *= 1 + (grain / (grain.std() + 1e-6) * rng.uniform(0.03, 0.2))[..., None]
    lit, level = light_of(rgb, alpha, rng.uniform(0.2, 0.9))
    surface *= lit * level * np.exp(rng.normal(0, 0.15))
    surface *= 1 + rng.uniform(0.03, 0.25) * clouds(rng, shape, 8)[..., None]
    return surface


def edge_shadow(rng, rgb, alpha, frame):
    """The soft dark rim that a thing throws on what is behind it."""
    shifted = np.roll(alpha, (round(frame.unit * rng.uniform(0, 0.05)), round(frame.unit * rng.uniform(-0.03, 0.03))), (0, 1))
    wide = cv2.GaussianBlur(shifted, (0, 0), frame.unit * rng.uniform(0.02, 0.06))
    return blend(rgb, (0, 0, 0), wide * rng.uniform(0.1, 0.5))


def lens(rng_shape, side):
    """The outline of one lens in units around its middle; `side` is -1 for the eye at the left."""
    width, height, power, droop, cat = rng_shape
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    x = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** (2 / power) * width / 2
    y = np.sign(np.sin(t)) * np.abs(np.sin(t)) ** (2 / power) * height / 2
    outward = x / (width / 2)
    y = y + droop * height * np.maximum(y, 0) / height * (1 - outward * 0.5)  # a lower, inner drop: aviators
    y = y - cat * height * np.maximum(-y, 0) / height * np.maximum(outward, 0)  # a raised outer corner: cat eyes
    return np.stack([x * side, y], 1)


def glasses(rng, rgb, mesh, dark):
    """Sunglasses when `dark`, else clear spectacles with glare."""
    frame = Frame(mesh)
    shape = (rng.uniform(0.62, 1.0), rng.uniform(0.36, 0.85), rng.uniform(2, 6), rng.choice([0, rng.uniform(0, 0.6)]),
             rng.choice([0, rng.uniform(0, 0.5)]))
    drop, apart = rng.uniform(-0.03, 0.14), rng.uniform(0.0, 0.06)
    outlines = []
    for side, corners in zip((-1, 1), EYE_CORNERS):
        middle = frame.local(mesh[list(corners)].mean(0)) + (side * apart, drop)
        outlines.append(frame.place(middle + lens(shape, side)))
    alpha = region(rgb.shape, *outlines, soft=frame.unit * 0.01)
    rows = frame.local(np.stack(np.meshgrid(np.arange(rgb.shape[1]), np.arange(rgb.shape[0])), -1).reshape(-1, 2))[:, 1]
    rows = rows.reshape(rgb.shape[:2]).astype(np.float32)
    out = edge_shadow(rng, rgb, alpha, frame) if rng.random() < 0.5 else rgb
    if dark:
        opacity = rng.uniform(0.72, 1.0) * np.ones_like(rows)
        if rng.random() < 0.3:
            opacity *= np.clip(1 - rng.uniform(0.2, 0.9) * (rows - drop + shape[1] / 2) / shape[1], 0.35, 1)
        colour = np.array(TINTS[rng.integers(len(TINTS))]) * rng.uniform(0.5, 1.5)
        surface = np.ones(rgb.shape, np.float32) * colour
        if rng.random() < 0.22:  # mirrored: sky above, ground below, in one tint
            sky = np.clip(0.5 - (rows - drop) / shape[1] + 0.4 * clouds(rng, rgb.shape), 0, 1)[..., None]
            surface += sky * rng.uniform(60, 220, 3)
            opacity = np.maximum(opacity, 0.85)
        out = blend(out, surface, alpha * opacity)
    elif rng.random() < 0.5:
        out = blend(out, rng.uniform(60, 255, 3), alpha * rng.uniform(0, 0.12))
    for _ in range(rng.integers(0, 3 if dark else 4)):  # lamps and windows
        at = frame.place(np.array([rng.choice((-0.5, 0.5)) + rng.uniform(-0.25, 0.25), drop + rng.uniform(-0.2, 0.15)]))
        size = frame.unit * rng.uniform(0.02, 0.14, 2)
        spot = cv2.ellipse2Poly(tuple(int(v) for v in at), tuple(int(v) + 1 for v in size), int(rng.integers(0, 180)), 0, 360, 20)
        glow = region(rgb.shape, spot, soft=frame.unit * rng.uniform(0.005, 0.05)) * alpha
        out = blend(out, rng.uniform(170, 255, 3), glow * rng.uniform(0.15, 0.8))
    if not dark or rng.random() < 0.8:
        colour = rng.uniform(0, 90, 3) if rng.random() < 0.75 else rng.uniform(60, 240, 3)
        thickness = frame.unit * rng.uniform(0.015, 0.09)
        first, second = frame.local(outlines[0]), frame.local(outlines[1])
        bridge = np.array([[first[:, 0].max(), drop - 0.05], [0, drop - rng.uniform(0.05, 0.15)], [second[:, 0].min(), drop - 0.05]])
        arms = [np.array([[line[:, 0].min() if s < 0 else line[:, 0].max(), drop - shape[1] * 0.2], frame.local(mesh[ear])])
                for s, line, ear in ((-1, first, 127), (1, second, 356))]
        rim = [] if rng.random() < 0.12 else [np.vstack([o, o[:1]]) for o in outlines]
        lines = strokes(rgb.shape, thickness, *rim, frame.place(bridge), *[frame.place(a) for a in arms])
        out = blend(out, colour, lines * rng.uniform(0.75, 1.0))
    return out


def sunglasses(rng, rgb, mesh):
    return glasses(rng, rgb, mesh, dark=True)


def spectacles(rng, rgb, mesh):
    return glasses(rng, rgb, mesh, dark=False)


def mask(rng, rgb, mesh):
    """A surgical, cloth or filtering mask over the mouth, mostly over the nose as well."""
    frame = Frame(mesh)
    jaw = frame.local(mesh[list(JAW)])
    start = int(rng.integers(0, 4))  # how high at the cheeks it begins
    under_nose = rng.random() < 0.12
    top = frame.local(mesh[UNDER_NOSE]) + (0, 0.03) if under_nose else (
        frame.local(mesh[NOSE_BRIDGE]) * (1 - (t := rng.uniform(0.2, 0.8))) + frame.local(mesh[NOSE_TIP]) * t)
    lower = jaw[start : len(jaw) - start].copy()
    lower[2:-2] += (lower[2:-2] - top) * rng.uniform(-0.02, 0.12)
    lower[[0, -1]] += (lower[[0, -1]] - top) * rng.uniform(-0.12, 0.04)
    s = np.linspace(0, 1, 12)[:, None]
    left, right = lower[0], lower[-1]
    bend = rng.uniform(0.0, 0.12)
    edge_right = right * (1 - s) + top * s + (0, 1) * np.sin(np.pi * s) * bend
    edge_left = top * (1 - s) + left * s + (0, 1) * np.sin(np.pi * s) * bend
    outline = frame.place(np.vstack([lower, edge_right, edge_left]))
    alpha = region(rgb.shape, outline, soft=frame.unit * rng.uniform(0.005, 0.03))
    colour = MASK_COLOURS[rng.integers(len(MASK_COLOURS))] if rng.random() < 0.6 else dye(rng)
    surface = cloth(rng, rgb, np.asarray(colour) + rng.normal(0, 8, 3), alpha, frame)
    chin = frame.local(mesh[CHIN])
    if rng.random() < 0.55:  # pleats
        for share in np.linspace(0.25, 0.85, int(rng.integers(2, 5))):
            y = top[1] + (chin[1] - top[1]) * share
            x = np.linspace(left[0], right[0], 14)
            line = np.stack([x, y + rng.uniform(0.02, 0.12) * (1 - (2 * (x - x.mean()) / (x[-1] - x[0])) ** 2)], 1)
            fold = cv2.GaussianBlur(strokes(rgb.shape, frame.unit * 0.03, frame.place(line)), (0, 0), frame.unit * 0.015 + 0.3)
            surface = surface * (1 - rng.uniform(0.1, 0.45) * fold[..., None])
    elif rng.random() < 0.5:  # a seam down the middle, one side in the shade
        seam = strokes(rgb.shape, frame.unit * 0.03, frame.place(np.stack([top, chin])))
        surface = surface * (1 - 0.3 * seam[..., None])
    out = edge_shadow(rng, rgb, alpha, frame)
    if rng.random() < 0.7:
        straps = [frame.place(np.stack([end, frame.local(mesh[ear]) + (0.12 * sign, rng.uniform(-0.2, 0.2))]))
                  for sign, end, ear in ((-1, left, 127), (1, right, 356))]
        out = blend(out, np.clip(np.asarray(colour) * 1.05, 0, 255), strokes(rgb.shape, frame.unit * 0.03, *straps) * 0.8)
    return blend(out, surface, alpha * rng.uniform(0.95, 1.0))


def hat(rng, rgb, mesh):
    """A beanie, cap, brimmed hat, hood or headscarf over the forehead or just above it."""
    frame = Frame(mesh)
    oval = frame.local(mesh[list(OVAL)])
    half = (oval[:, 0].max() - oval[:, 0].min()) / 2
    middle = (oval[:, 0].max() + oval[:, 0].min()) / 2
    brow, top = frame.local(mesh[list(BROWS)])[:, 1].min(), oval[:, 1].min()
    height = oval[:, 1].max() - top
    colour = dye(rng)
    kind = rng.choice(["dome", "cap", "brim", "hood"], p=[0.3, 0.3, 0.15, 0.25])
    if kind == "hood":
        # Around the whole face; a headscarf leaves less of the cheeks and closes under the chin.
        grow = np.array([rng.uniform(0.92, 1.15), rng.uniform(0.95, 1.1)])
        hole = (oval - oval.mean(0)) * grow + oval.mean(0)
        low = rng.uniform(0.55, 1.0)
        hole[:, 1] = np.maximum(hole[:, 1], brow + (top - brow) * rng.uniform(0.3, 1.0))
        outer = (oval - oval.mean(0)) * np.array([rng.uniform(1.4, 2.2), rng.uniform(1.35, 1.8)]) + oval.mean(0)
        alpha = region(rgb.shape, frame.place(outer)) * (1 - region(rgb.shape, frame.place(hole), soft=frame.unit * 0.02))
        if low < 0.75:  # an open hood hangs beside the chin
            gap = np.array([[-half * 0.8, oval[:, 1].max() - 0.15 * height], [half * 0.8, oval[:, 1].max() - 0.15 * height],
                            [half * 1.2, 9], [-half * 1.2, 9]]) + (middle, 0)
            alpha *= 1 - region(rgb.shape, frame.place(gap), soft=frame.unit * 0.02)
        out = edge_shadow(rng, rgb, alpha, frame)
        return blend(out, cloth(rng, rgb, colour, alpha, frame), alpha)
    line = brow + (top - brow) * rng.uniform(0.25, 1.15)  # where the hat ends on the forehead
    wide, tall = half * rng.uniform(1.02, 1.3), height * rng.uniform(0.4, 0.75)
    bow = rng.uniform(-0.12, 0.1)
    x = np.linspace(-1, 1, 15)
    lower = np.stack([middle + x * wide, line + bow * (1 - x**2) + 0.1 * x**2], 1)
    t = np.linspace(0, np.pi, 24)[1:-1]
    power = rng.uniform(1.2, 2.5)
    crown = np.stack([middle + np.sign(np.cos(t)) * np.abs(np.cos(t)) ** (2 / power / 1.2) * wide * 1.03, line - np.sin(t) ** (2 / power) * tall], 1)
    alpha = region(rgb.shape, frame.place(np.vstack([lower, crown])), soft=frame.unit * rng.uniform(0.005, 0.03))
    out = edge_shadow(rng, rgb, alpha, frame)
    out = blend(out, cloth(rng, rgb, colour, alpha, frame), alpha)
    if kind == "dome" and rng.random() < 0.5:  # a turned-up rim
        rim = np.vstack([lower, lower[::-1] - (0, rng.uniform(0.15, 0.4))])
        alpha = region(rgb.shape, frame.place(rim))
        out = blend(out, cloth(rng, rgb, np.asarray(colour) * rng.uniform(0.7, 1.2), alpha, frame), alpha)
    if kind in ("cap", "brim"):
        reach = rng.uniform(0.9, 1.15) if kind == "cap" else rng.uniform(1.5, 2.4)
        depth = rng.uniform(0.08, 0.35) if kind == "cap" else rng.uniform(0.06, 0.25)
        t = np.linspace(0, 2 * np.pi, 40)
        visor = np.stack([middle + np.cos(t) * half * reach, line + bow / 2 + np.sin(t) * depth * np.where(np.sin(t) > 0, 1, 0.6)], 1)
        alpha = region(rgb.shape, frame.place(visor), soft=frame.unit * 0.01)
        out = blend(edge_shadow(rng, out, alpha, frame), cloth(rng, rgb, np.asarray(colour) * rng.uniform(0.4, 1.1), alpha, frame), alpha)
    return out


def skin_colour(rng, rgb, mesh):
    """About the colour of the cheeks."""
    spots = np.clip(np.round(mesh[list(CHEEKS)]).astype(int), 0, np.array(rgb.shape[1::-1]) - 1)
    own = np.mean([cv2.blur(rgb, (7, 7))[y, x] for x, y in spots], 0)
    return np.clip(own * np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.03, 3)), 10, 250)


def hand_outlines(rng, frame, target):
    """Lines (fingers) with thickness, and a palm, of a hand that reaches `target` from outside."""
    angle = rng.uniform(-0.25 * np.pi, 1.25 * np.pi)  # seldom from above
    direction = -np.array([np.cos(angle), np.sin(angle)])
    normal = np.array([-direction[1], direction[0]])
    size = rng.uniform(0.8, 1.25)
    lines = []
    spread = rng.uniform(0.0, 0.35)
    count = int(rng.integers(1, 5)) if rng.random() < 0.35 else 4
    for i in range(count):
        offset = (i - (count - 1) / 2) * 0.27 * size
        tip = target + normal * offset * (1 + spread) + direction * rng.uniform(-0.12, 0.12)
        knuckle = target + normal * offset - direction * rng.uniform(0.7, 0.95) * size
        lines.append((np.stack([tip, (tip + knuckle) / 2 + normal * rng.normal(0, 0.03), knuckle]), 0.25 * size * rng.uniform(0.9, 1.1)))
    palm = target - direction * 1.35 * size
    lines.append((np.stack([palm + direction * 0.4, palm - direction * 3.0]), rng.uniform(0.8, 1.1) * size))
    thumb = palm + direction * 0.1
    lines.append((np.stack([thumb, thumb + (normal * rng.choice((-1, 1)) + direction * 0.6) * 0.75 * size]), 0.28 * size))
    return lines


def hand(rng, rgb, mesh, target):
    """A hand whose fingers end near `target`, in units of the face."""
    frame = Frame(mesh)
    colour, out, all_of_it = skin_colour(rng, rgb, mesh), rgb, np.zeros(rgb.shape[:2], np.float32)
    parts = [strokes(rgb.shape, width * frame.unit, frame.place(line)) for line, width in hand_outlines(rng, frame, target)]
    all_of_it = np.clip(np.max(parts, 0), 0, 1)
    out = edge_shadow(rng, rgb, all_of_it, frame)
    glove = dye(rng) if rng.random() < 0.06 else colour
    for part in parts[::-1]:
        core = cv2.GaussianBlur(part, (0, 0), frame.unit * 0.05 + 0.3)
        shade = 0.62 + 0.42 * np.clip(core * 1.2 - 0.2, 0, 1)
        lit, _ = light_of(rgb, all_of_it, rng.uniform(0.1, 0.5))
        surface = glove * shade[..., None] * lit * (1 + 0.08 * clouds(rng, rgb.shape, 8)[..., None])
        out = blend(out, surface, cv2.GaussianBlur(part, (0, 0), max(frame.unit * 0.01, 0.3)))
    return out, all_of_it


def thing(rng, rgb, mesh, target, other):
    """A telephone, card, cup or piece of another picture, centred near `target`."""
    frame = Frame(mesh)
    width, height = rng.uniform(0.5, 1.6), rng.uniform(0.5, 2.2)
    angle = rng.normal(0, 0.35)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    power = rng.choice([2.0, 5.0, 12.0, 40.0], p=[0.2, 0.2, 0.3, 0.3])
    outline = np.stack([np.sign(np.cos(t)) * np.abs(np.cos(t)) ** (2 / power) * width / 2,
                        np.sign(np.sin(t)) * np.abs(np.sin(t)) ** (2 / power) * height / 2], 1) @ turn.T + target
    alpha = region(rgb.shape, frame.place(outline), soft=frame.unit * rng.uniform(0.003, 0.03))
    kind = rng.random()
    if kind < 0.3:
        surface = np.ones(rgb.shape, np.float32) * rng.uniform(5, 60, 3)
    elif kind < 0.55:
        surface = cloth(rng, rgb, dye(rng), alpha, frame)
    else:
        rows, columns = rng.integers(0, rgb.shape[0] // 2, 2)
        piece = other[rows : rows + rgb.shape[0] // 2, columns : columns + rgb.shape[1] // 2]
        surface = cv2.resize(piece, rgb.shape[1::-1]).astype(np.float32)
    out = blend(edge_shadow(rng, rgb, alpha, frame), surface, alpha)
    if rng.random() < 0.4:
        rim = strokes(rgb.shape, frame.unit * 0.04, frame.place(np.vstack([outline, outline[:1]])))
        out = blend(out, rng.uniform(0, 255, 3), rim * 0.8)
    return out, alpha


def object_over(rng, rgb, mesh, other, on_face=True):
    """A hand or thing that covers 10 to 60% of the face, or lies beside it; None where no place was found."""
    frame = Frame(mesh)
    oval = frame.local(mesh[list(OVAL)])
    face = region(rgb.shape, mesh[list(OVAL)])
    low, high = oval.min(0), oval.max(0)
    for _ in range(8):
        target = rng.uniform(low, high) if on_face else (low + high) / 2 + rng.choice((-1, 1), 2) * rng.uniform(0.55, 0.9, 2) * (high - low)
        out, alpha = hand(rng, rgb, mesh, target) if rng.random() < 0.6 else thing(rng, rgb, mesh, target, other)
        share = float((alpha * face).sum() / (face.sum() + 1e-6))
        if (0.10 <= share <= 0.60) if on_face else share <= 0.01:
            return out
    return None


def shadow(rng, rgb, mesh):
    """A hard or soft shadow, or a patch of light, with an arbitrary edge."""
    frame = Frame(mesh)
    field = clouds(rng, rgb.shape, 3) + rng.uniform(-0.5, 0.5)
    edge = np.clip(field * rng.uniform(3, 40) + 0.5, 0, 1)
    edge = cv2.GaussianBlur(edge, (0, 0), frame.unit * rng.uniform(0.01, 0.2))
    factor = rng.uniform(0.25, 0.75) if rng.random() < 0.8 else rng.uniform(1.3, 1.9)
    return np.clip(rgb * (1 + (factor - 1) * edge[..., None]), 0, 255).astype(np.uint8)
