"""Converts the TFLite graphs of MediaPipe's face models to ONNX.

TFLite computes in NHWC, the ONNX graph in NCHW: a value is either a picture (NCHW inside,
though its TFLite shape says NHWC) or plain (flat landmark lists and matrices, as in TFLite).
"""

import numpy as np
import tflite

import attention_ops
from onnx_builder import OnnxBuilder
from tflite_reader import TfliteGraph

_CONVOLUTIONS = {
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
}


def convert(data, name, output_names):
    """The ONNX model of the TFLite file `data`; its outputs get `output_names` in order."""
    return Converter(TfliteGraph(data)).run(name, output_names)


def same_padding(size, kernel, stride, dilation=1):
    """TFLite's SAME padding before and after an axis."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


class Converter:
    def __init__(self, graph):
        self.graph = graph
        self.builder = OnnxBuilder()
        self.values = {}
        self.plain = set()
        self.folded_pads = {}
        self.handlers = {
            "ADD": self.add,
            "CONCATENATION": self.concatenation,
            "CONV_2D": self.convolution,
            "DEPTHWISE_CONV_2D": self.convolution,
            "DEPTH_TO_SPACE": self.depth_to_space,
            "MAX_POOL_2D": self.max_pool,
            "MUL": self.multiply,
            "PAD": self.pad,
            "PRELU": self.prelu,
            "RELU": self.relu,
            "RESHAPE": self.reshape,
            "RESIZE_BILINEAR": self.resize_bilinear,
            "STRIDED_SLICE": self.strided_slice,
            "Landmarks2TransformMatrix": self.landmarks_to_transform_matrix,
            "TransformTensorBilinear": self.transform_tensor_bilinear,
            "TransformLandmarks": self.transform_landmarks,
        }

    def run(self, name, output_names):
        [picture] = self.graph.inputs
        batch, height, width, channels = self.graph.shape(picture)
        self.values[picture] = self.builder.input("input", [batch, channels, height, width])
        for operator in self.graph.operators:
            if operator.name in ("DEQUANTIZE", "DENSIFY"):
                constant = self.graph.constant(operator.inputs[0])
                self.graph.set_constant(operator.output, constant)
            else:
                self.handlers[operator.name](operator)
        for tensor, output_name in zip(self.graph.outputs, output_names, strict=True):
            self.output(tensor, output_name)
        return self.builder.model(name)

    def output(self, tensor, name):
        shape = self.graph.shape(tensor)
        value = self.values[tensor]
        if tensor not in self.plain:
            value = self.builder.node("Reshape", [self.nhwc(tensor), self.builder.i64(shape)])
        self.builder.output(value, name, shape)

    def weights(self, tensor):
        return self.graph.constant(tensor).astype(np.float32)

    def nhwc(self, tensor):
        """The value in TFLite's order of memory."""
        if tensor in self.plain:
            return self.values[tensor]
        _, height, width, channels = self.graph.shape(tensor)
        if height == width == 1 or channels == 1:
            return self.values[tensor]
        return self.builder.node("Transpose", [self.values[tensor]], perm=[0, 2, 3, 1])

    def activation(self, value, code):
        if code == tflite.ActivationFunctionType.NONE:
            return value
        if code == tflite.ActivationFunctionType.RELU:
            return self.builder.node("Relu", [value])
        raise ValueError(f"activation {code} is not supported")

    def convolution(self, operator):
        source, kernel, *bias = operator.inputs
        options = operator.options(_CONVOLUTIONS[operator.name])
        weights = self.weights(kernel)
        _, height, width, channels = self.graph.shape(source)
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        size = weights.shape[1:3]
        if operator.name == "CONV_2D":
            weights, groups = weights.transpose(0, 3, 1, 2), 1
        else:
            weights, groups = weights.transpose(3, 0, 1, 2), channels
        pads = np.zeros((2, 2), int)
        if options.Padding() == tflite.Padding.SAME:
            axes = zip((height, width), size, strides, dilations)
            pads += [same_padding(*axis) for axis in axes]
        if source in self.folded_pads:
            source, folded = self.folded_pads[source]
            pads += folded
        result = self.builder.node(
            "Conv",
            [self.values[source], self.builder.f32(weights)]
            + [self.builder.f32(self.weights(b)) for b in bias if b >= 0],
            kernel_shape=list(size),
            strides=strides,
            dilations=dilations,
            pads=pads.T.flatten().tolist(),
            group=groups,
        )
        self.values[operator.output] = self.activation(result, options.FusedActivationFunction())

    def pad(self, operator):
        source, amounts = operator.inputs
        (batch, rows, columns, channels) = self.graph.constant(amounts)
        if batch.any():
            raise ValueError("padding of the batch axis is not supported")
        if not channels.any() and self.feeds_valid_convolutions_only(operator.output):
            self.folded_pads[operator.output] = (source, np.array([rows, columns]))
            return
        pads = [0, channels[0], rows[0], columns[0], 0, channels[1], rows[1], columns[1]]
        self.values[operator.output] = self.builder.node(
            "Pad", [self.values[source], self.builder.i64(pads)]
        )

    def feeds_valid_convolutions_only(self, tensor):
        return all(
            consumer.name in _CONVOLUTIONS
            and consumer.options(_CONVOLUTIONS[consumer.name]).Padding() == tflite.Padding.VALID
            for consumer in self.graph.consumers(tensor)
        )

    def prelu(self, operator):
        source, slopes = operator.inputs
        slopes = self.weights(slopes).reshape(-1, 1, 1)
        self.values[operator.output] = self.builder.node(
            "PRelu", [self.values[source], self.builder.f32(slopes)]
        )

    def relu(self, operator):
        [source] = operator.inputs
        self.values[operator.output] = self.builder.node("Relu", [self.values[source]])

    def add(self, operator):
        options = operator.options(tflite.AddOptions)
        total = self.builder.node("Add", [self.values[i] for i in operator.inputs])
        self.values[operator.output] = self.activation(total, options.FusedActivationFunction())

    def max_pool(self, operator):
        [source] = operator.inputs
        options = operator.options(tflite.Pool2DOptions)
        size = [options.FilterHeight(), options.FilterWidth()]
        strides = [options.StrideH(), options.StrideW()]
        pads = np.zeros((2, 2), int)
        if options.Padding() == tflite.Padding.SAME:
            pads += [same_padding(*axis) for axis in zip(self.graph.shape(source)[1:3], size, strides)]
        self.values[operator.output] = self.builder.node(
            "MaxPool",
            [self.values[source]],
            kernel_shape=size,
            strides=strides,
            pads=pads.T.flatten().tolist(),
        )

    def resize_bilinear(self, operator):
        source = operator.inputs[0]
        options = operator.options(tflite.ResizeBilinearOptions)
        _, height, width, _ = self.graph.shape(source)
        _, new_height, new_width, _ = self.graph.shape(operator.output)
        if options.AlignCorners():
            mode = "align_corners"
        else:
            mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        scales = self.builder.f32([1, 1, new_height / height, new_width / width])
        self.values[operator.output] = self.builder.node(
            "Resize",
            [self.values[source], "", scales],
            mode="linear",
            coordinate_transformation_mode=mode,
        )

    def depth_to_space(self, operator):
        block = operator.options(tflite.DepthToSpaceOptions).BlockSize()
        self.values[operator.output] = self.builder.node(
            "DepthToSpace", [self.values[operator.inputs[0]]], blocksize=block, mode="DCR"
        )

    def reshape(self, operator):
        shape = self.builder.i64(self.graph.shape(operator.output))
        self.set_plain(operator, self.builder.node("Reshape", [self.nhwc(operator.inputs[0]), shape]))

    def concatenation(self, operator):
        if not self.plain.issuperset(operator.inputs):
            raise ValueError("only plain values can be concatenated")
        axis = operator.options(tflite.ConcatenationOptions).Axis()
        values = [self.values[i] for i in operator.inputs]
        self.set_plain(operator, self.builder.node("Concat", values, axis=axis))

    def multiply(self, operator):
        factors = []
        for tensor in operator.inputs:
            constant = self.graph.constant(tensor)
            factors.append(self.values[tensor] if constant is None else self.builder.f32(constant))
        self.set_plain(operator, self.builder.node("Mul", factors))

    def strided_slice(self, operator):
        source, *bounds = operator.inputs
        options = operator.options(tflite.StridedSliceOptions)
        if options.EllipsisMask() or options.NewAxisMask() or options.ShrinkAxisMask():
            raise ValueError("only begin and end masks are supported")
        begin, end, steps = (self.graph.constant(b).copy() for b in bounds)
        shape = self.graph.shape(source)
        for axis in range(len(shape)):
            begin[axis] = 0 if options.BeginMask() >> axis & 1 else begin[axis]
            end[axis] = shape[axis] if options.EndMask() >> axis & 1 else end[axis]
        if source not in self.plain:
            begin, end, steps = (v[[0, 3, 1, 2]] for v in (begin, end, steps))
        axes = np.arange(len(shape))
        constants = [self.builder.i64(v) for v in (begin, end, axes, steps)]
        self.values[operator.output] = self.builder.node("Slice", [self.values[source], *constants])
        if source in self.plain:
            self.plain.add(operator.output)

    def landmarks_to_transform_matrix(self, operator):
        landmarks = self.values[operator.inputs[0]]
        matrix = attention_ops.landmarks_to_transform_matrix(
            self.builder, landmarks, operator.custom_options()
        )
        self.set_plain(operator, matrix)

    def transform_tensor_bilinear(self, operator):
        features, matrix = operator.inputs
        self.values[operator.output] = attention_ops.transform_tensor_bilinear(
            self.builder,
            self.values[features],
            self.values[matrix],
            self.graph.shape(features)[1:3],
            operator.custom_options(),
        )

    def transform_landmarks(self, operator):
        landmarks, matrix = (self.values[i] for i in operator.inputs)
        self.set_plain(operator, attention_ops.transform_landmarks(self.builder, landmarks, matrix))

    def set_plain(self, operator, value):
        self.values[operator.output] = value
        self.plain.add(operator.output)
