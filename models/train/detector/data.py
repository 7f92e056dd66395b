"""Batches: records placed into pictures by scale, aspect, shift, flip and mosaic, with flags of what was labelled.

Every record is laid into a tile; a picture has one tile, two, or four (mosaic, Bochkovskiy et al. 2020). The scale
is often chosen by a plate, so that plates come in all sizes from a few pixels to the whole width of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arrays import Floats, Pixels, Rng
from detector.assign import Objects
from detector.augment import photograph
from detector.loss import PLATE_OFF, PLATE_SOFT, VEHICLE_OFF, VEHICLE_SOFT
from detector.model import GRAY, PLATE, STRIDES
from detector.records import ALL, MAIN, NONE, Part, Record

SHARES = {
    "openlpr": 0.27,
    "romania": 0.15,
    "openimages_lp": 0.12,
    "atl_vehicles": 0.12,
    "openimages_vehicles": 0.10,
    "swapped": 0.12,
    "street": 0.12,
}
"""How often each set is drawn; those that are absent leave their share to the others."""

RARE, RARE_WEIGHT = frozenset((2, 3, 4)), 3.0
"""Trucks, buses and motorcycles, of which there are few beside cars."""

PLATE_HEIGHT_MIN, VEHICLE_SIDE_MIN = 3.5, 8.0
PLATE_SEEN_MIN, VEHICLE_SEEN_MIN = 0.75, 0.3
FLIP_ORDER = [2, 3, 0, 1, 6, 7, 4, 5]
"""Corners of a mirrored plate, again clockwise from its top left."""


@dataclass
class Tile:
    """One record as it lies in a tile of a picture; everything in pixels of the picture."""

    area: tuple[int, int, int, int]
    boxes: Floats
    classes: NDArray[np.int64]
    corners: Floats
    """[n, 8], not a number where unknown."""
    plate_ignore: Floats
    vehicle_ignore: Floats
    plates: str
    vehicles: str


@dataclass
class Sample:
    """One picture [H, W, 3] with its objects and the flags of its cells."""

    picture: Pixels
    boxes: Floats
    classes: NDArray[np.int64]
    corners: Floats
    flags: NDArray[np.uint8]


def marked(shape: tuple[int, int], boxes: Floats, grow: float = 0.0) -> NDArray[np.bool_]:
    """[H/8, W/8]: cells of the finest level whose middle lies in any of the boxes, grown by a share of their size."""
    found = np.zeros(shape, bool)
    more = (boxes[:, 2:] - boxes[:, :2]) * grow
    finest = STRIDES[0]
    low = np.ceil((boxes[:, :2] - more) / finest - 0.5).clip(0).astype(int).tolist()
    high = np.ceil((boxes[:, 2:] + more) / finest - 0.5).clip(0).astype(int).tolist()
    for (x1, y1), (x2, y2) in zip(low, high, strict=True):
        found[y1:y2, x1:x2] = True
    return found


def holding(vehicles: Floats, plates: Floats) -> NDArray[np.bool_]:
    """[n]: whether the middle of a plate [m, 4] lies in a vehicle [n, 4]."""
    middle = (plates[:, :2] + plates[:, 2:]) / 2
    low, high = vehicles[:, None, :2], vehicles[:, None, 2:]
    return ((middle[None] > low) & (middle[None] < high)).all(2).any(1)


def flags_of(tiles: list[Tile], height: int, width: int) -> NDArray[np.uint8]:
    """[N] uint8: for which classes a cell's scores may not be held against the network.

    Worked out on the finest level; a coarser cell takes the flags of a fine one beside its middle.
    """
    shape = (height // STRIDES[0], width // STRIDES[0])
    flags = np.zeros(shape, np.uint8)
    for tile in tiles:
        plates = tile.boxes[tile.classes == PLATE]
        vehicles = tile.boxes[tile.classes != PLATE]
        value = np.zeros(shape, np.uint8)
        value[marked(shape, tile.plate_ignore, 0.2)] |= PLATE_OFF
        value[marked(shape, tile.vehicle_ignore)] |= VEHICLE_OFF
        if tile.plates != ALL:
            # A vehicle shows one plate: where that is boxed, nothing else on the vehicle is one.
            has = holding(vehicles, plates)
            maybe = marked(shape, np.concatenate([vehicles[~has], tile.vehicle_ignore]), 0.05)
            settled = marked(shape, vehicles[has]) | marked(shape, plates, 0.5)
            value[maybe & ~settled] |= PLATE_OFF if tile.plates == NONE else PLATE_SOFT
        if tile.vehicles == MAIN:
            value[~marked(shape, vehicles)] |= VEHICLE_SOFT
        flags |= value * marked(shape, np.array([tile.area], np.float32))
    return np.concatenate([flags.ravel(), flags[::2, ::2].ravel(), flags[1::4, 1::4].ravel()])


def _scales(record: Record, tile: tuple[int, int], rng: Rng, close: bool) -> tuple[float, float, Floats | None]:
    """Scale across and down, and the plate that chose it if one did."""
    width, height = tile
    fit = min(width / record.width, height / record.height)
    plates = [b for b, c in zip(record.boxes, record.classes, strict=True) if c == PLATE]
    stretch = rng.normal(0, 0.25 if record.loose_aspect else 0.07)
    focus = None
    if plates and rng.random() < 0.6:
        focus = np.array(plates[rng.integers(len(plates))], np.float32)
        if close:
            wanted = rng.uniform(0.35, 0.98) * width
        else:
            wanted = np.exp(rng.uniform(np.log(16), np.log(max(0.45 * width, 40))))
        scale = wanted / max(float(focus[2] - focus[0]), 4.0)
        scale = float(np.clip(scale, fit * 0.45, max(4.0, fit)))
    else:
        scale = fit * float(np.exp(rng.uniform(-0.3, 0.75)))
    return scale * float(np.exp(stretch / 2)), scale * float(np.exp(-stretch / 2)), focus


def _shift(size: float, tile: float, focus: tuple[float, float] | None, rng: Rng) -> float:
    """Where a picture of `size` begins in a tile: anywhere, but so that the part in focus is seen."""
    slack = tile - size
    low, high = min(slack, 0.0), max(slack, 0.0)
    if focus is None:
        return float(rng.uniform(low - 0.1 * tile * (slack > 0), high + 0.1 * tile * (slack > 0)))
    # Leave the picture's edge only as far as needed: the rest of the tile would be empty.
    first, last = -focus[0], tile - focus[1]
    if first > last:
        return float((first + last) / 2)
    return float(np.clip(rng.uniform(first, last), *sorted((max(low, first), min(high, last)))))


def place(
    record: Record, flat: NDArray[np.uint8], board: Pixels, area: tuple[int, int, int, int], rng: Rng, close: bool
) -> Tile:
    """Draws a record into an area (x1 y1 x2 y2) of the board and tells what lies where."""
    left, top, right, bottom = area
    tile = (right - left, bottom - top)
    across, down, focus = _scales(record, tile, rng, close)
    mirrored = rng.random() < 0.5
    size = (record.width * across, record.height * down)
    span_x = span_y = None
    if focus is not None:
        seen = focus * np.array([across, down, across, down], np.float32)
        span_x, span_y = (float(seen[0]), float(seen[2])), (float(seen[1]), float(seen[3]))
    dx, dy = _shift(size[0], tile[0], span_x, rng), _shift(size[1], tile[1], span_y, rng)
    picture = record.pixels(flat)
    # Shrinking by much in one bilinear step would alias, so the picture is divided by a whole number first.
    parts = min(int(1 / max(across, down) + 0.2), *picture.shape[:2])
    if parts > 1:
        wanted = (picture.shape[1] // parts, picture.shape[0] // parts)
        picture = cv2.resize(
            picture[: wanted[1] * parts, : wanted[0] * parts], wanted, interpolation=cv2.INTER_AREA
        )
    ratio = 1.0 / max(parts, 1)
    matrix = np.array([[across / ratio, 0, dx], [0, down / ratio, dy]], np.float64)
    if mirrored:
        matrix[0] = [-across / ratio, 0, tile[0] - 1 - dx]
    fill = (GRAY,) * 3 if rng.random() < 0.7 else tuple(int(v) for v in rng.integers(0, 256, 3))
    view = cv2.warpAffine(
        picture, matrix, tile, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
    )
    board[top:bottom, left:right] = view

    def moved(values: list[list[float]]) -> Floats:
        boxes = np.array(values, np.float32).reshape(-1, 4) * [across, down, across, down] + [dx, dy, dx, dy]
        if mirrored:
            boxes[:, [0, 2]] = tile[0] - boxes[:, [2, 0]]
        return (boxes + [left, top, left, top]).astype(np.float32)

    unknown = [float("nan")] * 8
    corners = np.array([c or unknown for c in record.corners], np.float32).reshape(-1, 8)
    corners = corners * ([across, down] * 4) + [dx, dy] * 4
    if mirrored:
        corners[:, ::2] = tile[0] - corners[:, ::2]
        corners = corners[:, FLIP_ORDER]
    corners = (corners + [left, top] * 4).astype(np.float32)
    tile_of = _clipped(record, area, moved(record.boxes), corners, moved(record.ignore))
    tile_of.plate_ignore = np.concatenate([tile_of.plate_ignore, moved(record.plate_ignore)])
    return tile_of


def _clipped(record: Record, area: tuple[int, int, int, int], boxes: Floats, corners: Floats, doubt: Floats) -> Tile:
    """Cuts boxes at the tile's edge; what is hardly seen or too small becomes a region to ignore."""
    classes = np.array(record.classes, np.int64)
    limits = np.array([area[0], area[1]] * 2, np.float32), np.array([area[2], area[3]] * 2, np.float32)
    cut = np.clip(boxes, *limits)
    size, whole = cut[:, 2:] - cut[:, :2], boxes[:, 2:] - boxes[:, :2]
    seen = size.prod(1) / np.maximum(whole.prod(1), 1e-6)
    is_plate = classes == PLATE
    keep = np.where(is_plate, seen >= PLATE_SEEN_MIN, seen >= VEHICLE_SEEN_MIN)
    keep &= np.where(is_plate, size[:, 1] >= PLATE_HEIGHT_MIN, size.min(1, initial=1e9) >= VEHICLE_SIDE_MIN)
    lost = ~keep & (seen > 0.02)
    corners[(np.abs(cut - boxes) > 0.5).any(1)] = np.nan
    doubt = np.clip(doubt, *limits)
    return Tile(
        area,
        cut[keep],
        classes[keep],
        corners[keep],
        cut[lost & is_plate],
        np.concatenate([cut[lost & ~is_plate], doubt[(doubt[:, 2:] - doubt[:, :2]).prod(1) > 16]]),
        record.plates,
        record.vehicles,
    )


