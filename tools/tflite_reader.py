"""Reads a TFLite flatbuffer: operators, options, shapes and constants, sparse ones as dense."""

import numpy as np
import tflite
from flatbuffers import flexbuffers

_OPERATOR_NAMES = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
}
_NUMPY_TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT64: np.int64,
    tflite.TensorType.UINT8: np.uint8,
    tflite.TensorType.INT8: np.int8,
}
_SPARSE_INDEX_VECTORS = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}


class Operator:
    """One operator: its name (a custom one by its custom code), input and output tensors."""

    def __init__(self, model, raw):
        code = model.OperatorCodes(raw.OpcodeIndex())
        self.name = _OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        if self.name == "CUSTOM":
            self.name = code.CustomCode().decode()
        self.inputs = [raw.Inputs(i) for i in range(raw.InputsLength())]
        self.output = raw.Outputs(0)
        self._raw = raw

    def options(self, options_class):
        """The builtin options, read as the generated class `options_class`."""
        table = self._raw.BuiltinOptions()
        options = options_class()
        options.Init(table.Bytes, table.Pos)
        return options

    def custom_options(self):
        return flexbuffers.Loads(bytes(self._raw.CustomOptionsAsNumpy()))


class TfliteGraph:
    """The first subgraph of a model. Tensors are known by their index."""

    def __init__(self, data):
        self._model = tflite.Model.GetRootAsModel(data, 0)
        self._graph = self._model.Subgraphs(0)
        self._constants = {}
        graph = self._graph
        self.operators = [
            Operator(self._model, graph.Operators(i)) for i in range(graph.OperatorsLength())
        ]
        self.inputs = [graph.Inputs(i) for i in range(graph.InputsLength())]
        self.outputs = [graph.Outputs(i) for i in range(graph.OutputsLength())]

    def shape(self, tensor):
        raw = self._graph.Tensors(tensor)
        return raw.ShapeAsNumpy().tolist() if raw.ShapeLength() else []

    def consumers(self, tensor):
        return [operator for operator in self.operators if tensor in operator.inputs]

    def set_constant(self, tensor, value):
        self._constants[tensor] = value

    def constant(self, tensor):
        """The dense value of a constant tensor; None for one that is computed."""
        if tensor not in self._constants:
            raw = self._graph.Tensors(tensor)
            buffer = self._model.Buffers(raw.Buffer())
            if buffer.DataLength() == 0:
                return None
            values = np.frombuffer(buffer.DataAsNumpy().tobytes(), _NUMPY_TYPES[raw.Type()])
            sparsity = raw.Sparsity()
            shape = self.shape(tensor)
            dense = values.reshape(shape) if sparsity is None else densify(sparsity, shape, values)
            self._constants[tensor] = dense
        return self._constants[tensor]


def densify(sparsity, shape, values):
    """The dense array of a tensor stored with TFLite's SparsityParameters.

    The levels of the storage are visited in traversal order; a dense level visits each of its
    indices, a compressed one those of its segment. The levels from `rank` on are blocks inside
    the axes that the block map names.
    """
    rank = len(shape)
    order = sparsity.TraversalOrderAsNumpy().tolist()
    blocks = sparsity.BlockMapAsNumpy()
    blocks = [] if isinstance(blocks, int) else blocks.tolist()
    levels = [_sparse_level(sparsity.DimMetadata(i)) for i in range(sparsity.DimMetadataLength())]
    block_size = {axis: levels[order.index(rank + k)][0] for k, axis in enumerate(blocks)}

    positions = np.zeros(1, np.int64)
    coordinates = np.zeros((1, rank), np.int64)
    for axis, (size, segments, indices) in zip(order, levels):
        if segments is None:
            counts = np.full(len(positions), size)
            within = np.tile(np.arange(size), len(positions))
            new_positions = np.repeat(positions, counts) * size + within
        else:
            counts = segments[positions + 1] - segments[positions]
            new_positions = np.concatenate(
                [np.arange(segments[p], segments[p + 1]) for p in positions]
            )
            within = indices[new_positions]
        coordinates = np.repeat(coordinates, counts, axis=0)
        if axis < rank:
            coordinates[:, axis] += within * block_size.get(axis, 1)
        else:
            coordinates[:, blocks[axis - rank]] += within
        positions = new_positions
    if len(positions) != len(values):
        raise ValueError(f"{len(positions)} sparse positions for {len(values)} values")
    dense = np.zeros(shape, values.dtype)
    dense[tuple(coordinates.T)] = values[positions]
    return dense


def _sparse_level(metadata):
    """(size, None, None) of a dense level, (None, segments, indices) of a compressed one."""
    if metadata.Format() == tflite.DimensionType.DENSE:
        return metadata.DenseSize(), None, None
    segments = _index_vector(metadata.ArraySegmentsType(), metadata.ArraySegments())
    indices = _index_vector(metadata.ArrayIndicesType(), metadata.ArrayIndices())
    return None, segments, indices


def _index_vector(kind, table):
    vector = _SPARSE_INDEX_VECTORS[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy()).astype(np.int64)
