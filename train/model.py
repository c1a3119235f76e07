"""The network: a small residual body on the context crop, heads for recapture and synthesis."""

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

TEACHER_CHANNELS = 128  # of the teacher's embedding and of its maps; imitated in training only
HEADS = ("teacher", "recapture", "synthesis")  # the logits, in this order; each is positive for an attack

SIZE = 80
# A 5x5 stem, then stages of 3x3 convolutions; each begins with stride 2 and has so many residual blocks. Dense, not
# separable: on a CPU they are trained twice as fast at equal accuracy, and 15 M multiply-adds are 1 to 2 ms to run.
CHANNELS = (16, 32, 64, 96)
BLOCKS = (0, 2, 3, 2)


def convolution(inputs, outputs, side=3, stride=1, groups=1, activate=True):
    layers = [nn.Conv2d(inputs, outputs, side, stride, side // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if activate else []))


class Residual(nn.Module):
    """Two convolutions beside the identity."""

    def __init__(self, channels):
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = convolution(channels, channels, activate=False)

    def forward(self, x):
        return torch.relu(x + self.second(self.first(x)))


class PadNet(nn.Module):
    """(N, 3, 80, 80) RGB in [0, 1] -> (N, 3) logits in the order of HEADS."""

    def __init__(self):
        super().__init__()
        stages, inputs, ends = [], 3, []
        for channels, blocks in zip(CHANNELS, BLOCKS):
            stages.append(convolution(inputs, channels, side=3 if stages else 5, stride=2))
            stages += [Residual(channels) for _ in range(blocks)]
            inputs = channels
            ends.append(len(stages))
        self.stages, self.middle = nn.Sequential(*stages), ends[-2]
        side = SIZE // 2 ** len(CHANNELS)
        # A depthwise convolution over the whole map weighs places apart, where an average would not.
        self.pool = nn.Sequential(nn.Conv2d(inputs, inputs, side, groups=inputs, bias=False), nn.BatchNorm2d(inputs), nn.Flatten())
        self.drop = nn.Dropout(0.1)
        self.heads = nn.Linear(inputs, len(HEADS))
        self.imitate = nn.Linear(inputs, TEACHER_CHANNELS)
        self.imitate_maps = nn.ModuleList(nn.Conv2d(channels, TEACHER_CHANNELS, 1) for channels in CHANNELS[-2:])

    def maps(self, x):
        """The last outputs at 10x10 and at 5x5."""
        middle = self.stages[: self.middle](x)
        return middle, self.stages[self.middle :](middle)

    def forward(self, x):
        return self.heads(self.pool(self.maps((x - 0.5) * 4.0)[1]))

    def imitating(self, x):
        """Logits, and the imitated embedding and maps of the teacher, for training."""
        maps = self.maps((x - 0.5) * 4.0)
        features = self.drop(self.pool(maps[1]))
        return self.heads(features), self.imitate(features), [f(m) for f, m in zip(self.imitate_maps, maps)]


def load(cache, name, fold):
    """The network of one fold of a run."""
    net = PadNet()
    net.load_state_dict(torch.load(cache / "runs" / name / f"fold_{fold}.pt", weights_only=True))
    return net.eval()


def fold_batch_norms(module):
    """Merge every Conv2d with the BatchNorm2d after it, in place."""
    for child in module.children():
        if isinstance(child, nn.Sequential):
            for i in range(len(child) - 1):
                if isinstance(child[i], nn.Conv2d) and isinstance(child[i + 1], nn.BatchNorm2d):
                    child[i], child[i + 1] = fuse_conv_bn_eval(child[i], child[i + 1]), nn.Identity()
        fold_batch_norms(child)
    return module
