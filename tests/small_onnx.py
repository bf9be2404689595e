"""ONNX files of a few nodes, written as protobuf bytes by hand (field numbers: onnx/onnx.proto, opset 11)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_FLOAT = 1


def small_cnn() -> bytes:
    """Conv 5x1, Relu, MaxPool, GlobalMaxPool, Conv 1x1, Softmax over an input of 1x8x64x1."""
    nodes = [
        node("Conv", ["text", "w1"], "c1", ints("kernel_shape", [5, 1]), ints("pads", [2, 0, 2, 0])),
        node("Relu", ["c1"], "r1"),
        node("MaxPool", ["r1"], "p1", ints("kernel_shape", [2, 1]), ints("strides", [2, 1])),
        node("GlobalMaxPool", ["p1"], "g1"),
        node("Conv", ["g1", "w2"], "c2", ints("kernel_shape", [1, 1])),
        node("Softmax", ["c2"], "class", integer("axis", 1)),
    ]
    weights = [tensor("w1", [16, 8, 5, 1], [0.01] * 640), tensor("w2", [3, 16, 1, 1], [n / 48 for n in range(48)])]
    return model(nodes, weights, {"text": [1, 8, 64, 1]}, {"class": [1, 3, 1, 1]})


def scaling(scale: float, shift: float) -> bytes:
    """Numbers times one number plus another one, as the classifier begins: layers that change nothing are 1.0 and 0.0."""
    nodes = [
        node("Mul", ["numbers", "scale"], "scaled"),
        node("Add", ["scaled", "shift"], "shifted"),
        node("Relu", ["shifted"], "out"),
    ]
    weights = [tensor("scale", [1, 8], [scale] * 8), tensor("shift", [1, 8], [shift] * 8)]
    return model(nodes, weights, {"numbers": [4, 8]}, {"out": [4, 8]})


def unsupported() -> bytes:
    """A cumulative sum, which the stick cannot do."""
    nodes = [node("Relu", ["text"], "r1"), node("CumSum", ["r1", "axis"], "class")]
    axis = _text(8, "axis") + _number(2, 7) + _bytes(9, struct.pack("<q", 1))
    return model(nodes, [axis], {"text": [1, 8]}, {"class": [1, 8]})


def model(nodes: Sequence[bytes], weights: Sequence[bytes], inputs: dict[str, list[int]], outputs: dict[str, list[int]]) -> bytes:
    """A ModelProto with floats going in and out."""
    graph = b"".join(_bytes(1, one) for one in nodes) + _text(2, "small") + b"".join(_bytes(5, one) for one in weights)
    graph += b"".join(_bytes(11, _value(name, shape)) for name, shape in inputs.items())
    graph += b"".join(_bytes(12, _value(name, shape)) for name, shape in outputs.items())
    return _number(1, 6) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 11))


def node(kind: str, takes: Sequence[str], gives: str, *attributes: bytes) -> bytes:
    """A NodeProto, named as its output."""
    names = b"".join(_text(1, name) for name in takes)
    return names + _text(2, gives) + _text(3, gives) + _text(4, kind) + b"".join(_bytes(5, one) for one in attributes)


def tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    """A TensorProto of floats."""
    sizes = b"".join(_number(1, size) for size in shape)
    return sizes + _number(2, _FLOAT) + _text(8, name) + _bytes(9, struct.pack(f"<{len(values)}f", *values))


def ints(name: str, values: Sequence[int]) -> bytes:
    """An AttributeProto."""
    return _text(1, name) + b"".join(_number(8, value) for value in values) + _number(20, 7)


def integer(name: str, value: int) -> bytes:
    """An AttributeProto."""
    return _text(1, name) + _number(3, value) + _number(20, 2)


def _value(name: str, shape: Sequence[int]) -> bytes:
    sizes = b"".join(_bytes(1, _number(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, sizes)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
