"""From a pattern to placed ink: parses the pattern language, fits the line and pastes glyphs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from synth.fonts import GLYPH_HEIGHT, glyph
from synth.formats.letters import LETTERS

DIGITS = "0123456789"
CONFUSABLE = (
    "O0QDC", "1IJLT7", "8B3S", "5S6", "2Z7", "6G8C", "4A9", "T7Y1", "VYU", "UVW", "MNWH", "HNK", "CGO", "9P0", "EFB3",
    "KXR", "RPB",
)  # fmt: skip
"""Sets of symbols that are easily taken for one another."""
RARE = {"O": "0", "I": "1", "Q": "0"}
"""Letters that most countries leave out, and the digits that they look like."""


class Alphabet(Protocol):
    """Anything that gives the mask of a symbol, uint8 [GLYPH_HEIGHT, width]."""

    def glyph(self, symbol: str) -> np.ndarray:
        """Mask of one symbol."""


class FaceAlphabet:
    """A font file as an alphabet."""

    def __init__(self, path: str) -> None:
        self.path = path

    def glyph(self, symbol: str) -> np.ndarray:
        """Mask of one symbol."""
        return glyph(self.path, symbol)


@dataclass
class Item:
    """One thing in a line: a glyph, a gap, a mark, an emblem, small letters or foreign ink."""

    kind: str
    text: str = ""
    width: float = 0.0
    """Width in heights of the line."""
    left: float = 0.0
    """Left edge in pixels, set by `fit`."""


@dataclass
class Box:
    """A rectangle of the plate in pixels (whole numbers are not required)."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


def random_symbols(rng: random.Random, count: int, letters: float) -> str:
    """Random characters in runs; `letters` is the share of letters. Sometimes from one confusable set."""
    if rng.random() < 0.12:
        pool = rng.choice(CONFUSABLE)
        return "".join(rng.choice(pool) if rng.random() < 0.7 else rng.choice(LETTERS + DIGITS) for _ in range(count))
    symbols = ""
    letter = rng.random() < letters
    for _ in range(count):
        if rng.random() < 0.4:
            letter = rng.random() < letters
        symbol = rng.choice(LETTERS if letter else DIGITS)
        # No country has as many of these letters as of others, and most have none.
        if symbol in RARE and rng.random() < 0.6:
            symbol = RARE[symbol]
        symbols += symbol
    return symbols


def parse(pattern: str, rng: random.Random, letters: str = LETTERS) -> list[list[Item]]:
    """Lines of items with their random characters filled in, from `letters`. See `formats.base` for the language."""
    return [_parse_line(line, rng, letters) for line in pattern.split("/")]


def _fill(text: str, rng: random.Random, letters: str) -> str:
    """Replaces A, 9 and X by random characters; after a leading `=` everything is literal."""
    if text.startswith("="):
        return text[1:]
    pools = {"A": letters, "9": DIGITS, "X": letters + DIGITS}
    return "".join(rng.choice(pools[c]) if c in pools else c for c in text)


_MARKS = {"-": "dash", ".": "dot", ",": "low-dot", "@": "seal", "#": "emblem", "|": "line", " ": "gap", "_": "wide-gap"}
_ENCLOSED = {"[": ("]", "stack"), "^": ("^", "raised"), "~": ("~", "noise"), '"': ('"', "literal")}


def _parse_line(line: str, rng: random.Random, letters: str) -> list[Item]:
    items: list[Item] = []
    position = 0
    while position < len(line):
        character = line[position]
        if character in _ENCLOSED:
            end, kind = _ENCLOSED[character]
            close = line.index(end, position + 1)
            inner = line[position + 1 : close]
            position = close + 1
            if kind == "literal":
                items += [Item("glyph", c) for c in inner]
            else:
                items.append(Item(kind, inner if kind == "noise" else _fill(inner, rng, letters)))
            continue
        position += 1
        if character in _MARKS:
            items.append(Item(_MARKS[character]))
        else:
            items.append(Item("glyph", _fill(character, rng, letters)))
    return items


