"""Tests of the synthetic plates: `python -m unittest tests.test_synth` from models/train."""

import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

from synth import canvas, fonts, layout
from synth.formats import all_formats
from synth.formats.letters import ABSENT, letters_of
from synth.formats.random_layouts import random_format
from synth.plate import PlateFactory
from synth.strokes import StrokeAlphabet

ROOT = Path(__file__).resolve().parent.parent
HAVE_FONTS = (fonts.fonts_dir() / "faces.json").is_file()
NEEDS_FONTS = unittest.skipUnless(HAVE_FONTS, "there are no fonts in $OVR_TRAIN/fonts: `train synth` fetches them")


def expected(pattern: str) -> re.Pattern[str]:
    """A regular expression of the texts of a pattern, made apart from the parser under test."""
    pattern = re.sub(r"~[^~]*~", "", pattern)
    slots = {"A": "[A-Z]", "9": "[0-9]", "X": "[A-Z0-9]"}
    quoted = re.split(r'"([^"]*)"', pattern)
    parts = []
    for index, piece in enumerate(quoted):
        known = [character for character in piece if character.isalnum()]
        parts += known if index % 2 else [slots.get(character, character) for character in known]
    return re.compile("".join(parts))


class Formats(unittest.TestCase):
    def test_there_are_at_least_sixty_formats_with_unique_names(self) -> None:
        names = [plate_format.name for plate_format in all_formats()]
        self.assertGreaterEqual(len(names), 60)
        self.assertEqual(len(names), len(set(names)))

    def test_every_pattern_gives_texts_of_its_form_and_of_4_to_10_characters(self) -> None:
        rng = random.Random(1)
        for plate_format in all_formats():
            for pattern in plate_format.patterns:
                for _ in range(5):
                    text = layout.text_of(layout.parse(pattern, rng))
                    self.assertRegex(text, expected(pattern).pattern, f"{plate_format.name} {pattern}")
                    self.assertTrue(4 <= len(text) <= 10, f"{plate_format.name} {pattern} {text}")

    def test_random_layouts_keep_every_character_of_their_text(self) -> None:
        rng = random.Random(2)
        lengths = set()
        for _ in range(2000):
            pattern = random_format(rng).patterns[0]
            text = layout.text_of(layout.parse(pattern, rng))
            self.assertRegex(text, r"^[A-Z0-9]{4,10}$", pattern)
            lengths.add(len(text))
        self.assertEqual(lengths, set(range(4, 11)))

    def test_random_layouts_use_all_symbols_about_equally_but_letters_that_look_like_digits_less(self) -> None:
        rng = random.Random(3)
        counts = dict.fromkeys(fonts.SYMBOLS, 0)
        for _ in range(4000):
            for symbol in layout.text_of(layout.parse(random_format(rng).patterns[0], rng)):
                counts[symbol] += 1
        usual = {kind: [counts[s] for s in fonts.SYMBOLS if kind(s) and s not in layout.RARE] for kind in (str.isalpha, str.isdigit)}
        for numbers in usual.values():
            mean = sum(numbers) / len(numbers)
            self.assertGreater(min(numbers), 0.5 * mean)
            self.assertLess(max(numbers), 2.0 * mean)
        letter = min(usual[str.isalpha])
        for symbol, digit in layout.RARE.items():
            self.assertLess(counts[symbol], letter)
            self.assertGreater(counts[symbol], 0)
            self.assertGreater(counts[digit], counts[symbol])

    def test_serials_leave_out_the_letters_that_their_country_leaves_out(self) -> None:
        rng = random.Random(4)
        drawn: dict[str, set[str]] = {}
        for plate_format in all_formats():
            letters = letters_of(plate_format.name)
            free = [pattern for pattern in plate_format.patterns if not re.search(r"[B-WYZ\"\[=]", pattern)]
            for pattern in free * 40:
                text = layout.text_of(layout.parse(pattern, rng, letters))
                drawn.setdefault(plate_format.name, set()).update(filter(str.isalpha, text))
        self.assertEqual(drawn["us-blue-on-white"] & set("IOQ"), set())
        self.assertEqual(drawn["cn-blue"] & set("IO"), set())
        self.assertTrue(drawn["us-vanity"] >= set("IOQ"))
        self.assertTrue(drawn["br-mercosur"] >= set("IOQ"))
        self.assertTrue(drawn["ru-standard"] <= set("ABEKMHOPCTYX"))

    def test_every_country_of_the_table_of_letters_has_a_layout(self) -> None:
        names = [plate_format.name for plate_format in all_formats()]
        for prefix in ABSENT:
            self.assertTrue(any(name == prefix or name.startswith(prefix + "-") for name in names), prefix)


