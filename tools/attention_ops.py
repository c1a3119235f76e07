"""The three custom operators of MediaPipe's attention mesh in plain ONNX operators.

They crop the eyes and the lips out of a feature map along the coarse landmarks, and bring the
refined landmarks back: Landmarks2TransformMatrix, TransformTensorBilinear, TransformLandmarks.
Points are row vectors (x, y); a 4x4 matrix holds its rotation and scale at [0:2, 0:2] and its
translation at [0:2, 3].
"""

import numpy as np


def landmarks_to_transform_matrix(builder, landmarks, options):
    """The transform from crop pixels to input pixels around a subset of the landmarks.

    The crop stands along the line between the two rotation landmarks and is as large as the
    subset's extent in that frame times the scale.
    """
    if options["target_rotation_radians"] != 0:
        raise ValueError("only a target rotation of zero is supported")
    width, height = options["output_width"], options["output_height"]
    node, f32, i64 = builder.node, builder.f32, builder.i64

    points = node("Reshape", [landmarks, i64([-1, 3])])
    points = node("Slice", [points, i64([0]), i64([2]), i64([1])])
    left = node("Gather", [points, i64([options["left_rotation_idx"]])], axis=0)
    right = node("Gather", [points, i64([options["right_rotation_idx"]])], axis=0)
    line = node("Sub", [right, left])
    squares = node("ReduceSum", [node("Mul", [line, line]), i64([1])], keepdims=1)
    direction = node("Div", [line, node("Sqrt", [squares])])
    cosine = node("Slice", [direction, i64([0]), i64([1]), i64([1])])
    sine = node("Slice", [direction, i64([1]), i64([2]), i64([1])])
    top = node("Concat", [cosine, node("Neg", [sine])], axis=1)
    bottom = node("Concat", [sine, cosine], axis=1)
    rotation = node("Concat", [top, bottom], axis=0)

    subset = node("Gather", [points, i64(options["subset_idxs"])], axis=0)
    upright = node("MatMul", [subset, rotation])
    highest = node("ReduceMax", [upright], axes=[0], keepdims=1)
    lowest = node("ReduceMin", [upright], axes=[0], keepdims=1)
    middle = node("Mul", [node("Add", [highest, lowest]), f32(0.5)])
    centre = node("MatMul", [middle, node("Transpose", [rotation], perm=[1, 0])])
    scale_per_pixel = f32([[options["scale_x"] / width, options["scale_y"] / height]])
    scale = node("Mul", [node("Sub", [highest, lowest]), scale_per_pixel])
    linear = node("Mul", [rotation, scale])

    half_crop = node("MatMul", [linear, f32([[-width / 2], [-height / 2]])])
    shift = node("Add", [centre, node("Transpose", [half_crop], perm=[1, 0])])
    upper = node(
        "Concat",
        [linear, f32(np.zeros((2, 1))), node("Transpose", [shift], perm=[1, 0])],
        axis=1,
    )
    matrix = node("Concat", [upper, f32([[0, 0, 1, 0], [0, 0, 0, 1]])], axis=0)
    return node("Reshape", [matrix, i64([1, 4, 4])])


def _linear_and_shift(builder, matrix):
    """The transposed 2x2 part and the translation as a row."""
    node, i64 = builder.node, builder.i64
    flat = node("Reshape", [matrix, i64([4, 4])])
    linear = node("Slice", [flat, i64([0, 0]), i64([2, 2]), i64([0, 1])])
    shift = node("Slice", [flat, i64([0, 3]), i64([2, 4]), i64([0, 1])])
    return node("Transpose", [linear], perm=[1, 0]), node("Transpose", [shift], perm=[1, 0])


def transform_tensor_bilinear(builder, features, matrix, feature_shape, options):
    """A crop of an NCHW feature map, sampled bilinearly at the transformed pixel centres.

    Where a sample lies outside the map the crop is zero.
    """
    crop_width, crop_height = options["output_width"], options["output_height"]
    height, width = feature_shape
    node, f32, i64 = builder.node, builder.f32, builder.i64

    rows, columns = np.mgrid[0:crop_height, 0:crop_width]
    centres = np.stack([columns + 0.5, rows + 0.5], -1).reshape(-1, 2)
    linear, shift = _linear_and_shift(builder, matrix)
    samples = node(
        "Add", [node("MatMul", [f32(centres), linear]), node("Sub", [shift, f32(0.5)])]
    )
    not_before = node("Cast", [node("GreaterOrEqual", [samples, f32(0)])], to=1)
    last = f32([[width - 1, height - 1]])
    not_after = node("Cast", [node("LessOrEqual", [samples, last])], to=1)
    inside = node("ReduceMin", [node("Mul", [not_before, not_after])], axes=[1], keepdims=1)
    mask = node("Reshape", [inside, i64([1, 1, crop_height, crop_width])])

    to_grid = f32([[2 / (width - 1), 2 / (height - 1)]])
    grid = node("Sub", [node("Mul", [samples, to_grid]), f32(1)])
    grid = node("Reshape", [grid, i64([1, crop_height, crop_width, 2])])
    sampled = node(
        "GridSample", [features, grid], mode="bilinear", padding_mode="zeros", align_corners=1
    )
    return node("Mul", [sampled, mask])


def transform_landmarks(builder, landmarks, matrix):
    """Points (x, y) of the crop in input pixels."""
    linear, shift = _linear_and_shift(builder, matrix)
    return builder.node("Add", [builder.node("MatMul", [landmarks, linear]), shift])
