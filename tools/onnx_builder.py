"""Collects ONNX nodes and constants, with names that depend on their order alone."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


class OnnxBuilder:
    def __init__(self):
        self.nodes = []
        self._constants = []
        self._inputs = []
        self._outputs = []

    def input(self, name, shape):
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def node(self, kind, inputs, **attributes):
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def f32(self, values):
        return self._constant(np.asarray(values, np.float32))

    def f16(self, values):
        return self._constant(np.asarray(values, np.float16))

    def i64(self, values):
        return self._constant(np.asarray(values, np.int64))

    def _constant(self, array):
        name = f"c_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def output(self, value, name, shape):
        """Declares `value` as the graph's output `name`."""
        for node in self.nodes:
            node.output[:] = [name if o == value else o for o in node.output]
            node.input[:] = [name if i == value else i for i in node.input]
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def model(self, name):
        graph = helper.make_graph(self.nodes, name, self._inputs, self._outputs, self._constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="lifesign",
        )
        onnx.checker.check_model(model, full_check=True)
        return model
