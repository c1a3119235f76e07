"""Reads the weights of a network that dlib has serialised, from the format alone.

The format: an integer is one byte with the number of its bytes (the highest bit: it is negative), then these
bytes, the lowest first; a real number is two integers, m and e of m * 2^e; a string is its length and its bytes;
a tensor is a version, four lengths (samples, channels, rows, columns) and 32-bit floats. A network is nested from
the loss inwards: first the version of every layer, then the input, and then the computing layers from the input outwards, each with its name before it and its flags and three
tensors of training, empty here, behind it.
"""

import math
from dataclasses import dataclass, field

import numpy as np

COMPUTES, MARKS, INNERMOST = 2, 1, 3
"""Versions of the layers: one that computes, a tag or a skip (which leave no other trace), and the one that
computes from the input."""


@dataclass
class Layer:
    name: str
    weights: np.ndarray | None = None
    bias: np.ndarray | None = None
    window: tuple = ()
    """Rows and columns of the window, rows and columns of its stride."""
    padding: tuple = ()


@dataclass
class Net:
    means: tuple = ()
    side: int = 0
    versions: list = field(default_factory=list)
    """Of the layers, the outermost first, without the innermost one."""
    layers: list = field(default_factory=list)
    """The computing layers, the innermost first."""


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        taken = self.data[self.at : self.at + count]
        if len(taken) != count:
            raise ValueError(f"the file ends {count - len(taken)} bytes early")
        self.at += count
        return taken

    def integer(self):
        [head] = self.take(1)
        value = int.from_bytes(self.take(head & 0x0F), "little")
        return -value if head & 0x80 else value

    def integers(self, count):
        return tuple(self.integer() for _ in range(count))

    def real(self):
        mantissa, exponent = self.integers(2)
        return math.ldexp(mantissa, exponent)

    def text(self):
        return self.take(self.integer()).decode("ascii")

    def expect(self, what, value, wanted):
        if value != wanted:
            raise ValueError(f"{what} is {value}, expected {wanted}, before byte {self.at}")

    def tensor(self):
        self.expect("the version of a tensor", self.integer(), 2)
        shape = self.integers(4)
        values = np.frombuffer(self.take(4 * math.prod(shape)), "<f4")
        return values.reshape(shape)

    def part(self):
        """The shape of a part of a tensor."""
        self.expect("the version of a part", self.integer(), 1)
        return self.integers(4)


def read_net(data):
    """The network in `data`, which must hold nothing else."""
    reader = Reader(data)
    reader.expect("the version of the loss", reader.integer(), 1)
    reader.expect("the loss", reader.text(), "loss_metric_2")
    reader.real(), reader.real()  # margin and threshold of the training
    net = Net()
    while (version := reader.integer()) in (COMPUTES, MARKS):
        net.versions.append(version)
    reader.expect("the version of the innermost layer", version, INNERMOST)
    reader.expect("the input", reader.text(), "input_rgb_image_sized")
    net.means = tuple(reader.real() for _ in range(3))
    net.side, columns = reader.integers(2)
    reader.expect("the number of columns of the input", columns, net.side)
    for _ in range(net.versions.count(COMPUTES) + 1):
        layer = read_layer(reader)
        if not set(reader.take(3)) <= set(b"01"):
            raise ValueError(f"no flags after {layer.name}, before byte {reader.at}")
        for _ in range(3):
            reader.tensor()
        if not net.layers:
            reader.expect("the number of samples an image becomes", reader.integer(), 1)
        net.layers.append(layer)
    reader.expect("the number of bytes after the network", len(data) - reader.at, 0)
    return net


def read_layer(reader):
    name = reader.text()
    if name not in KINDS:
        raise ValueError(f"the layer {name!r} is not known, before byte {reader.at}")
    return KINDS[name](reader, name)


def convolution(reader, name):
    values = reader.tensor().ravel()
    outputs = reader.integer()
    size, strides, padding = reader.integers(2), reader.integers(2), reader.integers(2)
    kernel, bias = reader.part(), reader.part()
    rates(reader)
    reader.expect("a kernel", (kernel[0], *kernel[2:]), (outputs, *size))
    weights, bias = split(values, kernel, bias)
    return Layer(name, weights, bias.ravel(), (*size, *strides), padding)


def affine(reader, name):
    values = reader.tensor().ravel()
    factor, summand = reader.part(), reader.part()
    reader.expect("the mode of an affine layer", reader.integer(), 0)
    factor, summand = split(values, factor, summand)
    return Layer(name, factor.ravel(), summand.ravel())


def pooling(reader, name):
    return Layer(name, None, None, reader.integers(4), reader.integers(2))


def fully_connected(reader, name):
    outputs, inputs = reader.integers(2)
    values = reader.tensor()
    kernel, _ = reader.part(), reader.part()
    reader.expect("fully connected: without bias", reader.integer(), 1)
    rates(reader)
    reader.expect("a fully connected kernel", kernel[:2], (inputs, outputs))
    return Layer(name, values.reshape(inputs, outputs))


def nothing_more(_reader, name):
    return Layer(name)


def rates(reader):
    """How fast training moves weights and bias."""
    for _ in range(4):
        reader.real()


def split(values, first, second):
    """A tensor of two parts."""
    count = math.prod(first)
    if count + math.prod(second) != len(values):
        raise ValueError(f"parts of {first} and {second} do not make up {len(values)} values")
    return values[:count].reshape(first), values[count:].reshape(second)


KINDS = {
    "con_4": convolution,
    "affine_": affine,
    "relu_": nothing_more,
    "add_prev_": nothing_more,
    "max_pool_2": pooling,
    "avg_pool_2": pooling,
    "fc_2": fully_connected,
}
