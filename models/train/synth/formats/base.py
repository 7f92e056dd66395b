"""What describes a plate format, and the small language of its text patterns.

A pattern is one or two lines, parted by `/`. Its characters:

    A       a letter                      9       a digit              X   a letter or a digit
    "TN"    these characters; also any other capital or digit stands for itself, and `[=AA]` is literal
    (space) a gap                         _       a wide gap
    -       a dash                        .       a dot at mid height  ,   a dot at the foot
    @       a seal, disc or small emblem  #       a wide emblem block  |   a thin upright line
    [AA]    small characters one above the other, read from the top
    ^99^    small raised characters, read        ~word~  small text that is not part of the number
    ~k:cjk~ a character of another script (k: kind cjk, arabic, thai, bengali), not part of the number
"""

from __future__ import annotations

from dataclasses import dataclass, field

from arrays import Colour

COLOURS: dict[str, Colour] = {
    "white": (240, 240, 238), "offwhite": (226, 224, 212), "silver": (196, 198, 200), "grey": (158, 160, 162),
    "yellow": (246, 200, 30), "paleyellow": (240, 222, 130), "amber": (240, 160, 25), "orange": (232, 110, 30),
    "red": (190, 30, 40), "maroon": (110, 20, 35), "green": (20, 110, 60), "brightgreen": (60, 190, 80),
    "mint": (190, 232, 200), "blue": (20, 60, 160), "navy": (18, 28, 80), "skyblue": (150, 200, 235),
    "black": (22, 22, 24), "charcoal": (55, 56, 60), "brown": (90, 55, 30), "purple": (90, 50, 130),
    "cream": (244, 236, 200), "pink": (236, 190, 200), "teal": (10, 110, 120), "gold": (214, 176, 80),
}
"""Named colours as RGB; the renderer varies them."""


@dataclass(frozen=True)
class PlateFormat:
    """One layout. Sizes are millimetres; shares are of the plate's height or width."""

    name: str
    size: tuple[int, int]
    patterns: tuple[str, ...]
    colours: tuple[tuple[str, str], ...]
    """Pairs of background and ink, one drawn at random; repeat a pair to weight it."""
    fonts: tuple[str, ...] = ("din", "strokes")
    """Groups of `fonts.txt`, or `strokes`, `strokes-fe`, `strokes-us`, `strokes-uk`."""
    border: float = 0.6
    """Probability of a painted or embossed border line."""
    band_left: str = ""
    """"eu", "blue", or a colour name with an optional word: "green:PUNJAB"."""
    band_right: str = ""
    top: tuple[str, ...] = ()
    """Words of which one may stand above the characters; empty words leave the strip free."""
    bottom: tuple[str, ...] = ()
    char_height: float = 0.7
    """Height of the characters as a share of the plate (of the space of their line with two lines)."""
    line_share: float = 0.5
    """Share of the upper line where there are two."""
    graphic: float = 0.0
    """Probability of a printed picture behind the characters."""
    stickers: float = 0.0
    """Probability of stickers in the corners."""
    spread: float = 1.0
    """Share of the free width that the characters fill."""
    weight: float = 1.0
    """How often this format is drawn against the others."""
    words: tuple[str, ...] = field(default=())
    """Small words for `~word~` and the bands."""


EU_BLACK = (("white", "black"),)
WHITE_YELLOW = (("white", "black"), ("white", "black"), ("yellow", "black"))
OLD_DARK = (("black", "white"), ("black", "silver"))