class Strokes(unittest.TestCase):
    def test_every_symbol_has_ink_up_to_its_edges(self) -> None:
        for seed in range(40):
            alphabet = StrokeAlphabet(random.Random(seed), ("any", "fe", "us", "uk", "br", "cn")[seed % 6])
            for symbol in fonts.SYMBOLS:
                mask = alphabet.glyph(symbol)
                self.assertEqual(mask.shape[0], fonts.GLYPH_HEIGHT)
                self.assertGreater(mask[:4].max(), 100, f"{symbol} of seed {seed} does not reach the top")
                self.assertGreater(mask[-4:].max(), 100, f"{symbol} of seed {seed} does not reach the foot")
                most = 1.01 if symbol in "1I" else 0.85
                self.assertLess((mask > 127).mean(), most, f"{symbol} of seed {seed} is a block")

    def test_the_shapes_of_confusable_symbols_differ(self) -> None:
        for seed in range(40):
            alphabet = StrokeAlphabet(random.Random(seed), ("any", "br", "cn")[seed % 3])
            for one, other in ("8B", "OQ", "OD", "CG", "5S", "6G", "2Z", "UV", "S8", "3B"):
                same = np.array_equal(alphabet.glyph(one), alphabet.glyph(other))
                self.assertFalse(same, f"{one} and {other} of seed {seed}")


@NEEDS_FONTS
class Plates(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.factory = PlateFactory(11)

    def test_every_format_renders_a_plate_with_ink_and_background(self) -> None:
        for plate_format in self.factory.formats:
            plate = self.factory.make_format(plate_format)
            self.assertEqual(plate.image.dtype, np.uint8)
            self.assertEqual(plate.image.shape[2], 3)
            self.assertTrue(80 <= plate.image.shape[0] <= 400, plate_format.name)
            self.assertGreater(plate.image.astype(float).std(), 8, plate_format.name)
            fits = any(expected(pattern).fullmatch(plate.text) for pattern in plate_format.patterns)
            self.assertTrue(fits, plate.text)

    def test_only_the_formats_that_were_asked_for_are_drawn(self) -> None:
        factory = PlateFactory(3, ("br-", "us-show"))
        names = {factory.make().format for _ in range(40)}
        self.assertTrue(all(name.startswith(("br-", "us-show")) for name in names), names)
        self.assertGreater(len(names), 1)
        with self.assertRaisesRegex(ValueError, "none begins with xx-"):
            PlateFactory(3, ("xx-",))

    def test_the_same_seed_makes_the_same_plates_and_another_seed_others(self) -> None:
        first, second, other = (PlateFactory(seed) for seed in (5, 5, 6))
        plates = [[factory.make() for _ in range(12)] for factory in (first, second, other)]
        for one, two in zip(plates[0], plates[1], strict=True):
            self.assertEqual(one.text, two.text)
            self.assertTrue(np.array_equal(one.image, two.image))
        self.assertNotEqual([plate.text for plate in plates[0]], [plate.text for plate in plates[2]])

    def test_corners_lie_inside_the_canvas_and_run_clockwise_from_the_top_left(self) -> None:
        surroundings = canvas.Surroundings(self.factory)
        for _ in range(60):
            gray, corners = surroundings.around(self.factory.make())
            self.assertEqual(gray.shape, (canvas.HEIGHT, canvas.WIDTH))
            self.assertEqual(gray.dtype, np.uint8)
            self.assertTrue((corners >= 4).all() and (corners <= np.array([canvas.WIDTH - 4, canvas.HEIGHT - 4])).all())
            self.assertTrue(corners[0, 0] < corners[1, 0] and corners[0, 1] < corners[3, 1])
            self.assertLess(corners[1, 1], corners[2, 1])

    def test_a_shard_is_whole_and_made_only_once(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            canvas.write(6, 3, out)
            canvases = np.load(out / "canvas.npy")
            corners = np.load(out / "corners.npy")
            texts = (out / "texts.txt").read_text(encoding="ascii").split()
            self.assertEqual((len(canvases), len(corners), len(texts)), (6, 6, 6))
            stamp = (out / "canvas.npy").stat().st_mtime_ns
            canvas.write(6, 3, out)
            self.assertEqual(stamp, (out / "canvas.npy").stat().st_mtime_ns)
            self.assertFalse((out / "canvas.part").exists())


class Missing(unittest.TestCase):
    def test_missing_fonts_are_told_in_one_line(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"OVR_TRAIN": folder}
            command = [sys.executable, "-m", "synth.canvas", "--count", "1", "--seed", "1", "--out", f"{folder}/out"]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1)
            self.assertIn("python -m synth.fonts", done.stderr)


if __name__ == "__main__":
    unittest.main()
