"""Where things are and what is held back: `python -m unittest tests.test_paths` from models/train."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import paths


class Places(unittest.TestCase):
    """Folders come from the environment, and what is missing is told in one line that names the variable."""

    def test_missing_data_and_teachers_are_told_with_the_name_of_their_variable(self) -> None:
        for name, place in (("OVR_DATA", paths.data), ("OVR_TEACHERS", paths.teachers)):
            with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {name: folder}):
                with self.assertRaises(SystemExit) as caught:
                    place()
                self.assertIn(name, str(caught.exception))
                self.assertEqual(len(str(caught.exception).splitlines()), 1)

    def test_the_teachers_need_both_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"OVR_TEACHERS": folder}):
            (Path(folder) / paths.YOLOX).touch()
            self.assertRaises(SystemExit, paths.teachers)
            (Path(folder) / paths.VEHICLES).touch()
            self.assertEqual(paths.teachers(), Path(folder))

    def test_the_work_folder_and_its_parts_are_made(self) -> None:
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"OVR_TRAIN": f"{folder}/a/b"}):
            self.assertTrue(paths.part("reader").is_dir())

    def test_a_damaged_picture_ends_the_work_instead_of_going_missing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "damaged.webp"
            file.write_bytes(b"no picture")
            self.assertRaises(SystemExit, paths.picture, file)


class HeldBack(unittest.TestCase):
    """What chooses between models."""

    def test_one_picture_in_ten_is_held_back_and_always_the_same(self) -> None:
        kept = [paths.held_back("openlpr", f"images/{n}.webp") for n in range(2_000)]
        self.assertEqual(kept, [paths.held_back("openlpr", f"images/{n}.webp") for n in range(2_000)])
        self.assertTrue(150 < sum(kept) < 250)


if __name__ == "__main__":
    unittest.main()
