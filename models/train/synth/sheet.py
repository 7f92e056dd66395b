"""Contact sheet of plates or canvases with their texts: `python -m synth.sheet --out FILE.png [--canvas]`."""

from __future__ import annotations

import argparse
import sys

import cv2
import numpy as np

from synth.canvas import Surroundings
from synth.fonts import FontsMissing
from synth.plate import PlateFactory

CELL = (236, 128)
"""Width and height of a cell in pixels, its caption included."""


def _cell(image: np.ndarray, caption: str) -> np.ndarray:
    """The picture fitted into a cell with its caption below."""
    width, height = CELL
    scale = min((width - 6) / image.shape[1], (height - 22) / image.shape[0])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cell = np.full((height, width, 3), 90, np.uint8)
    cell[3 : 3 + small.shape[0], 3 : 3 + small.shape[1]] = small
    cv2.putText(cell, caption, (3, height - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return cell


def sheet(factory: PlateFactory, rows: int, columns: int, canvas: bool, every_format: bool) -> np.ndarray:
    """The sheet as uint8 RGB; `every_format` shows one plate of each format in turn."""
    surroundings = Surroundings(factory)
    cells = []
    total = len(factory.formats) if every_format else rows * columns
    for index in range(total):
        plate = factory.make_format(factory.formats[index]) if every_format else factory.make()
        if canvas:
            gray, corners = surroundings.around(plate)
            picture = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)
            cv2.polylines(picture, [np.round(corners).astype(np.int32)], True, (255, 60, 60), 1)
        else:
            picture = plate.image
        cells.append(_cell(picture, f"{plate.text} {plate.format}"))
    while len(cells) % columns:
        cells.append(np.zeros_like(cells[0]))
    return np.vstack([np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)])


def main() -> None:
    """Command line of the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--canvas", action="store_true", help="show training canvases with the plate's outline")
    parser.add_argument("--formats", action="store_true", help="one plate of every format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--columns", type=int, default=7)
    options = parser.parse_args()
    try:
        factory = PlateFactory(options.seed)
    except FontsMissing as error:
        sys.exit(str(error))
    picture = sheet(factory, options.rows, options.columns, options.canvas, options.formats)
    cv2.imwrite(options.out, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
