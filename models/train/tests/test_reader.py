"""The reader's training code: `python -m unittest tests.test_reader` from models/train."""

import unittest

import numpy as np
import torch

from reader import calibrate, data, export, label
from reader.model import CHARACTERS, CLASSES, HEIGHT, STEPS, WIDTH, Calibrated, Reader
from synth import degrade

PARAMETERS_MAX = 2_000_000
CORNERS = np.array([[40, 30], [216, 30], [216, 82], [40, 82]], np.float32)


def striped() -> np.ndarray:
    """A canvas with upright bars where the plate is."""
    canvas = np.full((112, 256), 60, np.uint8)
    canvas[30:82, 40:216] = 220
    canvas[40:72, 56:200:16] = 10
    return canvas


def logits_of(texts: list[str], sure: float) -> torch.Tensor:
    """Steps that spell each text, every other step a blank; `sure` is the lead of the right class."""
    logits = torch.zeros(len(texts), STEPS, CLASSES)
    logits[:, :, 0] = sure
    for row, text in enumerate(texts):
        for place, character in enumerate(text):
            logits[row, 2 * place, 0] = 0.0
            logits[row, 2 * place, data.CLASS[character]] = sure
    return logits


class Network(unittest.TestCase):
    def test_crops_of_any_brightness_become_steps_and_the_network_is_small(self) -> None:
        reader = Reader().eval()
        crops = torch.stack([torch.zeros(1, HEIGHT, WIDTH), torch.rand(1, HEIGHT, WIDTH) * 2 - 1])
        with torch.no_grad():
            logits = reader(crops)
        self.assertEqual(tuple(logits.shape), (2, STEPS, len(CHARACTERS) + 1))
        self.assertTrue(bool(torch.isfinite(logits).all()))
        self.assertLessEqual(sum(p.numel() for p in reader.parameters()), PARAMETERS_MAX)

    def test_brightness_and_contrast_do_not_change_what_is_read(self) -> None:
        reader = Reader().eval()
        crop = torch.rand(1, 1, HEIGHT, WIDTH) * 2 - 1
        with torch.no_grad():
            difference = (reader(crop) - reader(0.6 * crop + 0.2)).abs().max()
        self.assertLess(float(difference), 0.3)

    def test_what_is_exported_gives_what_the_network_gives(self) -> None:
        torch.manual_seed(5)
        reader = Reader().eval()
        # Logits of a fresh network are nearly equal; larger ones show what differs.
        reader.classes.weight.data *= 30
        crops = torch.rand(3, 1, HEIGHT, WIDTH) * 2 - 1
        with torch.no_grad():
            expected = Calibrated(reader, 1.3)(crops)
            shipped = export.Shipped(reader, 1.3)(crops)
        self.assertGreater(float(expected.std()), 0.01)
        self.assertLess(float((shipped - expected).abs().max()), 1e-5)


class Texts(unittest.TestCase):
    def test_repeats_are_merged_and_characters_after_a_blank_stay(self) -> None:
        a, b = data.CLASS["A"], data.CLASS["7"]
        self.assertEqual(data.decode(np.array([0, a, a, 0, a, b, b, 0])), "AA7")
        self.assertEqual(data.decode(np.array([0, 0])), "")

    def test_texts_become_classes_one_after_the_other(self) -> None:
        classes, lengths = data.encode(["0A", "", "Z"])
        self.assertEqual(classes.tolist(), [1, 11, 36])
        self.assertEqual(lengths.tolist(), [2, 0, 1])


class Views(unittest.TestCase):
    def test_a_plain_view_is_the_plate_stretched_to_the_input(self) -> None:
        view = degrade.view(striped(), CORNERS, np.random.default_rng(0), degrade.PLAIN)
        self.assertEqual(view.shape, (HEIGHT, WIDTH))
        self.assertGreater(view[HEIGHT // 2].max() - view[HEIGHT // 2].min(), 150)
        self.assertGreater(int(view[8, WIDTH // 2]), 180)

    def test_the_same_seed_gives_the_same_view_and_another_seed_another(self) -> None:
        one, same, other = (degrade.view(striped(), CORNERS, np.random.default_rng(seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        self.assertTrue((one != other).any())

    def test_no_degradation_fails_on_the_smallest_plates(self) -> None:
        rng = np.random.default_rng(3)
        for height in (4.0, 8.0, 12.0):
            strength = degrade.Strength(plate_height_px=height)
            for _ in range(30):
                self.assertEqual(degrade.view(striped(), CORNERS, rng, strength).shape, (HEIGHT, WIDTH))


class Calibration(unittest.TestCase):
    def test_the_temperature_of_overconfident_logits_is_above_one(self) -> None:
        texts = ["AB12", "CD34", "EF56", "GH78"]
        read = texts[:2] + ["EF55", "GH77"]
        self.assertGreater(calibrate.temperature(logits_of(read, 9.0), texts), 1.0)
        self.assertLess(calibrate.temperature(logits_of(texts, 9.0), texts), 1.0)

    def test_confidence_that_keeps_its_word_has_no_error(self) -> None:
        sure = calibrate.reliability(logits_of(["AB12", "CD34"], 40.0), ["AB12", "CD34"])
        self.assertLess(sure.error(), 1e-3)
        wrong = calibrate.reliability(logits_of(["AB12", "CD34"], 40.0), ["AB12", "XX34"])
        self.assertAlmostEqual(wrong.error(), 0.5, places=3)


class Speaker:
    """In the place of a session: says the given texts, one a view."""

    def __init__(self, texts: list[str], sure: float) -> None:
        self.steps = logits_of(texts, sure).softmax(-1).numpy()

    def run(self, _outputs: None, _inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """The steps of all views."""
        return [self.steps]


class Labels(unittest.TestCase):
    def test_a_text_is_taken_when_all_views_of_all_models_say_it_and_are_sure(self) -> None:
        views = np.zeros((2, HEIGHT, WIDTH), np.uint8)
        sure, other, unsure = (Speaker([*texts], lead) for texts, lead in (
            (("AB12", "AB12"), 12.0), (("AB12", "AB17"), 12.0), (("AB12", "AB12"), 4.0),
        ))  # fmt: skip
        self.assertEqual(label.agreed([sure, sure], views), "AB12")
        self.assertIsNone(label.agreed([sure, other], views))
        self.assertIsNone(label.agreed([unsure], views))

    def test_what_is_too_short_for_a_plate_is_not_taken(self) -> None:
        self.assertIsNone(label.agreed([Speaker(["A1"], 12.0)], np.zeros((1, HEIGHT, WIDTH), np.uint8)))


if __name__ == "__main__":
    unittest.main()