def text_of(lines: list[list[Item]]) -> str:
    """What a reader must say."""
    return "".join(item.text for line in lines for item in line if item.kind in ("glyph", "stack", "raised"))


@dataclass
class Setting:
    """Random choices that hold for all lines of a plate (widths in heights of the line)."""

    stretch: float
    spacing: float
    gap: float
    grow: float
    height_jitter: float
    shear: float
    align: float

    @staticmethod
    def draw(rng: random.Random, alphabet: Alphabet) -> Setting:
        """Draws a setting; three times in five the alphabet is stretched to a plate-like width."""
        stretch = rng.uniform(0.92, 1.08)
        if rng.random() < 0.6:
            natural = sum(alphabet.glyph(c).shape[1] for c in "E0S") / (3 * GLYPH_HEIGHT)
            stretch = min(1.7, max(0.55, rng.uniform(0.42, 0.66) / natural))
        return Setting(
            stretch=stretch,
            spacing=rng.uniform(0.07, 0.2),
            gap=rng.uniform(0.18, 0.5),
            grow=rng.uniform(1.0, 1.45),
            height_jitter=rng.choice([0.0, 0.0, 0.015, 0.04]),
            shear=rng.choice([0.0] * 12 + [rng.uniform(-0.12, 0.2)]),
            align=rng.choice([0.5] * 8 + [0.0, 1.0]),
        )


def measure(items: list[Item], alphabet: Alphabet, setting: Setting, noise_width: float, rng: random.Random) -> float:
    """Sets the width of every item and returns the line's whole width, in heights of the line."""
    for item in items:
        item.width = _item_width(item, alphabet, setting, noise_width, rng)
    return sum(item.width for item in items) + setting.spacing * max(0, len(items) - 1)


def _item_width(item: Item, alphabet: Alphabet, setting: Setting, noise_width: float, rng: random.Random) -> float:
    if item.kind == "glyph":
        width = alphabet.glyph(item.text).shape[1] / GLYPH_HEIGHT
        # A bar-shaped 1 or I is not stretched: its width is the stroke.
        return width * (setting.stretch if width > 0.25 else min(setting.stretch, 1.1))
    if item.kind == "stack":
        return max(0.3, 0.76 / len(item.text))
    if item.kind == "raised":
        return 0.34 * len(item.text)
    if item.kind == "noise":
        return noise_width if item.text.startswith("k:") else min(0.9, 0.18 * len(item.text) + 0.1)
    ranges = {
        "dash": (0.16, 0.36), "dot": (0.1, 0.16), "low-dot": (0.1, 0.16), "seal": (0.3, 0.62), "emblem": (0.6, 1.0),
        "line": (0.05, 0.1), "gap": (setting.gap * 0.8, setting.gap), "wide-gap": (setting.gap * 1.4, setting.gap * 2),
    }
    return rng.uniform(*ranges[item.kind])


def fit(items: list[Item], width: float, box: Box, setting: Setting, spread: float) -> float:
    """Places the items in the box (pixels) and returns the horizontal scale of one line height in pixels."""
    scale = box.height
    free = box.width / max(width * scale, 1e-6)
    if free < 1.0:
        scale *= free
    else:
        scale *= 1.0 + (min(free, setting.grow) - 1.0) * spread
    rest = box.width - width * scale
    left = box.left + rest * setting.align
    for item in items:
        item.left = left
        left += (item.width + setting.spacing) * scale
    return scale


def paste(mask: np.ndarray, ink: np.ndarray, left: float, top: float, width: float, height: float) -> None:
    """Puts an ink mask, resized to the given size in pixels, into the mask; what lies outside is cut off."""
    columns, rows = max(2, round(width)), max(2, round(height))
    shrinks = rows < ink.shape[0] or columns < ink.shape[1]
    piece = cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    x, y = round(left), round(top)
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(mask.shape[1], x + columns), min(mask.shape[0], y + rows)
    if x1 > x0 and y1 > y0:
        target = mask[y0:y1, x0:x1]
        cv2.max(target, piece[y0 - y : y1 - y, x0 - x : x1 - x], dst=target)
