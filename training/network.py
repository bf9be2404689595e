"""Fitted members as one ONNX file with static shapes, in operators that OpenVINO 2021.4 places on an NCS2 (opset 11)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.trees import Trees

OPSET = 11

STEEP = 1000.0
"""How steep the step of a split is: a number within a thousandth of a threshold goes a part of both ways. The stick computes in
half precision, whose numbers end at 65,504, and ours at 21 (the logarithm of a thousand million)."""

FAR = 60.0
"""A threshold that nothing reaches."""


def write(target: Path, batch: int, weights: dict[str, np.ndarray], trees: Trees) -> None:
    """numbers [batch, F], words [batch, V] -> task [batch, 3] (probabilities), risk [batch, 1] (a score).

    Args:
        weights: as `merging.weights` makes them: `scale` and `shift` bring numbers to mean 0 and deviation 1 (cut at 4).
    """
    constants = {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}
    constants["scale"], constants["shift"] = constants["scale"].reshape(1, -1), constants["shift"].reshape(1, -1)
    nodes = [*_layers(constants), *_trees(constants, trees, batch)]
    nodes += [
        helper.make_node("Add", ["from_layers", "from_trees"], ["answers"]),
        helper.make_node("Slice", ["answers", "first", "third", "across"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["task"], axis=1),
        helper.make_node("Slice", ["answers", "third", "fourth", "across"], ["risk"]),
    ]
    for name, value in (("first", 0), ("third", 3), ("fourth", 4), ("across", 1)):
        constants[name] = np.asarray([value], np.int64)
    features, buckets = weights["w1"].shape[0], weights["bag"].shape[0]
    graph = helper.make_graph(
        nodes,
        "hunk_classifier",
        [_tensor("numbers", batch, features), _tensor("words", batch, buckets)],
        [_tensor("task", batch, 3), _tensor("risk", batch, 1)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="hunkgate")
    model.ir_version = 6
    onnx.checker.check_model(model)
    target.write_bytes(model.SerializeToString())


def _layers(constants: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    constants["low"], constants["high"] = np.float32(-4).reshape(()), np.float32(4).reshape(())
    return [
        helper.make_node("Mul", ["numbers", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["shifted"]),
        helper.make_node("Clip", ["shifted", "low", "high"], ["clipped"]),
        helper.make_node("MatMul", ["words", "bag"], ["meanings"]),
        helper.make_node("Gemm", ["clipped", "w1", "b1"], ["from_numbers"]),
        helper.make_node("MatMul", ["meanings", "spread"], ["from_words"]),
        helper.make_node("Add", ["from_numbers", "from_words"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "w2", "b2"], ["sum2"]),
        helper.make_node("Relu", ["sum2"], ["hidden2"]),
        helper.make_node("Gemm", ["hidden2", "out", "out_b"], ["deep"]),
        helper.make_node("MatMul", ["clipped", "straight"], ["numbers_straight"]),
        helper.make_node("MatMul", ["meanings", "straight_bag"], ["words_straight"]),
        helper.make_node("Add", ["numbers_straight", "words_straight"], ["linear"]),
        helper.make_node("Add", ["deep", "linear"], ["from_layers"]),
    ]


def _trees(constants: dict[str, np.ndarray], trees: Trees, batch: int) -> list[onnx.NodeProto]:
    """Steps of all splits, compared with the way to each leaf, each leaf with its value."""
    count, leaves, splits = trees.paths.shape
    constants["columns"] = trees.columns.astype(np.int64)
    constants["thresholds"] = -STEEP * np.minimum(trees.thresholds, FAR).reshape(1, -1).astype(np.float32)
    constants["steep"] = np.full((1, count * splits), STEEP, np.float32)
    constants["no"], constants["yes"] = np.float32(0).reshape(()), np.float32(1).reshape(())
    constants["paths"] = trees.paths.reshape(count * leaves, splits, 1, 1).astype(np.float32)
    constants["rights"] = (1 - trees.rights).reshape(-1).astype(np.float32)
    constants["values"] = trees.values.astype(np.float32)
    constants["as_picture"] = np.asarray([batch, count * splits, 1, 1], np.int64)
    constants["as_row"] = np.asarray([batch, count * leaves], np.int64)
    return [
        helper.make_node("Gather", ["numbers", "columns"], ["compared"], axis=1),
        helper.make_node("Mul", ["compared", "steep"], ["stretched"]),
        helper.make_node("Add", ["stretched", "thresholds"], ["over"]),
        helper.make_node("Clip", ["over", "no", "yes"], ["steps"]),
        helper.make_node("Reshape", ["steps", "as_picture"], ["step_picture"]),
        helper.make_node("Conv", ["step_picture", "paths", "rights"], ["agree"], group=count, kernel_shape=[1, 1]),
        helper.make_node("Relu", ["agree"], ["reached"]),
        helper.make_node("Reshape", ["reached", "as_row"], ["leaf_row"]),
        helper.make_node("MatMul", ["leaf_row", "values"], ["from_trees"]),
    ]


def _tensor(name: str, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
