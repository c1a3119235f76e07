#!/usr/bin/env python3
"""Derive the canonical face: the mean shape of frontal faces in millimetres.

Reads images of frontal faces through MediaPipe's FaceMesh and writes into the engine

* canonical_face.csv: `vertex,x,y,z,mirror`, 478 rows: 468 mesh vertices and, after them, the
  irises (centre and four rim points each); `mirror` is the vertex on the other side;
* canonical_triangles.csv: `a,b,c`, the mesh's triangles, counter-clockwise seen from the front.
  They are the three-cliques of the edges in MediaPipe's FACEMESH_TESSELATION, which leave the
  eye and mouth openings free.

Frame: right-handed, x to the image's right (the subject's left), y up, z from the face towards
the camera, millimetres, origin at the mean of the 468 mesh vertices.

Method:
1. Landmarks in pixels become points (x, -y, -z); z has the scale of x.
2. Generalised Procrustes mean by similarity transforms (Gower 1975), Umeyama's closed form (1991).
3. The mirror map is the best one-to-one assignment between the mean and its mirror image.
4. Faces turned by more than MAX_YAW or MAX_PITCH from the mean are dropped; steps 2 and 3 again.
5. The mean is made exactly symmetric.
6. Pitch zero: the pitch at which the mesh of these frontal faces lies on average, so that a
   face looking straight into the camera reads near zero. Yaw and roll are zero by symmetry.
7. Scale: the mean horizontal iris diameter becomes 11.7 mm.

Only means over all faces are written, never a single face.

example:
    derive_canonical_face.py --manifest DIR/manifest.csv
"""

import argparse
import csv
import itertools
from collections import defaultdict
from pathlib import Path

import mediapipe as mp
import numpy as np
from PIL import Image, ImageOps
from scipy.optimize import linear_sum_assignment

ENGINE = Path(__file__).resolve().parent.parent / "crates" / "engine" / "src"
MESH_VERTICES = 468
IRIS_DIAMETER_MM = 11.7
"""Horizontal visible iris diameter, the scale that MediaPipe Iris uses as well."""
IRIS_RIM_PAIRS = ((469, 471), (474, 476))
"""The two ends of each iris's horizontal diameter."""
MAX_YAW, MAX_PITCH = 10.0, 15.0
MIN_INTER_OCULAR_PIXELS = 45.0
OUTER_EYE_CORNERS = (33, 263)
PER_PERSON = 12
MANY_PERSONS = ("stylegan_faces", "press_photos")
"""Sets in which each image shows another person; elsewhere PER_PERSON images a person count."""
ROUNDS = 12


