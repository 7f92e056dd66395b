"""Training pictures with everything that is known about them, decoded once into one flat file.

    python -m detector.records

Reads the sets of $OVR_DATA/detect_train and the networks in $OVR_TEACHERS, and writes pictures.bin and records.jsonl
into $OVR_TRAIN/detector. The sets are labelled in part: some say where plates are but not vehicles, some the reverse,
and some name only the main object of a picture. A record says which, so that the loss never holds against the network
what nobody looked for. Pictures that were squashed into a square get their shape back.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import paths
from arrays import Pixels
from detector.model import CLASSES, PLATE
from detector.teacher import ANY_VEHICLE, Teachers, iou

SETS = ("openlpr", "romania", "openimages_lp", "atl_vehicles", "openimages_vehicles")
SIDE_MAX = 960
"""Longer side of a cached picture, in pixels."""
SQUASHED_SIDE = 512
"""Longer side to which a squashed picture is drawn out again."""
USUAL_ASPECT = 1.4
"""Width over height of a squashed picture whose true shape is unknown."""

ALL, MAIN, NONE = "all", "main", "none"


@dataclass
class Record:
    """One picture; boxes are x1 y1 x2 y2 in pixels of the cached picture."""

    set: str
    image: str
    width: int
    height: int
    held: bool
    plates: str
    """ALL plates are boxed, only the MAIN one, or NONE was looked for."""
    vehicles: str
    loose_aspect: bool = False
    """The true shape is unknown: any aspect is as good."""
    boxes: list[list[float]] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    """Indices into CLASSES, or ANY_VEHICLE."""
    corners: list[list[float] | None] = field(default_factory=list)
    """x1 y1 .. x4 y4 clockwise from the plate's own top left, where known."""
    ignore: list[list[float]] = field(default_factory=list)
    """Where there may be a vehicle."""
    plate_ignore: list[list[float]] = field(default_factory=list)
    """Where a plate is hardly seen."""
    offset: int = 0
    """Of the first byte in the flat file."""

    def pixels(self, flat: NDArray[np.uint8]) -> Pixels:
        """The picture [H, W, 3], RGB."""
        count = self.width * self.height * 3
        return flat[self.offset : self.offset + count].reshape(self.height, self.width, 3)


def stored_size(row: dict[str, Any], set_name: str) -> tuple[int, int]:
    """Width and height that a picture gets in the cache."""
    width, height = float(row["width"]), float(row["height"])
    if set_name.startswith("openimages"):
        original = row.get("original_size")
        aspect = original[0] / original[1] if original else USUAL_ASPECT
        width, height = SQUASHED_SIDE * min(1.0, aspect), SQUASHED_SIDE / max(1.0, aspect)
    scale = min(1.0, SIDE_MAX / max(width, height))
    return max(32, round(width * scale)), max(32, round(height * scale))


def _class_of(name: str) -> int:
    return CLASSES.index(name) if name in CLASSES else ANY_VEHICLE


def labelled(row: dict[str, Any], set_name: str) -> Record:
    """What the set itself says about a picture."""
    width, height = stored_size(row, set_name)
    scale = np.array([width / row["width"], height / row["height"]] * 2)
    has_plates = row.get("plates_labelled", True)
    record = Record(
        set=set_name,
        image=row["image"],
        width=width,
        height=height,
        held=paths.held_back(set_name, row["image"]),
        plates=MAIN if has_plates else NONE,
        vehicles=ALL if set_name == "atl_vehicles" else MAIN,
        loose_aspect=set_name == "openimages_vehicles",
    )
    for plate in row["plates"]:
        record.boxes.append((np.array(plate["bbox"]) * scale).tolist())
        record.classes.append(PLATE)
    for vehicle in row["vehicles"]:
        record.boxes.append((np.array(vehicle["bbox"]) * scale).tolist())
        record.classes.append(_class_of(vehicle["class"]))
    record.corners = [None] * len(record.boxes)
    return record


def taught(record: Record, rgb: Pixels, teachers: Teachers) -> None:
    """Adds the teachers' vehicles, and their opinion on vehicles of unknown kind."""
    if record.vehicles == ALL:
        return
    seen = teachers.look(rgb)
    own = np.array([b for b, c in zip(record.boxes, record.classes, strict=True) if c], np.float32).reshape(-1, 4)
    places = [i for i, c in enumerate(record.classes) if c]
    table = iou(own, seen.boxes)
    for row, place in enumerate(places):
        if record.classes[place] == ANY_VEHICLE and seen.boxes.size and table[row].max() > 0.6:
            record.classes[place] = int(seen.classes[table[row].argmax()])
    for index, box in enumerate(seen.boxes):
        if not len(own) or table[:, index].max() < 0.5:
            record.boxes.append(box.tolist())
            record.classes.append(int(seen.classes[index]))
            record.corners.append(None)
    record.ignore = seen.ignore.tolist()


def build(teacher_folder: Path) -> None:
    """Writes pictures.bin and records.jsonl."""
    teachers = Teachers(teacher_folder)
    root, offset = paths.part("detector"), 0
    with open(root / "pictures.tmp", "wb") as flat, open(root / "records.tmp", "w", encoding="utf-8") as lines:
        for set_name in SETS:
            folder = paths.data() / "detect_train" / set_name
            seen: set[str] = set()
            for row in paths.rows(folder):
                if row["image"] in seen:
                    continue
                seen.add(row["image"])
                rgb = paths.picture(folder / row["image"])
                record = labelled(row, set_name)
                if rgb.shape[:2] != (record.height, record.width):
                    way = cv2.INTER_AREA if rgb.shape[1] > record.width else cv2.INTER_LINEAR
                    rgb = cv2.resize(rgb, (record.width, record.height), interpolation=way)
                taught(record, rgb, teachers)
                record.offset, offset = offset, offset + rgb.size
                flat.write(rgb.tobytes())
                lines.write(json.dumps(asdict(record)) + "\n")
            print(set_name, len(seen), "pictures", flush=True)
    os.replace(root / "pictures.tmp", root / "pictures.bin")
    os.replace(root / "records.tmp", root / "records.jsonl")


Part = tuple[list[Record], NDArray[np.uint8]]
"""Records and the flat file of their pixels."""


def exists(name: str) -> bool:
    """Whether such records were made."""
    return (paths.part("detector") / f"{name}records.jsonl").is_file()


def load(name: str = "") -> Part:
    """Records and their flat file; `name` tells apart the real pictures and the rendered scenes."""
    root = paths.part("detector")
    if not exists(name):
        maker = "scenes" if name else "records"
        raise SystemExit(f"{root / name}records.jsonl is missing: `python -m detector.{maker}` makes it")
    lines = (root / f"{name}records.jsonl").read_text(encoding="utf-8").splitlines()
    records = [Record(**json.loads(line)) for line in lines]
    return records, np.memmap(root / f"{name}pictures.bin", np.uint8, "r")


def main() -> None:
    """Command line of the cache."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teachers", type=Path, help="folder of the teachers' networks; the default is $OVR_TEACHERS")
    arguments = parser.parse_args()
    cv2.setNumThreads(0)
    build(arguments.teachers or paths.teachers())


if __name__ == "__main__":
    main()
