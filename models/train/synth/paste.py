"""Plates put over the plates of real pictures, so that their corners are exact.

The slant of the real plate is read from the picture's edges within its box; the new one fills the same box at the
same slant and takes over its light and blur.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from arrays import Floats, Pixels, Rng
from synth.plate import Plate
from synth.scene import draw_face

SLANT_MAX = 0.45
"""Rise over run of a plate's long edges."""
MARGIN = 0.03


def slant_of(gray: NDArray[np.uint8]) -> float:
    """Rise over run (down to the right is positive) of the near-level edges of a patch [H, W]."""
    smooth = cv2.GaussianBlur(gray, (0, 0), max(0.8, 0.03 * len(gray))).astype(np.float32)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    level = np.abs(down) > np.abs(across) * 2.0
    if not level.any():
        return 0.0
    slopes, weights = -across[level] / down[level], np.abs(down[level]) ** 1.5
    order = np.argsort(slopes)
    share = np.cumsum(weights[order]) / max(float(weights.sum()), 1e-6)
    return float(slopes[order][min(np.searchsorted(share, 0.5), len(order) - 1)])


def quad_in(box: tuple[float, float, float, float], slant: float) -> Floats:
    """Corners [4, 2] of a plate with upright ends that fills a box at a slant."""
    x1, y1, x2, y2 = box
    rise = float(np.clip(slant * (x2 - x1), -0.55 * (y2 - y1), 0.55 * (y2 - y1)))
    fall = max(rise, 0.0)
    climb = max(-rise, 0.0)
    return np.array([[x1, y1 + climb], [x2, y1 + fall], [x2, y2 - climb], [x1, y2 - fall]], np.float32)


def chosen(plates: list[Plate], aspect: float, rng: Rng) -> Plate:
    """A plate whose shape is near the wanted one, out of a handful drawn at random."""
    some = [plates[i] for i in rng.integers(0, len(plates), 12)]
    return min(some, key=lambda p: abs(np.log(p.image.shape[1] / p.image.shape[0] / max(aspect, 0.3))))


def matched(image: Pixels, old: Pixels, rng: Rng) -> Pixels:
    """The plate in the light of the old one: its dark and bright ends, and part of its tint."""
    low, high = np.percentile(old, [5, 95])
    ours_low, ours_high = np.percentile(image, [3, 97])
    gain = max(high - low, 25.0) / max(ours_high - ours_low, 40.0)
    gain = float(np.clip(gain * rng.uniform(0.85, 1.15), 0.12, 1.4))
    tint = old.reshape(-1, 3).mean(0) / max(float(old.mean()), 1.0)
    tint = 1 + (tint - 1) * rng.uniform(0, 0.7)
    values = ((image.astype(np.float32) - ours_low) * gain + low) * tint
    return values.clip(0, 255).astype(np.uint8)


def swap(picture: Pixels, box: list[float], plates: list[Plate], rng: Rng) -> list[float] | None:
    """Puts a plate over the one in the box, in place; returns its corners, or nothing when the box is too small."""
    x1, y1, x2, y2 = box
    wide, tall = x2 - x1, y2 - y1
    rows, columns = picture.shape[:2]
    left, top = max(0, int(x1)), max(0, int(y1))
    right, bottom = min(columns, int(np.ceil(x2))), min(rows, int(np.ceil(y2)))
    old = picture[top:bottom, left:right]
    if min(old.shape[:2]) < 6 or wide < 12:
        return None
    slant = float(np.clip(slant_of(cv2.cvtColor(old, cv2.COLOR_RGB2GRAY)), -SLANT_MAX, SLANT_MAX))
    grow_x, grow_y = wide * MARGIN, tall * MARGIN
    spots = quad_in((x1 - grow_x, y1 - grow_y, x2 + grow_x, y2 + grow_y), slant)
    level = float(np.linalg.norm(spots[3] - spots[0]))
    plate = chosen(plates, float(np.linalg.norm(spots[1] - spots[0])) / max(level, 1.0), rng)
    image = matched(plate.image, old, rng)
    # What the new plate leaves of the old one is painted over from above and below, so that no second plate shows.
    above, below = (picture[np.clip(row, 0, rows - 1), left:right] for row in (top - 3, bottom + 2))
    share = np.linspace(0, 1, bottom - top)[:, None, None]
    picture[top:bottom, left:right] = (above * (1 - share) + below * share).astype(np.uint8)
    draw_face(picture, image, spots)
    around = (max(0, left - 2), max(0, top - 2), min(columns, right + 2), min(rows, bottom + 2))
    region = picture[around[1] : around[3], around[0] : around[2]]
    region[:] = cv2.GaussianBlur(region, (0, 0), float(rng.uniform(0.35, 0.9)))
    return [float(v) for v in spots.ravel()]
