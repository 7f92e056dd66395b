"""Where things are, the same for all parts: OVR_DATA holds the annotated pictures, OVR_TRAIN what is made from them."""

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# One picture in so many is never trained on; it chooses between models.
HELD_BACK_ONE_IN = 10


def data() -> Path:
    """The folder of annotated sets; ends with one line when there is none."""
    folder = Path(os.environ.get("OVR_DATA", CHECKOUT.parent / "shared" / "data"))
    if not (folder / "detect_train").is_dir():
        raise SystemExit(f"{folder} has no folder detect_train: name the folder of the annotated sets in OVR_DATA")
    return folder


def work() -> Path:
    """The folder for fonts, shards, checkpoints and logs; made when it is not there."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ovr-alpr" / "train"
    folder = Path(os.environ.get("OVR_TRAIN", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def held_back(collection: str, image: str) -> bool:
    """Whether a picture of a training set is kept for choosing. `collection` is for example `openlpr`."""
    return zlib.crc32(f"{collection}/{image}".encode()) % HELD_BACK_ONE_IN == 0


def rows(folder: Path) -> Iterator[dict]:
    """The annotations of a set, one picture a row."""
    with open(folder / "annotations.jsonl", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)
