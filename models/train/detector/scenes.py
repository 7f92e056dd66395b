"""Renders the synthetic pictures of the detector's training once: streets, and real pictures with swapped plates.

    python -m detector.scenes

Writes scenes-pictures.bin and scenes-records.jsonl beside the real ones. One street in ten is held back, and the
held-back real pictures with swapped plates stay held back.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
from dataclasses import asdict
from typing import BinaryIO, TextIO

import cv2
import numpy as np

import paths
from arrays import Pixels, Rng
from detector import records
from detector.model import CLASSES, PLATE
from detector.records import ALL, Record
from synth.paste import swap
from synth.plate import Plate, PlateFactory
from synth.scene import Scene, make

POOL = 1500
"""Plates that are rendered and used over and over."""
SWAPPED_SETS = ("openlpr", "romania", "openimages_lp")
SWAP_WIDTH_MIN = 20.0


class Writer:
    """Appends pictures and their records."""

    def __init__(self, flat: BinaryIO, lines: TextIO) -> None:
        self._flat, self._lines, self._offset = flat, lines, 0

    def add(self, record: Record, picture: Pixels) -> None:
        """Writes one picture [H, W, 3]."""
        record.offset, self._offset = self._offset, self._offset + picture.size
        self._flat.write(np.ascontiguousarray(picture).tobytes())
        self._lines.write(json.dumps(asdict(record)) + "\n")


def pool(factory: PlateFactory) -> list[Plate]:
    """Plates to draw from."""
    return [factory.make() for _ in range(POOL)]


def record_of(scene: Scene, index: int) -> Record:
    """A scene as a record: everything in it is labelled."""
    height, width = scene.picture.shape[:2]
    record = Record("street", f"street-{index}", width, height, index % 10 == 0, ALL, ALL)
    for thing in scene.things:
        if thing.hidden and thing.kind != "plate":
            record.ignore.append(thing.box)
        elif not thing.hidden:
            record.boxes.append(thing.box)
            record.classes.append(CLASSES.index(thing.kind))
            record.corners.append(thing.corners)
        else:
            record.plate_ignore.append(thing.box)
    return record


def swapped(record: Record, picture: Pixels, plates: list[Plate], rng: Rng) -> Record | None:
    """Swaps the plates of a picture in place; nothing when none was large enough."""
    result, count = copy.deepcopy(record), 0
    for index, (box, kind) in enumerate(zip(record.boxes, record.classes, strict=True)):
        if kind != PLATE or box[2] - box[0] < SWAP_WIDTH_MIN:
            continue
        corners = swap(picture, box, plates, rng)
        if corners is not None:
            spots = np.array(corners).reshape(4, 2)
            result.boxes[index] = [*spots.min(0).tolist(), *spots.max(0).tolist()]
            result.corners[index] = corners
            count += 1
    result.set = "swapped"
    return result if count else None


def render(streets: int, seed: int) -> None:
    """Writes both files."""
    root, rng = paths.part("detector"), np.random.default_rng(seed)
    factory = PlateFactory(seed)
    plates = pool(factory)
    real, flat = records.load()
    with open(root / "scenes.bin.tmp", "wb") as pixels, open(root / "scenes.jsonl.tmp", "w", encoding="utf-8") as lines:
        writer = Writer(pixels, lines)
        for index in range(streets):
            scene = make(lambda: plates[rng.integers(POOL)], rng)
            writer.add(record_of(scene, index), scene.picture)
        print(streets, "streets", flush=True)
        count = 0
        for record in real:
            if record.set in SWAPPED_SETS:
                picture = record.pixels(flat).copy()
                changed = swapped(record, picture, plates, rng)
                if changed is not None:
                    writer.add(changed, picture)
                    count += 1
        print(count, "pictures with swapped plates", flush=True)
    os.replace(root / "scenes.bin.tmp", root / "scenes-pictures.bin")
    os.replace(root / "scenes.jsonl.tmp", root / "scenes-records.jsonl")


def main() -> None:
    """Command line of the scenes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streets", type=int, default=1300, help="street scenes to render")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    cv2.setNumThreads(0)
    render(arguments.streets, arguments.seed)


if __name__ == "__main__":
    main()
