"""The teacher: the two MiniFASNet models (80x80 BGR 0..255), run in batches; training only, never shipped."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

SCALES = {"minifasnet_v2_2.7": 2.7, "minifasnet_v1se_4.0": 4.0}
LIVE_CLASS = 1
EMBEDDING = "/bn/BatchNormalization_output_0"  # 128 values before the last linear layer


def open_batched(path, threads, more=()):
    """A session that takes any batch size and also gives the embedding and other inner values."""
    model = onnx.load(str(path))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    for node in model.graph.node:  # the flattening constant pins a batch of one
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.t.dims == [2]:
                shape = onnx.numpy_helper.to_array(attribute.t).copy()
                shape[:] = (-1, 512)
                attribute.t.CopyFrom(onnx.numpy_helper.from_array(shape))
    del model.graph.value_info[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(EMBEDDING, onnx.TensorProto.FLOAT, ["n", 128]))
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in more)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


class Teacher:
    """Class logits and embeddings of one MiniFASNet for batches of RGB byte crops."""

    def __init__(self, folder, name, threads=2):
        self.session = open_batched(Path(folder) / f"{name}.onnx", threads)
        self.input = self.session.get_inputs()[0].name

    def run(self, rgb, batch=128):
        """(N, 80, 80, 3) RGB bytes -> logits (N, 3), embeddings (N, 128)."""
        logits, embeddings = [], []
        for start in range(0, len(rgb), batch):
            bgr = rgb[start : start + batch, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)
            out, embedding = self.session.run(None, {self.input: np.ascontiguousarray(bgr)})
            logits.append(out)
            embeddings.append(embedding)
        return np.concatenate(logits), np.concatenate(embeddings)


def live_probability(logits):
    """Softmax probability of the live class."""
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return (shifted / shifted.sum(1, keepdims=True))[:, LIVE_CLASS]


MAPS = {"map10": "/conv_4/model/model.5/Add_output_0", "map5": "/conv_5/model/model.1/Add_output_0"}  # 128 channels each


class MapTeacher:
    """Logits, embedding and inner maps of the 2.7x model."""

    def __init__(self, folder):
        self.session = open_batched(Path(folder) / "minifasnet_v2_2.7.onnx", 1, MAPS.values())
        self.names = [self.session.get_outputs()[0].name, EMBEDDING, *MAPS.values()]

    def run(self, rgb, batch=16):
        """(N, 80, 80, 3) RGB bytes -> logits (N, 3), embedding (N, 128), map10 (N, 128, 10, 10), map5 (N, 128, 5, 5)."""
        parts = []
        for start in range(0, len(rgb), batch):
            bgr = rgb[start : start + batch, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)
            parts.append(self.session.run(self.names, {self.session.get_inputs()[0].name: np.ascontiguousarray(bgr)}))
        logits, *rest = (np.concatenate(values) for values in zip(*parts))
        return {"logits": logits, **{name: value.astype(np.float16) for name, value in zip(("embedding", *MAPS), rest)}}
