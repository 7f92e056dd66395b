"""Where things are, the same for all parts, and how annotated pictures are read.

OVR_DATA holds the annotated pictures, OVR_TEACHERS the two networks that the detector learns vehicles from, and
OVR_TRAIN everything that is made from them. README.md tells what has to be there.
"""

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from arrays import Pixels

CHECKOUT = Path(__file__).resolve().parents[2]
HELD_BACK_ONE_IN = 10
"""One picture in so many is never trained on; it chooses between models."""
YOLOX, VEHICLES = "yolox_nano.onnx", "vehicle-detection-0202.xml"
"""Files of the teachers."""


def data() -> Path:
    """The folder of annotated sets; ends with one line when there is none."""
    folder = Path(os.environ.get("OVR_DATA", CHECKOUT.parent / "shared" / "data"))
    if not (folder / "detect_train").is_dir():
        raise SystemExit(f"{folder} has no folder detect_train: name the folder of the annotated sets in OVR_DATA")
    return folder


def teachers() -> Path:
    """The folder of the teachers' networks; ends with one line when one of them is missing."""
    folder = Path(os.environ.get("OVR_TEACHERS", CHECKOUT.parent / "shared" / "models" / "teachers"))
    for name in (YOLOX, VEHICLES):
        if not (folder / name).is_file():
            raise SystemExit(f"{folder} has no file {name}: name the folder of the teachers' networks in OVR_TEACHERS")
    return folder


def work() -> Path:
    """The folder for fonts, shards, checkpoints and logs; made when it is not there."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ovr-alpr" / "train"
    folder = Path(os.environ.get("OVR_TRAIN", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def part(name: str) -> Path:
    """A folder below the work folder, made when it is not there: `fonts`, `reader` or `detector`."""
    folder = work() / name
    folder.mkdir(exist_ok=True)
    return folder


def held_back(collection: str, image: str) -> bool:
    """Whether a picture of a training set is kept for choosing. `collection` is for example `openlpr`."""
    return zlib.crc32(f"{collection}/{image}".encode()) % HELD_BACK_ONE_IN == 0


def rows(folder: Path) -> Iterator[dict]:
    """The annotations of a set, one picture a row."""
    with open(folder / "annotations.jsonl", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def picture(file: Path) -> Pixels:
    """A picture of a set; ends with one line when it cannot be read."""
    bgr = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if bgr is None:
        raise SystemExit(f"{file} cannot be read as a picture: it is missing or damaged")
    return np.ascontiguousarray(bgr[:, :, ::-1])
