"""The real plates of the training sets, cut out with their surroundings: `python -m reader.crops`.

Writes $OVR_TRAIN/reader/crops.npz: `canvas` uint8 [n, 112, 256, 3], `corners` float32 [n, 4, 2], `text` [n] ('' where
nothing is to be read, '?' where it is not known), `held_back` bool [n] and `source` [n]. Texts are those of the
annotations and of detect_train/texts.jsonl, and, when $OVR_TRAIN/reader/agreed.jsonl is there, those that
`reader.label` agreed on.
"""

import json
from pathlib import Path

import cv2
import numpy as np

import paths
from arrays import Pixels
from synth.canvas import HEIGHT, WIDTH

FILL_ACROSS, FILL_DOWN = 0.66, 0.62
"""Of the canvas, how much the plate may fill across and down."""
SETS = ("openlpr", "romania", "openimages_lp")
UNKNOWN = "?"
"""What stands for the text of a plate that nobody has read."""
EMPTY_ONE_IN = 8
"""Crops in which nothing is to be read: one for each so many pictures of openlpr."""


def canvas_of(picture: Pixels, bbox: list[float], stretch: float = 1.0) -> tuple[Pixels, np.ndarray]:
    """A box (x1 y1 x2 y2 in pixels) in the middle of a canvas, the picture's pixels made `stretch` times as wide.

    Gives the canvas, uint8 [112, 256, 3], and the box's corners in it, float32 [4, 2].
    """
    left, top, right, bottom = bbox
    width, height = (right - left) * stretch, bottom - top
    scale = min(FILL_ACROSS * WIDTH / width, FILL_DOWN * HEIGHT / height)
    across, down = scale * stretch, scale
    offset_x = WIDTH / 2 - across * (left + right) / 2
    offset_y = HEIGHT / 2 - down * (top + bottom) / 2
    if scale < 0.9:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.42 * np.sqrt(1 / scale**2 - 1))
    # Pixel centres lie at a half, OpenCV's at whole numbers.
    matrix = np.array([[across, 0, offset_x + (across - 1) / 2], [0, down, offset_y + (down - 1) / 2]])
    size, edge = (WIDTH, HEIGHT), cv2.BORDER_REPLICATE
    canvas = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=edge)
    x = np.array([left, right]) * across + offset_x
    y = np.array([top, bottom]) * down + offset_y
    corners = np.array([[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]], np.float32)
    return canvas, corners


def known_texts(folder: Path) -> dict[tuple[str, str, float], str]:
    """Set, image and box width to text."""
    texts = {}
    for file in (folder / "texts.jsonl", paths.part("reader") / "agreed.jsonl"):
        if not file.is_file():
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts[(row["set"].split("/")[-1], row["image"], round(row["w"], 1))] = row["text"]
    return texts


def of_set(folder: Path, texts: dict[tuple[str, str, float], str], rng: np.random.Generator) -> list[tuple]:
    """Canvas, corners, text (None where it is not known), held back, source of every box of a set."""
    found = []
    for row in paths.rows(folder):
        picture = paths.picture(folder / row["image"])
        true_width, true_height = row.get("original_size", (row["width"], row["height"]))
        stretch = (true_width / row["width"]) / (true_height / row["height"])
        held_back = paths.held_back(folder.name, row["image"])
        for plate in row["plates"]:
            width = round(plate["bbox"][2] - plate["bbox"][0], 1)
            text = plate.get("text") or texts.get((folder.name, row["image"], width))
            source = f"{folder.name}/{row['image']}/{width}"
            found.append((*canvas_of(picture, plate["bbox"], stretch), text, held_back, source))
        if rng.random() < 1 / EMPTY_ONE_IN and folder.name == "openlpr":
            empty = _empty_place(row, rng)
            if empty is not None:
                found.append((*canvas_of(picture, empty), "", held_back, f"{folder.name}/{row['image']}/empty"))
    return found


def _empty_place(row: dict, rng: np.random.Generator) -> list[float] | None:
    """A box of a plate's size that touches no plate."""
    for _ in range(10):
        width = rng.uniform(40, 160)
        height = width / rng.uniform(1.5, 5)
        left = rng.uniform(0, max(1.0, row["width"] - width))
        top = rng.uniform(0, max(1.0, row["height"] - height))
        apart = [
            left > p["bbox"][2] + 10 or left + width < p["bbox"][0] - 10
            or top > p["bbox"][3] + 10 or top + height < p["bbox"][1] - 10
            for p in row["plates"]
        ]
        if all(apart):
            return [left, top, left + width, top + height]
    return None


def load(file: Path) -> dict[str, np.ndarray]:
    """The arrays of `crops.npz`."""
    if not file.is_file():
        raise SystemExit(f"{file} is missing: `python -m reader.crops` makes it")
    with np.load(file) as arrays:
        return {name: arrays[name] for name in arrays.files}


def main() -> None:
    """Cuts out all plates."""
    folder = paths.data() / "detect_train"
    texts = known_texts(folder)
    rng = np.random.default_rng(5)
    found = [crop for name in SETS for crop in of_set(folder / name, texts, rng)]
    np.savez(
        paths.part("reader") / "crops.npz",
        canvas=np.stack([crop[0] for crop in found]),
        corners=np.stack([crop[1] for crop in found]),
        text=np.array([UNKNOWN if crop[2] is None else crop[2] for crop in found]),
        held_back=np.array([crop[3] for crop in found]),
        source=np.array([crop[4] for crop in found]),
    )
    known = sum(crop[2] is not None for crop in found)
    print(f"{len(found)} crops, {known} with a text, {sum(crop[3] for crop in found)} held back")


if __name__ == "__main__":
    main()