class Source:
    """Draws records of the sets by their shares; within a set, those with rarer vehicles more often."""

    def __init__(self, parts: list[Part]) -> None:
        self._groups: dict[str, list[tuple[Record, NDArray[np.uint8]]]] = {}
        for records, flat in parts:
            for record in records:
                if not record.held:
                    self._groups.setdefault(record.set, []).append((record, flat))
        self._names = sorted(self._groups)
        shares = np.array([SHARES[name] for name in self._names])
        self._shares = shares / shares.sum()
        self._bounds = {name: self._cumulated(group) for name, group in self._groups.items()}

    @staticmethod
    def _cumulated(group: list[tuple[Record, NDArray[np.uint8]]]) -> NDArray[np.float64]:
        weights = [RARE_WEIGHT if RARE.intersection(record.classes) else 1.0 for record, _ in group]
        return np.cumsum(weights) / np.sum(weights)

    def __str__(self) -> str:
        return ", ".join(f"{name} {len(self._groups[name])}" for name in self._names)

    def draw(self, rng: Rng) -> tuple[Record, NDArray[np.uint8]]:
        """One record and the file that has its pixels."""
        name = self._names[rng.choice(len(self._names), p=self._shares)]
        index = int(np.searchsorted(self._bounds[name], rng.random(), side="right"))
        return self._groups[name][min(index, len(self._groups[name]) - 1)]


