"""The two pretrained networks whose inner maps are the features; neither is trained here.

`recapture`: the first blocks of EfficientNet-Lite0 (backbone.py) on the crop at 160 x 160.
`synthesis`: MediaPipe's short-range face detector (Apache-2.0) up to its last map, on the crop at 80 x 80, enlarged to the
detector's 128: what is left out below that size told sources apart, not faces.

Each is an ONNX graph from (1, 3, S, S), RGB in the trunk's range, to its maps, (1, places, channels) each.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper

from backbone import pretrained
from crops import Crop

OPSET = 17
SCALE = 2.7
BLOCKS = 11  # of EfficientNet-Lite0; the rest is a third of the work and told nothing more
DETECTOR = Path(__file__).parent / "../models/face_detection_short_range.onnx"
LAYERS = ("relu_10", "relu_26", "relu_42", "relu_57", "relu_63", "relu_79")
DETECTOR_SIDE = 128


MEAN_LUMA = 0.45  # that a crop is brought to where light is to say nothing, as a share of white
EXPONENTS = (0.4, 2.5)  # that may be needed for it
SOFTENING = 0.02  # added to a deviation before its logarithm


def even_light(rgb):
    """(S, S, 3) bytes brought to MEAN_LUMA by one exponent."""
    luma = rgb.reshape(-1, 3).sum(0, dtype=np.int64) @ (0.299, 0.587, 0.114) / (rgb.size / 3) / 255
    exponent = np.clip(np.log(MEAN_LUMA) / np.log(np.clip(luma, 0.02, 0.98)), *EXPONENTS)
    return np.floor((np.arange(256) / 255) ** exponent * 255 + 0.5).astype(np.uint8)[rgb]


@dataclass(frozen=True)
class Trunk:
    """`range`: what byte 0 and byte 255 become; `even`: whether `even_light` comes before; `sides`: of the maps."""

    crop: Crop
    range: tuple
    even: bool
    sides: tuple
    channels: tuple

    def input(self, rgb):
        """(S, S, 3) bytes as the graph takes them."""
        rgb = even_light(rgb) if self.even else rgb
        low, high = np.float32(self.range)
        scaled = low + (high - low) * (rgb.astype(np.float32) / 255)
        return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


TRUNKS = {
    "recapture": Trunk(Crop(SCALE, 160), (-127 / 128, 1.0), True, (80, 40, 40, 20, 20, 10, 10, 10, 10, 10, 10),
                       (16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112)),
    "synthesis": Trunk(Crop(SCALE, 80), (-1.0, 1.0), False, (64, 32, 16, 16, 8, 8), (28, 42, 64, 88, 96, 96)),
}


def input_of(name):
    size = TRUNKS[name].crop.size
    return helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, size, size])


def recapture_graph(path):
    """Nodes and constants from `image` to the maps' names."""
    net, size = pretrained("lite0", BLOCKS), TRUNKS["recapture"].crop.size
    names = [f"map_{i}" for i in range(BLOCKS)]
    torch.onnx.export(net, torch.zeros(1, 3, size, size), str(path), opset_version=OPSET, dynamo=False,
                      input_names=["image"], output_names=names)
    settings = onnxruntime.SessionOptions()  # folds the shape arithmetic that the exporter leaves
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    settings.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), settings, providers=["CPUExecutionProvider"])
    graph = onnx.load(str(path)).graph
    pad_inside_convolutions(graph)
    used = {name for node in graph.node for name in node.input}
    return list(graph.node), [t for t in graph.initializer if t.name in used], names


def pad_inside_convolutions(graph):
    """Give each convolution the zero padding before it: one operation and one copy less."""
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    users = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for pad in [n for n in graph.node if n.op_type == "Pad"]:
        amounts = constants[pad.input[1]]
        for node in users[pad.output[0]]:
            pads = next(a for a in node.attribute if a.name == "pads")
            pads.ints[:] = np.add(pads.ints, amounts[[2, 3, 6, 7]]).tolist()
            node.input[0] = pad.input[0]
        graph.node.remove(pad)


def synthesis_graph():
    """The same of the detector, with its enlargement before it."""
    graph = onnx.load(str(DETECTOR)).graph
    last = next(i for i, n in enumerate(graph.node) if n.output[0] == LAYERS[-1])
    nodes = list(graph.node)[: last + 1]
    for node in nodes:
        for i, name in enumerate(node.input):
            if name == graph.input[0].name:
                node.input[i] = "enlarged"
    used = {name for node in nodes for name in node.input}
    constants = [t for t in graph.initializer if t.name in used]
    # The project's runtime enlarges maps, not its input.
    copy = numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "copy")
    factor = DETECTOR_SIDE / TRUNKS["synthesis"].crop.size
    scales = numpy_helper.from_array(np.float32([1, 1, factor, factor]), "scales")
    before = [helper.make_node("Conv", ["image", "copy"], ["copied"], kernel_shape=[1, 1]),
              helper.make_node("Resize", ["copied", "", "scales"], ["enlarged"], mode="linear",
                               coordinate_transformation_mode="half_pixel")]
    return [*before, *nodes], [copy, scales, *constants], list(LAYERS)


def build(name, path, heads={}):
    """Write the trunk's ONNX file; each of `heads` (weights of the features, then the constant) becomes an output of its own."""
    trunk = TRUNKS[name]
    nodes, constants, maps = recapture_graph(path) if name == "recapture" else synthesis_graph()
    outputs = []
    for i, (source, side, channels) in enumerate(zip(maps, trunk.sides, trunk.channels)):
        shape = [1, side * side, channels]
        constants.append(numpy_helper.from_array(np.int64(shape), f"shape_{i}"))
        nodes += [helper.make_node("Transpose", [source], [f"pixels_{i}"], perm=[0, 2, 3, 1]),
                  helper.make_node("Reshape", [f"pixels_{i}", f"shape_{i}"], [f"places_{i}"])]
        outputs.append(helper.make_tensor_value_info(f"places_{i}", onnx.TensorProto.FLOAT, shape))
    for output, head in heads.items():
        constants.append(numpy_helper.from_array(np.float32(head)[None], output))
        outputs.append(helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [1, len(head)]))
    graph = helper.make_graph(nodes, name, [input_of(name)], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def open_trunk(path):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def spread(values, axis):
    """Logarithm of the deviation, softened where there is none: a ratio of contrasts becomes a difference."""
    return np.log(np.std(values, axis=axis) + SOFTENING)


def moments(places, side):
    """Mean and spread of each channel of (places, channels), over the inner half of the square and over the rest."""
    square, q = places.astype(np.float64).reshape(side, side, -1), side // 4
    inside = np.zeros((side, side), bool)
    inside[q : side - q, q : side - q] = True
    return np.concatenate([f(part, axis=0) for part in (square[inside], square[~inside]) for f in (np.mean, spread)])


def features(session, trunk, rgb):
    """The moments of all maps of one byte crop."""
    maps = session.run([f"places_{i}" for i in range(len(trunk.sides))], {"image": trunk.input(rgb)})
    return np.concatenate([moments(m[0], side) for m, side in zip(maps, trunk.sides)])
