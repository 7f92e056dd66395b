"""Layouts drawn at random: any text in any arrangement, colour and typeface."""

from __future__ import annotations

import random

from synth.formats.base import COLOURS, PlateFormat
from synth.layout import random_symbols

_PAIRS_DARK = (("white", "black"),) * 6 + (
    ("offwhite", "black"), ("silver", "black"), ("grey", "black"), ("yellow", "black"), ("yellow", "black"), ("paleyellow", "black"), ("amber", "black"),
    ("white", "navy"), ("white", "blue"), ("white", "red"), ("white", "green"), ("white", "maroon"), ("cream", "brown"), ("mint", "green"),
    ("skyblue", "navy"), ("pink", "maroon"), ("orange", "black"), ("gold", "black"), ("brightgreen", "black"), ("cream", "teal"), ("white", "purple"),
)
_PAIRS_LIGHT = (
    ("black", "white"), ("black", "white"), ("charcoal", "white"), ("black", "silver"), ("navy", "white"), ("blue", "white"), ("red", "white"),
    ("green", "white"), ("green", "yellow"), ("maroon", "white"), ("black", "yellow"), ("navy", "gold"), ("brown", "cream"), ("teal", "white"), ("purple", "white"),
)
_LENGTHS = (4, 5, 6, 7, 8, 9, 10)
_LENGTH_WEIGHTS = (6, 13, 23, 30, 14, 8, 6)
_SEPARATORS = (" ", " ", " ", " ", "-", "-", ".", "_", "@", "#", " - ", "@ ", "|")
_CAPTIONS = ("", "", "", "dealer", "CENTRAL", "Republic", "STATE OF", "OFFICIAL USE", "www.gov", "TAXI", "CITY", "bar:NATIONAL", "~k:arabic~", "~k:cjk~", "2019", "EXEMPT")
_BANDS = ("", "", "", "", "eu:D", "eu:F", "blue", "blue:IND", "green", "red:TX", "white:AB", "?yellow:24", "maroon")


def random_format(rng: random.Random) -> PlateFormat:
    """A fresh layout whose pattern holds its text literally."""
    length = rng.choices(_LENGTHS, _LENGTH_WEIGHTS)[0]
    two = rng.random() < 0.3
    text = random_symbols(rng, length, rng.choice([0.25, 0.4, 0.5, 0.65, 0.85]))
    if two:
        cut = max(1, min(length - 2, length // 2 + rng.choice([-1, 0, 0, 0, 1])))
        pattern = f"{_arranged(rng, text[:cut], 0.35)}/{_arranged(rng, text[cut:], 0.35)}"
        aspect = rng.uniform(1.0, 1.3) if rng.random() < 0.4 else rng.uniform(1.3, 2.3)
    else:
        pattern = _arranged(rng, text, 0.75)
        low = max(1.8, 0.42 * length)
        aspect = rng.uniform(low, max(low + 0.6, 5.0))
    light = rng.random() < 0.24
    pair = rng.choice(_PAIRS_LIGHT if light else _PAIRS_DARK)
    if rng.random() < 0.08:
        pair = tuple(rng.sample(sorted(COLOURS), 2))
    captions = rng.random()
    tall = aspect < 3.2 or rng.random() < 0.2
    return PlateFormat(
        name=f"random-{'two' if two else 'one'}-{'dark' if light else 'light'}",
        size=(round(100 * aspect), 100),
        patterns=(pattern,),
        colours=(pair,),
        fonts=("any", "any", "strokes"),
        border=0.5,
        band_left=rng.choice(_BANDS),
        band_right=rng.choice(_BANDS) if rng.random() < 0.25 else "",
        top=_CAPTIONS if captions < 0.3 and tall else (),
        bottom=_CAPTIONS if 0.2 < captions < 0.5 and tall else (),
        char_height=rng.uniform(0.5, 0.84) if rng.random() < 0.85 else rng.uniform(0.34, 0.5),
        line_share=rng.choice([0.5, 0.5, rng.uniform(0.32, 0.6)]),
        graphic=0.15,
        stickers=0.12 if tall and captions < 0.3 else 0.0,
        spread=rng.uniform(0.0, 1.0),
    )


def _arranged(rng: random.Random, text: str, busy: float) -> str:
    """The text as literals, with up to two separators, and now and then a stacked or raised pair."""
    quoted = [f'"{symbol}"' for symbol in text]
    if len(text) >= 4 and rng.random() < 0.05:
        count = 2
        place = rng.choice([0, len(text) - count])
        quoted[place : place + count] = [f"[={text[place:place + count]}]"]
    elif len(text) >= 5 and rng.random() < 0.03:
        quoted[-2:] = [f"^={text[-2:]}^"]
    if len(quoted) >= 3 and rng.random() < busy:
        for _ in range(rng.choice([1, 1, 2])):
            place = rng.randint(1, len(quoted) - 1)
            quoted.insert(place, rng.choice(_SEPARATORS))
    if rng.random() < 0.06:
        mark = rng.choice(["@", "#", "~k:cjk~", "~k:arabic~", "~OK~", "~STATE~"])
        quoted.insert(0 if rng.random() < 0.7 else len(quoted), mark)
    return "".join(quoted)
