"""The networks: one small residual body for both crops, heads for recapture and synthesis."""

from dataclasses import dataclass

import torch
from torch import nn

TEACHER_EMBEDDING = 256  # two teachers' 128 values each; predicted in training only
HEADS = ("teacher", "recapture", "synthesis")  # the logits, in this order; each is positive for an attack


@dataclass(frozen=True)
class Body:
    """A 7x7 stem of stride 4, then stages of stride 2, each followed by `blocks` separable residual blocks."""

    channels: tuple = (32, 64)
    blocks: tuple = (1, 3)
    size: int = 80


CONTEXT_BODY = Body()
TEXTURE_BODY = Body(channels=(24, 48, 64), blocks=(0, 1, 2), size=128)


def convolution(inputs, outputs, side=3, stride=1, groups=1, activate=True):
    layers = [nn.Conv2d(inputs, outputs, side, stride, side // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if activate else []))


class Residual(nn.Module):
    """A depthwise and a pointwise convolution beside the identity."""

    def __init__(self, channels):
        super().__init__()
        self.first = convolution(channels, channels, groups=channels)
        self.second = convolution(channels, channels, side=1, activate=False)

    def forward(self, x):
        return torch.relu(x + self.second(self.first(x)))


class PadNet(nn.Module):
    """(N, 3, size, size) RGB in [0, 1] -> (N, 3) logits in the order of HEADS."""

    def __init__(self, body):
        super().__init__()
        stages, inputs = [], 3
        for channels, blocks in zip(body.channels, body.blocks):
            stages.append(convolution(inputs, channels, stride=2) if stages else convolution(inputs, channels, side=7, stride=4))
            stages += [Residual(channels) for _ in range(blocks)]
            inputs = channels
        self.stages = nn.Sequential(*stages)
        side = body.size // 2 ** (len(body.channels) + 1)
        # A depthwise convolution over the whole map weighs places apart, where an average would not.
        self.pool = nn.Sequential(nn.Conv2d(inputs, inputs, side, groups=inputs, bias=False), nn.BatchNorm2d(inputs), nn.Flatten())
        self.drop = nn.Dropout(0.1)
        self.heads = nn.Linear(inputs, len(HEADS))
        self.imitate = nn.Linear(inputs, TEACHER_EMBEDDING)

    def features(self, x):
        return self.pool(self.stages((x - 0.5) * 4.0))

    def forward(self, x):
        return self.heads(self.features(x))

    def both(self, x):
        """Logits and the imitated teacher embedding, for training."""
        features = self.drop(self.features(x))
        return self.heads(features), self.imitate(features)


def build(branch):
    """The network of a branch, `context` or `texture`."""
    return PadNet({"context": CONTEXT_BODY, "texture": TEXTURE_BODY}[branch])
