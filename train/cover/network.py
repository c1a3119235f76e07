"""The network: a few residual 3x3 convolutions on a crop of the face with its forehead."""

from torch import nn

CHANNELS = (16, 24, 40, 64)


class Residual(nn.Module):
    """One convolution beside the identity."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(x + self.body(x))


class CoverNet(nn.Module):
    """(N, 3, 64, 64) RGB in [0, 1] -> (N, 4) logits in the order of views.CLASSES."""

    def __init__(self, outputs=4):
        super().__init__()
        layers, inputs = [], 3
        for channels in CHANNELS:
            layers.append(nn.Sequential(nn.Conv2d(inputs, channels, 3, 2, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()))
            layers += [Residual(channels)] if inputs > 3 else []
            inputs = channels
        self.body = nn.Sequential(*layers)
        # A depthwise convolution over the whole map weighs places apart: a face is always in the same place.
        self.pool = nn.Sequential(nn.Conv2d(inputs, inputs, 4, groups=inputs, bias=False), nn.BatchNorm2d(inputs), nn.ReLU())
        self.drop = nn.Dropout(0.1)
        self.head = nn.Conv2d(inputs, outputs, 1)
        self.outputs = outputs

    def forward(self, x):
        # The number of images as a plain number, so that the exported shape is fixed.
        return self.head(self.drop(self.pool(self.body(x)))).reshape(int(x.shape[0]), self.outputs)
