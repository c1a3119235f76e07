"""The shipped form of a fixed-feature network: one ONNX graph from the context crop to three logits.

The face detector's early layers (MediaPipe short range, Apache-2.0) and the 8x8 cosine transform are fixed; only the
head is learned. `FixedNet.features` equals `feature_bank.features_of` for the blocks that the head uses.
"""

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

from crops import filter_matrix
from feature_bank import LAYERS, LEVELS, SIDE, STEEPNESS, TO_YCC, cosine_matrix


class DetectorMaps(nn.Module):
    """The maps LAYERS of the detector, from its ONNX file: convolutions, additions, paddings and poolings alone."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(str(path)).graph
        constants = {t.name: onnx.numpy_helper.to_array(t).copy() for t in graph.initializer}
        self.source, self.plan, self.weights = graph.input[0].name, [], nn.ParameterDict()
        for node in graph.node:
            if node.op_type == "Constant":
                constants[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t).copy()
                continue
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            self.plan.append((node.op_type, list(node.input), node.output[0], attributes))
            for name in node.input:
                if node.op_type == "Conv" and name in constants:
                    self.weights[name.replace(".", "_")] = nn.Parameter(torch.from_numpy(constants[name]), requires_grad=False)
            if node.output[0] == LAYERS[-1]:
                break
        self.pads = {name: value.tolist() for name, value in constants.items() if value.dtype == np.int64}

    def forward(self, x):
        values = {self.source: x}
        for kind, inputs, output, attributes in self.plan:
            a = values[inputs[0]]
            if kind == "Conv":
                top, left, bottom, right = attributes["pads"]
                weight, bias = (self.weights[n.replace(".", "_")] for n in inputs[1:3])
                values[output] = F.conv2d(F.pad(a, (left, right, top, bottom)), weight, bias, attributes["strides"], 0, 1, attributes.get("group", 1))
            elif kind == "Relu":
                values[output] = F.relu(a)
            elif kind == "Add":
                values[output] = a + values[inputs[1]]
            elif kind == "MaxPool":
                values[output] = F.max_pool2d(a, 2)
            elif kind == "Pad":
                before, after = self.pads[inputs[1]][:4], self.pads[inputs[1]][4:]
                values[output] = F.pad(a, (before[3], after[3], before[2], after[2], before[1], after[1]))
            else:
                raise ValueError(f"operation {kind} of the detector is not handled")
        return [values[name] for name in LAYERS]


def region_moments(maps):
    """`feature_bank.regions` in PyTorch."""
    size = maps.shape[2]
    q = size // 4
    centre = maps[:, :, q : size - q, q : size - q]
    inner = (size - 2 * q) ** 2
    out = []
    s, s2, c, c2 = maps.sum((2, 3)), (maps * maps).sum((2, 3)), centre.sum((2, 3)), (centre * centre).sum((2, 3))
    for first, second, count in ((c, c2, inner), (s - c, s2 - c2, size * size - inner)):
        mean = first / count
        out += [mean, torch.sqrt(F.relu(second / count - mean * mean))]
    return torch.cat(out, 1)


class FixedNet(nn.Module):
    """(N, 3, 80, 80) RGB in [0, 1] -> (N, 3) logits: fixed features, then the mean of small
    learned heads, each with the mean and deviation that standardise its input."""

    def __init__(self, detector, size, heads):
        super().__init__()
        self.maps, self.heads = DetectorMaps(detector), nn.ModuleList(head for head, _, _ in heads)
        for i, (_, mean, deviation) in enumerate(heads):
            self.register_buffer(f"mean_{i}", torch.from_numpy(mean))
            self.register_buffer(f"deviation_{i}", torch.from_numpy(deviation))
        grow = filter_matrix(0, size, size, SIDE).astype(np.float32)
        d = cosine_matrix()
        kernels = np.einsum("ki,lj->klij", d, d).reshape(64, 1, 8, 8)
        for name, value in (("grow", grow), ("kernels", kernels), ("to_ycc", TO_YCC.reshape(3, 3, 1, 1) * 255),
                            ("luma_levels", np.float32(LEVELS[0]).reshape(1, -1, 1, 1)),
                            ("chroma_levels", np.float32(LEVELS[1]).reshape(1, -1, 1, 1))):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(value)))

    def features(self, image):
        large = self.grow @ image @ self.grow.T
        pooled = torch.cat([region_moments(m) for m in self.maps(large * 2 - 1)], 1)
        ycc = F.conv2d(image, self.to_ycc)
        coefficients = [F.conv2d(ycc[:, c : c + 1], self.kernels, stride=8).abs() for c in range(3)]
        q = coefficients[0].shape[2] // 4
        # Order of the features: coefficient, then channel.
        whole = torch.stack([c.mean((2, 3)) for c in coefficients], 2).flatten(1)
        centre = torch.stack([c[:, :, q:-q, q:-q].mean((2, 3)) for c in coefficients], 2).flatten(1)
        return torch.cat([pooled, torch.log(torch.cat([whole, centre], 1) + 0.1), 2 * self.colours(ycc)], 1)

    def colours(self, ycc):
        """`feature_bank.colour_distributions` in PyTorch."""
        q, shares = ycc.shape[2] // 4, []
        for part in (ycc, ycc[:, :, q:-q, q:-q]):
            for channel, kind in ((0, 0), (1, 1), (2, 1)):
                levels = self.luma_levels if kind == 0 else self.chroma_levels
                shares.append(torch.sigmoid(STEEPNESS[kind] * (part[:, channel : channel + 1] - levels)).mean((2, 3)))
        return torch.cat(shares, 1)

    def forward(self, image):
        x = self.features(image)
        total = 0
        for i, head in enumerate(self.heads):
            total = total + head(((x - getattr(self, f"mean_{i}")) / getattr(self, f"deviation_{i}")).clamp(-5, 5))
        return total / len(self.heads)