def areas_of(height: int, width: int, mosaic: float, rng: Rng) -> list[tuple[int, int, int, int]]:
    """One tile, or two or four with the given probability."""
    if rng.random() >= mosaic:
        return [(0, 0, width, height)]
    x, y = (int(side * rng.uniform(0.3, 0.7)) for side in (width, height))
    if rng.random() < 0.3:
        return [(0, 0, x, height), (x, 0, width, height)]
    return [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]


def sample(source: Source, height: int, width: int, mosaic: float, rng: Rng) -> Sample:
    """One training picture."""
    board = np.empty((height, width, 3), np.uint8)
    tiles = []
    for area in areas_of(height, width, mosaic, rng):
        record, flat = source.draw(rng)
        tiles.append(place(record, flat, board, area, rng, close=rng.random() < 0.12))
    return Sample(
        photograph(board, rng),
        np.concatenate([t.boxes for t in tiles]),
        np.concatenate([t.classes for t in tiles]),
        np.concatenate([t.corners for t in tiles]),
        flags_of(tiles, height, width),
    )


def collate(samples: list[Sample]) -> tuple[Tensor, Objects, Tensor]:
    """Pictures [B, 3, H, W] 0..1, their objects, and flags [B, N]."""
    pictures = torch.from_numpy(np.stack([s.picture for s in samples])).permute(0, 3, 1, 2).float().div_(255)
    owner = np.concatenate([np.full(len(s.boxes), i, np.int64) for i, s in enumerate(samples)])
    objects = Objects(
        torch.from_numpy(owner),
        torch.from_numpy(np.concatenate([s.boxes for s in samples])),
        torch.from_numpy(np.concatenate([s.classes for s in samples])),
        torch.from_numpy(np.concatenate([s.corners for s in samples])),
    )
    return pictures, objects, torch.from_numpy(np.stack([s.flags for s in samples]))

