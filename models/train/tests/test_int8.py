"""The reader in 8-bit integers: `python -m unittest tests.test_int8` from models/train."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto

from reader import data, export, int8
from reader.model import CHARACTERS, CLASSES, HEIGHT, STEPS, WIDTH, Reader

PROBABILITY_MAX = 0.15
"""How far a probability of an untrained network may move."""


def views(count: int) -> np.ndarray:
    """Bars of changing width and contrast."""
    rng = np.random.default_rng(7)
    found = rng.integers(0, 40, (count, HEIGHT, WIDTH)).astype(np.uint8)
    for view in found:
        step = int(rng.integers(6, 20))
        view[12:52, :: step] += 160
        view[12:52, 1 :: step] += 120
    return found


class Quantised(unittest.TestCase):
    """One network, quantised once for all tests."""

    folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        torch.manual_seed(3)
        torch.set_num_threads(1)
        cls.folder = tempfile.TemporaryDirectory()
        cls.floats, cls.integers = (Path(cls.folder.name) / name for name in ("floats.onnx", "integers.onnx"))
        reader = Reader().eval()
        # Logits of a fresh network are nearly equal; larger ones show what differs.
        reader.classes.weight.data *= 10
        export.write(reader, 1.25, cls.floats)
        int8.quantise(cls.floats, cls.integers, views(32))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def test_input_and_output_stay_floats_and_the_metadata_stays(self) -> None:
        before, after = onnx.load(self.floats), onnx.load(self.integers)
        for ours, theirs in ((after.graph.input, before.graph.input), (after.graph.output, before.graph.output)):
            self.assertEqual([value.name for value in ours], [value.name for value in theirs])
            self.assertTrue(all(value.type.tensor_type.elem_type == TensorProto.FLOAT for value in ours))
            sides = [[side.dim_value for side in value.type.tensor_type.shape.dim] for value in ours]
            self.assertIn(sides, ([[0, 1, HEIGHT, WIDTH]], [[0, STEPS, CLASSES]]))
        told = {entry.key: entry.value for entry in after.metadata_props}
        self.assertEqual(told, {entry.key: entry.value for entry in before.metadata_props})
        self.assertEqual(told["character"], "\n".join(CHARACTERS))

    def test_weights_are_bytes_and_the_file_is_less_than_half_as_large(self) -> None:
        self.assertLess(self.integers.stat().st_size, 0.5 * self.floats.stat().st_size)
        kinds = [value.data_type for value in onnx.load(self.integers).graph.initializer if len(value.dims) >= 2]
        self.assertGreaterEqual(kinds.count(TensorProto.INT8), 20)

    def test_only_operators_of_the_standard_are_used(self) -> None:
        self.assertEqual({node.domain for node in onnx.load(self.integers).graph.node}, {""})

    def test_any_number_of_crops_gets_nearly_the_same_probabilities(self) -> None:
        sessions = [int8.session(file) for file in (self.floats, self.integers)]
        for count in (1, 5):
            crops = data.scaled(views(count)).numpy()
            before, after = (opened.run(None, {"crop": crops})[0] for opened in sessions)
            self.assertEqual(after.shape, (count, STEPS, CLASSES))
            np.testing.assert_allclose(after.sum(-1), 1.0, atol=1e-4)
            self.assertGreater(float(before.std()), 0.01)
            self.assertLess(float(np.abs(before - after).max()), PROBABILITY_MAX)

    def test_a_graph_that_is_not_the_readers_is_refused(self) -> None:
        with self.assertRaisesRegex(SystemExit, "no Add, Conv, Gemm, Relu to quantise"):
            int8.integers(onnx.ModelProto())


class Compared(unittest.TestCase):
    def test_a_loss_counts_what_was_right_and_is_no_more(self) -> None:
        texts = ["AB12"] * 1000
        little = int8.compare(texts, ["AB13"] * 2 + texts[2:], texts)
        self.assertAlmostEqual(little.loss(), 0.2)
        self.assertTrue(little.allowed())
        self.assertFalse(int8.compare(texts, ["AB13"] * 4 + texts[4:], texts).allowed())

    def test_a_text_that_was_wrong_before_costs_nothing(self) -> None:
        found = int8.compare(["X1", "AB12"], ["Y1", "AB12"], ["AB12", "AB12"])
        self.assertEqual((found.loss(), found.differ), (0.0, 1))
        self.assertEqual(found.error(), 0.0)

    def test_sets_are_weighed_by_their_views(self) -> None:
        real, rendered = int8.compare(["A1"], ["A2"], ["A1"]), int8.compare(["A1"] * 3, ["A1"] * 3, ["A1"] * 3)
        self.assertAlmostEqual(int8.together([real, rendered]).loss(), 25.0)


if __name__ == "__main__":
    unittest.main()
