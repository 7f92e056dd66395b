"""Small words on plates and frames, and characters of other scripts, as ink masks."""

from __future__ import annotations

import functools
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synth.fonts import SCRIPT_PREFIX, Face

WORD_HEIGHT = 40
"""Height in pixels of the ink of a word mask."""

_SCRIPTS = {
    "cjk": "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼港澳学警"
    "가나다라마바사아자거너더러머버서어저고노도로모보소호하배あいうえかきくけさすせそ品川大阪名古屋",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي٠١٢٣٤٥٦٧٨٩",
    "thai": "กขคฆงจฉชซญฎฐธนบปผพฟมยรลวศษสหฬอฮ",
    "bengali": "কখগঘঙচছজঝটঠডঢতথদধনপফবভমযরলশষসহ",
}
_ARABIC_WORDS = ("دبي", "قطر", "الكويت", "السعودية", "عمان", "أبوظبي", "مصر", "المغرب", "تونس")
_DEALER_STEMS = ("AUTO", "motors", "Cars", "Garage", "AUTOHAUS", "Veiculos", "Toyota of", "HONDA", "Ford", "Autos",
                 "CarCentre", "Motor Group", "ALUMNI", "University", "www.", "Renault", "VW", "BMW", "Chevrolet",
                 "Fiat", "Peugeot", "Dealer", "CITY", "Smith &", "Nissan")
_DEALER_ENDS = ("Sons", "Ltd", "GmbH", "of Springfield", "LAKE", ".com", ".co.uk", ".de", "County", "Center",
                "Tel 555-0142", "01632 960", "Group", "S.A.", "ALLEN", "WEST", "PLUS", "24", "4x4", "FAMILY", "",
                "Premium", "Valley")


class Words:
    """Draws words in the small faces of a fixed list; masks are cached by face and text."""

    def __init__(self, faces: list[Face]) -> None:
        self.latin = [str(face.path) for face in faces if not face.groups[0].startswith(SCRIPT_PREFIX)][::4]
        self.cursive = [str(face.path) for face in faces if face.groups[0] == SCRIPT_PREFIX + "latin"]
        self.scripts = {
            kind: [str(face.path) for face in faces if face.groups[0] == SCRIPT_PREFIX + kind] for kind in _SCRIPTS
        }

    def word(self, rng: random.Random, text: str) -> np.ndarray:
        """Mask of a word in a random face, uint8 [WORD_HEIGHT, width]."""
        # Few faces for each text keep the cache small; over all texts every face occurs.
        pick = hash_text(text) + rng.randrange(3)
        if self.cursive and not text.isupper() and rng.random() < 0.35:
            return _mask(self.cursive[pick % len(self.cursive)], text)
        return _mask(self.latin[pick % len(self.latin)], text)

    def script(self, rng: random.Random, kind: str) -> np.ndarray:
        """Mask of one character (or a short Arabic word) of another script, uint8 [height, width]."""
        paths = self.scripts.get(kind) or self.latin
        text = rng.choice(_SCRIPTS[kind])
        if kind == "arabic" and rng.random() < 0.5:
            text = rng.choice(_ARABIC_WORDS)
        elif kind in ("thai", "arabic") and rng.random() < 0.5:
            text += rng.choice(_SCRIPTS[kind])
        return _mask(rng.choice(paths), text)

    def dealer(self, rng: random.Random) -> str:
        """An invented dealer's or club's line for frames and bumpers."""
        if rng.random() < 0.15:
            return "".join(rng.choice("ABCDEFGHIKLMNOPRSTUVW") for _ in range(rng.randint(4, 9)))
        return f"{rng.choice(_DEALER_STEMS)} {rng.choice(_DEALER_ENDS)}".strip()


def hash_text(text: str) -> int:
    """A hash that does not change from process to process."""
    value = 7
    for character in text:
        value = (value * 31 + ord(character)) % 1_000_003
    return value


@functools.lru_cache(maxsize=6000)
def _mask(path: str, text: str) -> np.ndarray:
    """Ink of the text, about WORD_HEIGHT pixels high; a filled square where the face lacks the letters."""
    font = _font(path)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(right - left, 1) + 4, max(bottom - top, 1) + 4))
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, font=font, fill=255)
    box = image.getbbox()
    if box is None:
        return np.full((WORD_HEIGHT, WORD_HEIGHT), 255, np.uint8)
    return np.asarray(image.crop(box))


@functools.lru_cache(maxsize=256)
def _font(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, WORD_HEIGHT)
