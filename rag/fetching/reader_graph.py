"""The reader as an ONNX graph that a small engine runs: its matrices in 8 bits, all else in float32.

One pair at a time, so that nothing is padded and a pair's scores do not depend on what is read with it. Inputs are the
rows of the table of words for the ids, float32 [tokens, width], their `positions` int64 [tokens], and `means` float32
[sentences, tokens], whose rows average the tokens of a sentence. Outputs: `relevance` float32 [1], `spans` float32
[tokens, 2] and `worth` float32 [sentences].

Matrices are rounded to 8 bits with one scale a column, and what they are multiplied with is rounded as it comes
(Dettmers et al. 2022, "LLM.int8()", section 2, https://arxiv.org/abs/2208.07339).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_CONTRIB = "com.microsoft"
_OPSET, _IR = 17, 9


def reader_graph(weights: Mapping[str, Floats], layers: int, heads: int, epsilon: float) -> bytes:
    """The graph of a reader with the `weights` that `merged` gives, serialised."""
    return _Graph(weights, heads, epsilon).made(layers)


class _Graph:
    def __init__(self, weights: Mapping[str, Floats], heads: int, epsilon: float) -> None:
        from onnx import helper

        self._helper: Any = helper
        self._weights = weights
        self._heads = heads
        self._epsilon = epsilon
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def made(self, layers: int) -> bytes:
        x = self._add("words", self._node("Gather", [self._constant("places"), "positions"]))
        x = self._norm(x, "norm")
        x = self._node("Unsqueeze", [x, self._numbers([0])])
        for number in range(layers):
            x = self._layer(x, f"layers.{number}")
        x = self._node("Squeeze", [x, self._numbers([0])])
        first = self._node("Slice", [x, *(self._numbers([n]) for n in (0, 1, 0))])
        whole = self._node("ReduceMean", [x], axes=[0], keepdims=1)
        self._head([first, whole], "relevance", "relevance")
        self._node("Add", [self._times(x, "span.weight"), self._constant("span.bias")], "spans")
        means = self._node("MatMul", ["means", x])
        home = self._node("Expand", [first, self._node("Shape", [means])])
        self._head([means, home], "sentence", "worth")
        return self._serialised()

    def _layer(self, x: str, name: str) -> str:
        qkv = self._linear(x, f"{name}.qkv")
        q, k, v = self._nodes_of("Split", [qkv, self._numbers([self._width] * 3)], 3, axis=2)
        seen = self._node("MultiHeadAttention", [q, k, v], domain=_CONTRIB, num_heads=self._heads)
        x = self._norm(self._add(x, self._linear(seen, f"{name}.out")), f"{name}.norm1")
        inner = self._node("Gelu", [self._linear(x, f"{name}.up")], domain=_CONTRIB)
        return self._norm(self._add(x, self._linear(inner, f"{name}.down")), f"{name}.norm2")

    def _head(self, parts: Sequence[str], name: str, out: str) -> None:
        """Two layers over the parts side by side, in float32: they decide alone, and cost nothing."""
        joined = self._node("Concat", parts, axis=1)
        hidden = self._add(self._times(joined, f"{name}.hidden.weight"), self._constant(f"{name}.hidden.bias"))
        lit = self._node("Gelu", [hidden], domain=_CONTRIB)
        score = self._add(self._times(lit, f"{name}.score.weight"), self._constant(f"{name}.score.bias"))
        self._node("Squeeze", [score, self._numbers([1])], out)

    @property
    def _width(self) -> int:
        return int(self._weights["places"].shape[1])

    def _linear(self, x: str, name: str) -> str:
        weight = self._weights[f"{name}.weight"].T
        scale = (np.maximum(np.abs(weight).max(0), 1e-12) / 127).astype(np.float32)
        whole, scales = f"{name}.weight", f"{name}.scale"
        self._keep(whole, np.round(weight / scale).astype(np.int8))
        self._keep(scales, scale)
        bias = self._constant(f"{name}.bias")
        return self._node("DynamicQuantizeMatMul", [x, whole, scales, "", bias], domain=_CONTRIB)

    def _times(self, x: str, name: str) -> str:
        self._keep(name, self._weights[name].T)
        return self._node("MatMul", [x, name])

    def _norm(self, x: str, name: str) -> str:
        weight, bias = self._constant(f"{name}.weight"), self._constant(f"{name}.bias")
        return self._node("LayerNormalization", [x, weight, bias], axis=-1, epsilon=self._epsilon)

    def _add(self, one: str, other: str) -> str:
        return self._node("Add", [one, other])

    def _constant(self, name: str) -> str:
        return self._keep(name, self._weights[name])

    def _numbers(self, values: Sequence[int]) -> str:
        return self._keep("numbers." + ".".join(map(str, values)), np.array(values, np.int64))

    def _keep(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def _node(self, kind: str, inputs: Sequence[str], out: str = "", domain: str = "", **attributes: Any) -> str:
        (name,) = self._nodes_of(kind, inputs, 1, out, domain, **attributes)
        return name

    def _nodes_of(
        self, kind: str, inputs: Sequence[str], count: int, out: str = "", domain: str = "", **attributes: Any
    ) -> list[str]:
        names = [out or f"{len(self._nodes)}.{number}" for number in range(count)]
        self._nodes.append(self._helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names

    def _serialised(self) -> bytes:
        from onnx import TensorProto

        value = self._helper.make_tensor_value_info
        inputs = [
            value("words", TensorProto.FLOAT, ["tokens", self._width]),
            value("positions", TensorProto.INT64, ["tokens"]),
            value("means", TensorProto.FLOAT, ["sentences", "tokens"]),
        ]
        outputs = [
            value("relevance", TensorProto.FLOAT, [1]),
            value("spans", TensorProto.FLOAT, ["tokens", 2]),
            value("worth", TensorProto.FLOAT, ["sentences"]),
        ]
        graph = self._helper.make_graph(self._nodes, "reader", inputs, outputs, list(self._constants.values()))
        opsets = [self._helper.make_opsetid("", _OPSET), self._helper.make_opsetid(_CONTRIB, 1)]
        model = self._helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="rag")
        return bytes(model.SerializeToString())
