"""The graph in a served LiteRT file: its weights, and its inner tensors made visible."""

import struct
from typing import Any

import numpy as np

# What reading a file that is no model, or half of one, ends in.
FAULTS = (ValueError, RuntimeError, LookupError, AttributeError, TypeError, struct.error)


class Graph:
    """A LiteRT model taken apart. Wherever it is used, `FAULTS` may be raised by a damaged file."""

    def __init__(self, content: bytes) -> None:
        # It loads in 20 ms, and few commands need it.
        from ai_edge_litert import schema_py_generated as schema

        self._schema = schema
        self._size = len(content)
        self._model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
        self._graph: Any = self._model.subgraphs[0]

    @property
    def output(self) -> int:
        """The tensor with the probabilities."""
        return int(self._graph.outputs[0])

    def convolutions(self) -> list[int]:
        """The tensors that the ordinary (not depthwise) convolutions make, the first one first."""
        return [int(operator.outputs[0]) for operator in self._convolutions()]

    def first_filters(self) -> np.ndarray:
        """(n, h, w, channels) float32, the weights of the first convolution."""
        number = int(self._convolutions()[0].inputs[1])
        for operator in self._graph.operators:
            # Half-size weights are widened as the model runs.
            if self._kind(operator) == self._schema.BuiltinOperator.DEQUANTIZE:
                number = int(operator.inputs[0]) if number in operator.outputs else number
        tensor = self._graph.tensors[number]
        types = {
            self._schema.TensorType.FLOAT32: np.float32,
            self._schema.TensorType.FLOAT16: np.float16,
        }
        if tensor.type not in types:
            raise ValueError("the weights are not floating-point numbers")
        data = bytes(self._model.buffers[tensor.buffer].data)
        return np.frombuffer(data, types[tensor.type]).reshape(tensor.shape).astype(np.float32)

    def read_by_last_dense(self) -> int:
        """The tensor that the last dense layer reads; the logits where there is no such layer."""
        builtin = self._schema.BuiltinOperator
        makers = {int(made): op for op in self._graph.operators for made in op.outputs}
        # From the probabilities back over the softmax, and what only reshapes, to a dense layer.
        tensor = self.output
        while tensor in makers:
            kind = self._kind(makers[tensor])
            if kind not in (builtin.SOFTMAX, builtin.RESHAPE, builtin.FULLY_CONNECTED):
                break
            tensor = int(makers[tensor].inputs[0])
            if kind == builtin.FULLY_CONNECTED:
                break
        return tensor

    def with_outputs(self, tensors: list[int]) -> bytes:
        """The model file with exactly these outputs."""
        import flatbuffers

        self._graph.outputs = np.array(tensors, np.int32)
        builder = flatbuffers.Builder(self._size + 1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _kind(self, operator: Any) -> int:
        return int(self._model.operatorCodes[operator.opcodeIndex].builtinCode)

    def _convolutions(self) -> list[Any]:
        wanted = self._schema.BuiltinOperator.CONV_2D
        return [op for op in self._graph.operators if self._kind(op) == wanted]