def chosen_images(manifest):
    """Images that show one upright face in fair detail, few of each person."""
    groups = defaultdict(list)
    with open(manifest, newline="") as file:
        for row in csv.DictReader(file):
            many = row["set"] in MANY_PERSONS
            if not many and row["label"] != "live":
                continue
            key = row["path"] if many else (row["set"], row["person"])
            groups[key].append(Path(manifest).parent / row["path"])
    for _, paths in sorted(groups.items(), key=lambda item: str(item[0])):
        count = min(PER_PERSON, len(paths))
        yield from (paths[i * len(paths) // count] for i in range(count))


def landmarks_of(solution, rgb):
    """(N, 3) points x right, y up, z to the camera, in pixels; None without a face."""
    faces = solution.process(rgb).multi_face_landmarks
    if not faces:
        return None
    height, width = rgb.shape[:2]
    points = np.array([[p.x, p.y, p.z] for p in faces[0].landmark])
    return points * [width, -height, -width]


def measure_faces(paths):
    """(F, 478, 3) points: the plain mesh, then the irises of the refined one."""
    solutions = [
        mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=r)
        for r in (False, True)
    ]
    faces = []
    for path in paths:
        with Image.open(path) as image:
            rgb = np.ascontiguousarray(ImageOps.exif_transpose(image).convert("RGB"))
        plain, refined = (landmarks_of(solution, rgb) for solution in solutions)
        if plain is None or refined is None:
            continue
        right, left = plain[list(OUTER_EYE_CORNERS), :2]
        if np.linalg.norm(right - left) >= MIN_INTER_OCULAR_PIXELS:
            faces.append(np.vstack([plain, refined[MESH_VERTICES:]]))
    return np.array(faces)


def similarity(source, target):
    """Umeyama's scale, rotation and translation with scale * R @ source + t nearest to target."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    u, singular, vt = np.linalg.svd(b.T @ a)
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ sign @ vt
    scale = np.trace(np.diag(singular) @ sign) / (a**2).sum()
    return scale, rotation, target_mean - scale * rotation @ source_mean


def aligned(face, mean):
    """The face moved onto the mean by its mesh vertices, and its rotation."""
    scale, rotation, shift = similarity(face[:MESH_VERTICES], mean[:MESH_VERTICES])
    return scale * face @ rotation.T + shift, rotation


def unit(shape):
    """Centred on the mesh vertices, of root mean square size 1."""
    shape = shape - shape[:MESH_VERTICES].mean(0)
    return shape / np.sqrt((shape[:MESH_VERTICES] ** 2).sum(1).mean())


def procrustes_mean(faces, start):
    mean = unit(start)
    for _ in range(ROUNDS):
        mean = unit(np.mean([aligned(face, mean)[0] for face in faces], axis=0))
    return mean


def mirror_map(mean):
    """For each vertex the one on the other side. The mean must face the camera roughly."""
    mirrored = mean * [-1, 1, 1]
    partner = nearest_partners(mirrored, mean)
    for _ in range(ROUNDS):
        moved, _ = aligned(mirrored[partner], mean)
        laid = np.empty_like(mean)
        laid[partner] = moved
        partner = nearest_partners(laid, mean)
    if not np.array_equal(partner[partner], np.arange(len(mean))):
        raise SystemExit("the mirror map is not its own inverse")
    return partner


def nearest_partners(mirrored, mean):
    """The one-to-one assignment of least distance, mesh and irises each among themselves."""
    distances = np.linalg.norm(mean[:, None] - mirrored[None], axis=2)
    distances = distances + distances.T
    partner = np.empty(len(mean), int)
    for part in (slice(0, MESH_VERTICES), slice(MESH_VERTICES, len(mean))):
        partner[part] = linear_sum_assignment(distances[part, part])[1] + part.start
    return partner


def symmetric(mean, partner):
    """The mean of the shape and its mirror image laid onto it, its mid plane at x = 0."""
    mirrored = mean[partner] * [-1, 1, 1]
    moved, rotation = aligned(mirrored, mean)
    both = unit((mean + moved) / 2)
    # Pairs differ along the plane's normal alone.
    pairs = both - both[partner]
    normal = np.linalg.svd(pairs)[2][0]
    normal *= np.sign(normal[0])
    turn = rotation_onto_x(normal)
    upright = both @ turn.T
    upright = (upright + upright[partner] * [-1, 1, 1]) / 2
    return unit(upright)


def rotation_onto_x(normal):
    """The least rotation that takes the unit vector `normal` to the x axis."""
    axis = np.cross(normal, [1, 0, 0])
    cosine = normal[0]
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + cross + cross @ cross / (1 + cosine)


def head_angles(rotation):
    """Yaw and pitch in degrees of R = Rz(roll) Ry(yaw) Rx(pitch)."""
    yaw = np.degrees(np.arcsin(-rotation[2, 0]))
    pitch = np.degrees(np.arctan2(rotation[2, 1], rotation[2, 2]))
    return yaw, pitch


def angles_of(faces, mean):
    """(F, 2) yaw and pitch of each face relative to the mean."""
    return np.array([head_angles(aligned(face, mean)[1].T) for face in faces])


def pitched(shape, degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return shape @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]]).T


def canonical_shape(faces):
    """The symmetric mean at pitch zero, its mirror map and the faces it is made of."""
    mean = procrustes_mean(faces, faces[0])
    partner = mirror_map(mean)
    mean = symmetric(mean, partner)
    for _ in range(3):
        angles = angles_of(faces, mean)
        mean = pitched(mean, np.median(angles[:, 1]))
        angles = angles_of(faces, mean)
        frontal = faces[(np.abs(angles) <= [MAX_YAW, MAX_PITCH]).all(1)]
        mean = procrustes_mean(frontal, mean)
        partner = mirror_map(mean)
        mean = symmetric(mean, partner)
    mean = pitched(mean, angles_of(frontal, mean)[:, 1].mean())
    return mean, partner, frontal


def in_millimetres(mean, frontal):
    diameters = []
    for face in frontal:
        moved, _ = aligned(face, mean)
        diameters += [np.linalg.norm(moved[a, :2] - moved[b, :2]) for a, b in IRIS_RIM_PAIRS]
    return mean * IRIS_DIAMETER_MM / np.mean(diameters)


def mesh_triangles(shape):
    """The three-cliques of the tesselation's edges, counter-clockwise seen from the front."""
    neighbours = defaultdict(set)
    for a, b in mp.solutions.face_mesh.FACEMESH_TESSELATION:
        neighbours[a].add(b)
        neighbours[b].add(a)
    triangles = set()
    for a in neighbours:
        for b, c in itertools.combinations(sorted(neighbours[a]), 2):
            if c in neighbours[b]:
                triangles.add(tuple(sorted((a, b, c))))
    triangles = drop_false_cliques(sorted(triangles))
    for a, b, c in triangles:
        (ux, uy, _), (vx, vy, _) = shape[b] - shape[a], shape[c] - shape[a]
        yield (a, b, c) if ux * vy - uy * vx > 0 else (a, c, b)


def drop_false_cliques(triangles):
    """Without the cliques around a vertex of three neighbours: each of their edges would
    belong to three triangles."""
    def count():
        uses = defaultdict(int)
        for triangle in triangles:
            for edge in itertools.combinations(triangle, 2):
                uses[edge] += 1
        return uses
    uses = count()
    return [t for t in triangles if any(uses[e] < 3 for e in itertools.combinations(t, 2))]


def write_csv(path, header, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{path.name}: written")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--manifest", required=True, help="CSV with path, set, label, person")
    parser.add_argument("--out", type=Path, default=ENGINE, help="folder to write into")
    options = parser.parse_args()
    faces = measure_faces(chosen_images(options.manifest))
    mean, partner, frontal = canonical_shape(faces)
    shape = in_millimetres(mean, frontal)
    angles = angles_of(frontal, mean)
    print(f"{len(faces)} faces, {len(frontal)} of them frontal; yaw {angles[:, 0].mean():+.2f} ± "
          f"{angles[:, 0].std():.2f}, pitch {angles[:, 1].mean():+.2f} ± {angles[:, 1].std():.2f} degrees")
    rows = ([i, *(f"{v:.3f}" for v in point), partner[i]] for i, point in enumerate(np.round(shape, 3) + 0.0))
    write_csv(options.out / "canonical_face.csv", ["vertex", "x", "y", "z", "mirror"], rows)
    triangles = list(mesh_triangles(shape))
    write_csv(options.out / "canonical_triangles.csv", ["a", "b", "c"], triangles)
    mirrored = {tuple(sorted(partner[list(t)])) for t in triangles}
    same = len(mirrored & {tuple(sorted(t)) for t in triangles})
    print(f"{len(triangles)} triangles, {same} of them mirrored by another or themselves")


if __name__ == "__main__":
    main()
