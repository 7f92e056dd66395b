"""Which letters a country's serial numbers leave out, because they look like digits or like each other.

A reader that sees an O where only a 0 can stand learns that the two cannot be told apart, and loses half of the plates
on which the layout tells. Vanity plates, on which any letter may stand, are layouts of their own. Letters that a
pattern names itself (`"GP"`) are drawn whatever this table says.
"""

from __future__ import annotations

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_CYRILLIC_TWINS = "DFGIJLNQRSUVWZ"
"""What is left out where only letters stand that Cyrillic and Latin share."""

ABSENT = {
    "us": "IOQ", "mx": "IOQ", "ca": "IOQU", "cl": "AEIMNOQU", "cn": "IO", "hk": "IOQ", "tw": "IO", "my": "IO", "sg": "IO",
    "vn": "IJOQW", "in": "IO", "lk": "IOQ", "gb": "IQ", "fr-siv": "IOU", "it": "IOQU", "es-standard": "AEIOQU",
    "nl": "ACEIMOQUWY", "be": "IMOQW", "lu": "IO", "pl": "Q", "ro": "Q", "se": "IQV", "no": "GIOQ", "dk": "IOQ", "cz": "GOQW",
    "sk": "OQ", "hr": "QWXY", "si": "QWXY", "ba": "BCDFGHILNPQRSUVWXYZ", "tr": "QWX", "ru": _CYRILLIC_TWINS, "by": "DFGJLNQRSUVWZ",
    "ua": "DFGJLNQRSUVWYZ", "gr": "CDFGJLQRSUVW", "bg": _CYRILLIC_TWINS, "za": "AEIOQU", "nz": "IO", "au": "IOQ", "kz": "IO",
    "moto-gb": "IQ", "moto-in": "IO", "moto-vn": "IJOQW", "moto-cn": "IO", "moto-us": "IOQ", "moto-my": "IO",
}  # fmt: skip
"""By the beginning of a layout's name; the longest that fits counts."""

ANYTHING = ("us-vanity", "in-custom")
"""Layouts of their countries on which every letter occurs."""


def letters_of(name: str) -> str:
    """The letters that are drawn at random on a layout."""
    if name.startswith(ANYTHING):
        return LETTERS
    fits = [prefix for prefix in ABSENT if name == prefix or name.startswith(prefix + "-")]
    absent = ABSENT[max(fits, key=len)] if fits else ""
    return "".join(letter for letter in LETTERS if letter not in absent)
