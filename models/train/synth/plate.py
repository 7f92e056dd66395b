"""The plate factory: picks a format or a random layout, a typeface and colours, and renders."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from arrays import Colour
from synth.fonts import SCRIPT_PREFIX, faces
from synth.formats import all_formats
from synth.formats.base import COLOURS, PlateFormat
from synth.formats.letters import letters_of
from synth.formats.random_layouts import random_format
from synth.furniture import vary
from synth.layout import Alphabet, FaceAlphabet, parse, text_of
from synth.render import LEAST_CONTRAST, Job, Renderer
from synth.strokes import StrokeAlphabet
from synth.textures import TextureBank
from synth.words import Words

SHARE_RANDOM = 0.35
"""Share of random texts in random layouts: the reader learns shapes, not grammar."""
TEXT_LENGTH = range(4, 11)


@dataclass
class Plate:
    """A flat, front-on plate as manufactured."""

    image: np.ndarray
    """uint8 RGB [H, W, 3]; the whole plate, edge to edge."""
    text: str
    """A-Z0-9 in reading order, upper line first; 4 to 10 characters."""
    lines: int
    format: str


class PlateFactory:
    """Makes random plates; the same seed makes the same plates.

    `only`: beginnings of the names of the formats to draw, such as `("br-", "cn-")`; without it all of them and texts
    in no country's layout.
    """

    def __init__(self, seed: int, only: tuple[str, ...] = ()) -> None:
        """Raises `FontsMissing` when no fonts were fetched, `ValueError` when no format's name begins so."""
        self.rng = random.Random(seed)
        usable = faces()
        self.renderer = Renderer(TextureBank(seed), Words(usable))
        self.formats = [each for each in all_formats() if not only or each.name.startswith(only)]
        if not self.formats:
            raise ValueError(f"choosing formats: none begins with {' or '.join(only)}; for example us- is a beginning")
        self._share_random = 0.0 if only else SHARE_RANDOM
        self._weights = [plate_format.weight for plate_format in self.formats]
        self._groups: dict[str, list[str]] = {"any": []}
        for face in usable:
            if face.groups[0].startswith(SCRIPT_PREFIX):
                continue
            for group in (*face.groups, "any"):
                self._groups.setdefault(group, []).append(str(face.path))

    def make(self) -> Plate:
        """One random plate."""
        if self.rng.random() < self._share_random:
            return self.make_format(random_format(self.rng))
        return self.make_format(self.rng.choices(self.formats, self._weights)[0])

    def make_format(self, plate_format: PlateFormat) -> Plate:
        """One plate of the given format."""
        rng = self.rng
        lines = parse(rng.choice(plate_format.patterns), rng, letters_of(plate_format.name))
        text = text_of(lines)
        if len(text) not in TEXT_LENGTH:
            told = f"{text!r} has {len(text)} characters; it should have 4 to 10"
            raise ValueError(f"filling a pattern of {plate_format.name}: {told}")
        background, ink = self._colours(plate_format)
        job = Job(plate_format, lines, self._alphabet(plate_format), background, ink, rng)
        return Plate(self.renderer.draw(job), text, len(lines), plate_format.name)

    def _colours(self, plate_format: PlateFormat) -> tuple[Colour, Colour]:
        """The varied colours of background and ink, kept far enough apart to be told from each other."""
        pair = self.rng.choice(plate_format.colours)
        background, ink = (vary(self.rng, COLOURS[name]) for name in pair)
        if abs(_luma(background) - _luma(ink)) < LEAST_CONTRAST:
            ink = (20, 20, 20) if _luma(background) > 110 else (240, 240, 240)
        return background, ink

    def _alphabet(self, plate_format: PlateFormat) -> Alphabet:
        """A typeface of one of the format's groups, or one time in six of any."""
        group = self.rng.choice(plate_format.fonts)
        if self.rng.random() < 0.16:
            group = self.rng.choice(("any", "strokes"))
        if group.startswith("strokes"):
            return StrokeAlphabet(self.rng, group.partition("-")[2] or "any")
        return FaceAlphabet(self.rng.choice(self._groups.get(group) or self._groups["any"]))


def _luma(colour: Colour) -> float:
    """Brightness as a camera sees it, 0 to 255."""
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
