"""A procedural stroke alphabet: A-Z and 0-9 as skeletons with random proportions.

The embossing dies of many countries look like bent strips of equal width, and no packaged font looks
like them. Every `StrokeAlphabet` is a new typeface: width, weight, corner radius, end shape and one of
several constructions for each symbol are drawn at random.

Skeletons are polylines in a unit box (x to the right, y down); a vertex is (x, y, r) with r the share of
the alphabet's corner radius (0 is a sharp corner). The box is inset by half a stroke in the mask.
"""

from __future__ import annotations

import math
import random

import cv2
import numpy as np

from synth.fonts import GLYPH_HEIGHT

Vertex = tuple[float, float, float]
Path = tuple[bool, list[Vertex]]
"""Whether the polyline is closed, and its vertices."""

_ARC_STEPS = 7
_CHAMFER = [(1.0, 0.0), (0.0, 1.0)]
_ARC = [
    (1.0 - math.sin(0.5 * math.pi * step / (_ARC_STEPS - 1)), 1.0 - math.cos(0.5 * math.pi * step / (_ARC_STEPS - 1)))
    for step in range(_ARC_STEPS)
]


def _open(*vertices: tuple[float, ...]) -> Path:
    return False, [(v[0], v[1], v[2] if len(v) > 2 else 0.0) for v in vertices]


def _closed(*vertices: tuple[float, ...]) -> Path:
    return True, [(v[0], v[1], v[2] if len(v) > 2 else 0.0) for v in vertices]


def _turned(paths: list[Path]) -> list[Path]:
    """The paths turned by 180 degrees (a 6 becomes a 9)."""
    return [(closed, [(1.0 - x, 1.0 - y, r) for x, y, r in vertices]) for closed, vertices in paths]


class StrokeAlphabet:
    """One random stroke typeface. `glyph` masks are uint8 [GLYPH_HEIGHT, width], ink edge to edge."""

    def __init__(self, rng: random.Random, style: str = "any") -> None:
        """Draws the typeface's proportions.

        `style`: "any", "fe" (irregular, hard to alter), "us" (round ends, narrow), "uk" (bold, square), "br" (Brazil
        before 2018: corners cut off straight) or "cn" (GA 36: thin, round bowls, a Q with a short tail).
        """
        self.rng = rng
        self.style = style
        self.width = rng.uniform(0.40, 0.72)
        self.stroke = rng.uniform(0.10, 0.18)
        self.radius = rng.choice([rng.uniform(0.06, 0.2), rng.uniform(0.2, 0.4), 1.0])
        self.square_ends = rng.random() < 0.6
        self.jitter = rng.choice([0.0, 0.0, 0.012, 0.03])
        self.mid = rng.uniform(0.44, 0.54)
        if style == "fe":
            self.width, self.jitter = rng.uniform(0.5, 0.62), rng.uniform(0.01, 0.035)
            self.stroke, self.radius = rng.uniform(0.12, 0.15), rng.uniform(0.25, 0.5)
        elif style == "us":
            self.width, self.stroke = rng.uniform(0.38, 0.52), rng.uniform(0.10, 0.15)
            self.square_ends, self.radius = rng.random() < 0.3, rng.uniform(0.15, 0.35)
        elif style == "uk":
            self.width, self.stroke = rng.uniform(0.52, 0.64), rng.uniform(0.14, 0.175)
            self.square_ends, self.radius = True, rng.uniform(0.2, 0.4)
        elif style == "br":
            self.width, self.stroke = rng.uniform(0.46, 0.62), rng.uniform(0.13, 0.18)
            self.square_ends, self.radius, self.jitter = True, rng.uniform(0.1, 0.2), 0.0
        elif style == "cn":
            self.width, self.stroke = rng.uniform(0.44, 0.54), rng.uniform(0.085, 0.135)
            self.square_ends, self.radius, self.jitter = True, rng.uniform(0.2, 0.32), 0.0
        self.stroke = min(self.stroke, self.width * 0.27)
        # Hooks end clear of the next bar, or a heavy S would close to an 8 and a G to a theta.
        share = self.stroke / (1.0 - self.stroke)
        clear = 0.43 - (2.1 if self.square_ends else 1.6) * share
        self.terminal = max(0.04, min(rng.uniform(0.18, 0.3), clear))
        self.bar_one = rng.random() < {"br": 0.7, "cn": 0.9}.get(style, 0.3)
        self.corner = _CHAMFER if style == "br" and rng.random() < 0.8 else _ARC
        self._masks: dict[str, np.ndarray] = {}

    def glyph(self, symbol: str) -> np.ndarray:
        """Mask of one symbol, drawn on first use and the same from then on."""
        if symbol not in self._masks:
            self._masks[symbol] = self._draw(symbol)
        return self._masks[symbol]

    def _draw(self, symbol: str) -> np.ndarray:
        paths, share = getattr(self, f"_sym_{symbol}")()
        width = max(self.width * share * self.rng.uniform(0.95, 1.05), self.stroke)
        size = GLYPH_HEIGHT
        stroke_px = max(3, round(self.stroke * size))
        width_px = max(stroke_px, round(width * size))
        mask = np.zeros((size + 2 * stroke_px, width_px + 2 * stroke_px), np.uint8)
        for closed, vertices in paths:
            self._stroke_path(mask, closed, vertices, width_px, stroke_px)
        return np.ascontiguousarray(mask[stroke_px : stroke_px + size, stroke_px : stroke_px + width_px])

    def _stroke_path(
        self, mask: np.ndarray, closed: bool, vertices: list[Vertex], width_px: int, stroke_px: int
    ) -> None:
        """Draws one skeleton path into the padded mask (padding of one stroke on every side)."""
        inner_x, inner_y = width_px - stroke_px, GLYPH_HEIGHT - stroke_px
        offset = 1.5 * stroke_px
        jitter = self.jitter
        points = []
        for x, y, r in vertices:
            if jitter and 0.02 < y < 0.98:
                y += self.rng.uniform(-jitter, jitter)
            points.append((offset + x * inner_x, offset + y * inner_y, r * self.radius * GLYPH_HEIGHT))
        if self.square_ends and not closed:
            points[0] = _beyond(points[1], points[0], stroke_px / 2)
            points[-1] = _beyond(points[-2], points[-1], stroke_px / 2)
        line = _rounded(points, closed, self.corner)
        fixed = np.round(np.asarray(line, np.float32) * 16).astype(np.int32)
        cv2.polylines(mask, [fixed], closed, 255, stroke_px, cv2.LINE_AA, 4)
        if self.square_ends:
            half = stroke_px / 2
            for index, (x, y, r) in enumerate(points):
                if r == 0.0 and (closed or 0 < index < len(points) - 1) and _right_angle(points, index):
                    low = (round(x - half), round(y - half))
                    cv2.rectangle(mask, low, (low[0] + stroke_px - 1, low[1] + stroke_px - 1), 255, -1)

    # Every `_sym_` method returns the skeleton and the width as a share of the alphabet's width.

    def _sym_0(self) -> tuple[list[Path], float]:
        share = 1.0 if self.style in ("fe", "br", "cn") else self.rng.uniform(0.8, 0.95)
        loop = _closed((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
        kind = self.rng.random()
        if self.style in ("fe", "any") and kind < 0.22:
            if kind < 0.08:
                return [loop, _open((0.25, 0.72), (0.75, 0.28))], share
            if kind < 0.13:
                return [loop, _open((0.5, 0.47), (0.5, 0.53))], share
            # The cut 0 of forgery-hindering typefaces: a gap at the upper right.
            cut = [(0.72, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 0.2, 0)]
            return [_open(*cut)], share
        return [loop], share

    def _sym_1(self) -> tuple[list[Path], float]:
        if self.bar_one:
            return [_open((0.5, 0), (0.5, 1))], 0.01
        kind = self.rng.uniform(0.3, 1.0)
        flag = self.rng.uniform(0.14, 0.3)
        if kind < 0.75:
            return [_open((0, flag), (1, 0), (1, 1))], self.rng.uniform(0.5, 0.62)
        paths = [_open((0.05, flag), (0.5, 0), (0.5, 1)), _open((0, 1), (1, 1))]
        return paths, self.rng.uniform(0.65, 0.9)

    def _sym_2(self) -> tuple[list[Path], float]:
        knee = self.rng.uniform(0.32, 0.48)
        if self.rng.random() < 0.2:
            middle = self.mid
            foot = ((1, middle, 1), (0, middle, 1), (0, 1), (1, 1))
            return [_open((0, self.terminal), (0, 0, 1), (1, 0, 1), *foot)], 1.0
        return [_open((0, self.terminal), (0, 0, 1), (1, 0, 1), (1, knee, 0.7), (0, 1, 0), (1, 1))], 1.0

    def _sym_3(self) -> tuple[list[Path], float]:
        middle, end = self.mid, self.terminal
        if self.rng.random() < 0.25:
            return [_open((0, 0), (1, 0), (0.4, 0.4), (1, 0.4, 1), (1, 1, 1), (0, 1, 1), (0, 1 - end))], 1.0
        upper = _open((0, end), (0, 0, 1), (0.96, 0, 1), (0.96, middle, 1), (0.35, middle))
        lower = _open((0.35, middle), (1, middle, 1), (1, 1, 1), (0, 1, 1), (0, 1 - end))
        return [upper, lower], 1.0

    def _sym_4(self) -> tuple[list[Path], float]:
        bar, stem = self.rng.uniform(0.6, 0.8), self.rng.uniform(0.68, 0.82)
        kind = self.rng.random()
        if kind < 0.65:
            upright = _open((stem, 0), (stem, 1))
            return [_closed((stem, 0), (0, bar), (stem, bar)), upright, _open((0, bar), (1, bar))], 1.05
        lean = self.rng.uniform(0.1, 0.5)
        return [_open((lean, 0), (0, bar), (1, bar)), _open((stem, self.rng.uniform(0.2, 0.45)), (stem, 1))], 1.05

    def _sym_5(self) -> tuple[list[Path], float]:
        neck, inset = self.rng.uniform(0.36, 0.48), self.rng.uniform(0.0, 0.12)
        end = 1 - self.terminal
        return [_open((0.95, 0), (inset, 0), (inset * 0.5, neck), (1, neck, 1), (1, 1, 1), (0, 1, 1), (0, end))], 1.0

    def _sym_6(self) -> tuple[list[Path], float]:
        top = self.rng.uniform(0.41, 0.49)
        bowl = _closed((0, top, 1), (1, top, 1), (1, 1, 1), (0, 1, 1))
        kind = self.rng.random()
        if kind < 0.65:
            return [bowl, _open((1, self.terminal), (1, 0, 1), (0, 0, 1), (0, 0.72))], 1.0
        if kind < 0.85:
            tip = (self.rng.uniform(0.6, 0.85), 0)
            return [bowl, _open(tip, (0.0, self.rng.uniform(0.5, 0.62), 1), (0, 0.76))], 1.0
        return [bowl, _open((0.85, 0), (0, 0, 1), (0, 0.72))], 1.0

    def _sym_7(self) -> tuple[list[Path], float]:
        foot = self.rng.uniform(0.2, 0.42)
        top = [(0, 0), (1, 0)] if self.rng.random() < 0.85 else [(0, 0.16), (0, 0), (1, 0)]
        if self.rng.random() < 0.35:
            paths = [_open(*top, (1, 0.15), (foot, 0.55, 1), (foot, 1))]
        else:
            paths = [_open(*top, (foot, 1))]
        if self.rng.random() < 0.07:
            paths.append(_open((foot - 0.05, 0.55), (1, 0.55)))
        return paths, 0.95

    def _sym_8(self) -> tuple[list[Path], float]:
        middle, inset = self.mid, self.rng.uniform(0, 0.08)
        upper = _closed((inset, 0, 1), (1 - inset, 0, 1), (1 - inset, middle, 1), (inset, middle, 1))
        return [upper, _closed((0, middle, 1), (1, middle, 1), (1, 1, 1), (0, 1, 1))], 1.0

    def _sym_9(self) -> tuple[list[Path], float]:
        paths, share = self._sym_6()
        return _turned(paths), share

    def _sym_A(self) -> tuple[list[Path], float]:
        bar = self.rng.uniform(0.62, 0.76)
        kind = self.rng.random()
        if kind < 0.12:
            return [_open((0, 1), (0, 0, 1), (1, 0, 1), (1, 1)), _open((0, bar - 0.1), (1, bar - 0.1))], 1.0
        flat = 0.0 if kind < 0.5 else self.rng.uniform(0.04, 0.16)
        reach = 0.5 - bar * (0.5 - flat)
        hood = [(0.5, 0)] if flat == 0.0 else [(0.5 - flat, 0), (0.5 + flat, 0)]
        return [_open((0, 1), *hood, (1, 1)), _open((reach, bar), (1 - reach, bar))], 1.15

    def _sym_B(self) -> tuple[list[Path], float]:
        middle = self.mid
        upper = _closed((0, 0, 0), (0.93, 0, 0.9), (0.93, middle, 0.9), (0, middle, 0))
        return [upper, _closed((0, middle, 0), (1, middle, 0.9), (1, 1, 0.9), (0, 1, 0))], 1.03

    def _sym_C(self) -> tuple[list[Path], float]:
        end = self.terminal
        return [_open((1, end), (1, 0, 1), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 1 - end))], 1.0

    def _sym_D(self) -> tuple[list[Path], float]:
        return [_closed((0, 0, 0), (1, 0, 1), (1, 1, 1), (0, 1, 0))], 1.03

    def _sym_E(self) -> tuple[list[Path], float]:
        bar = _open((0, self.mid), (self.rng.uniform(0.75, 0.98), self.mid))
        return [_open((1, 0), (0, 0), (0, 1), (1, 1)), bar], 0.93

    def _sym_F(self) -> tuple[list[Path], float]:
        return [_open((1, 0), (0, 0), (0, 1)), _open((0, self.mid), (self.rng.uniform(0.72, 0.95), self.mid))], 0.92

    def _sym_G(self) -> tuple[list[Path], float]:
        end, bar = self.terminal, self.rng.uniform(0.5, 0.6)
        back = self.rng.uniform(0.45, 0.65)
        body = [(1, end), (1, 0, 1), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, bar), (back, bar)]
        paths = [_open(*body)]
        if self.rng.random() < 0.2:
            paths.append(_open((1, bar), (1, 1)))
        return paths, 1.02

    def _sym_H(self) -> tuple[list[Path], float]:
        return [_open((0, 0), (0, 1)), _open((1, 0), (1, 1)), _open((0, self.mid), (1, self.mid))], 1.03

    def _sym_I(self) -> tuple[list[Path], float]:
        stem = _open((0.5, 0), (0.5, 1))
        # Where the 1 is a bar the I mostly has serifs, or the two could not be told apart.
        serifs = self.rng.random() < (0.8 if self.style == "fe" or self.bar_one else 0.25)
        if serifs:
            return [stem, _open((0, 0), (1, 0)), _open((0, 1), (1, 1))], self.rng.uniform(0.5, 0.75)
        return [stem], 0.01

    def _sym_J(self) -> tuple[list[Path], float]:
        hook = self.rng.uniform(0.62, 0.8)
        if self.rng.random() < 0.25:
            return [_open((0.35, 0), (1, 0), (1, 1, 1), (0, 1, 1), (0, hook))], 0.95
        return [_open((1, 0), (1, 1, 1), (0, 1, 1), (0, hook))], 0.9

    def _sym_K(self) -> tuple[list[Path], float]:
        knee = self.rng.uniform(0.5, 0.68)
        if self.rng.random() < 0.5:
            legs = [_open((1, 0), (0, knee)), _open((0.35, knee * 0.72), (1, 1))]
        else:
            legs = [_open((1, 0), (0.05, 0.5), (1, 1))]
        return [_open((0, 0), (0, 1)), *legs], 1.08

    def _sym_L(self) -> tuple[list[Path], float]:
        return [_open((0, 0), (0, 1), (1, 1))], 0.9

    def _sym_M(self) -> tuple[list[Path], float]:
        depth = self.rng.uniform(0.4, 1.0)
        splay = 0.0 if self.rng.random() < 0.8 else 0.1
        return [_open((0, 1), (splay, 0), (0.5, depth), (1 - splay, 0), (1, 1))], 1.22

    def _sym_N(self) -> tuple[list[Path], float]:
        return [_open((0, 1), (0, 0), (1, 1), (1, 0))], 1.05

    def _sym_O(self) -> tuple[list[Path], float]:
        return [_closed((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))], self.rng.uniform(1.0, 1.1)

    def _sym_P(self) -> tuple[list[Path], float]:
        waist = self.rng.uniform(0.5, 0.6)
        return [_open((0, 1), (0, 0), (1, 0, 0.9), (1, waist, 0.9), (0, waist))], 1.0

    def _sym_Q(self) -> tuple[list[Path], float]:
        loop = _closed((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
        tails = [
            _open((0.5, 0.62), (1.0, 1.02)),
            _open((0.62, 0.72), (1.12, 1.08)),
            _open((0.45, 0.7), (0.7, 0.75, 1), (0.95, 1.05)),
            _open((0.5, 0.7), (0.5, 1.1)),
        ]
        if self.style == "cn":
            # The tail crosses the bowl's lower right and hardly leaves it.
            start, end = self.rng.uniform(0.5, 0.66), self.rng.uniform(0.92, 1.05)
            return [loop, _open((start, self.rng.uniform(0.68, 0.8)), (end, 1.02))], 1.0
        return [loop, self.rng.choice(tails[:3] if self.rng.random() < 0.9 else tails)], 1.08

    def _sym_R(self) -> tuple[list[Path], float]:
        waist = self.rng.uniform(0.48, 0.56)
        bowl = _open((0, 1), (0, 0), (1, 0, 0.9), (1, waist, 0.9), (0, waist))
        if self.rng.random() < 0.15:
            return [bowl, _open((0.4, waist), (0.95, waist, 0.5), (0.95, 1))], 1.04
        return [bowl, _open((self.rng.uniform(0.25, 0.5), waist), (1, 1))], 1.05

    def _sym_S(self) -> tuple[list[Path], float]:
        end, middle = self.terminal, self.mid
        body = [(1, end), (1, 0, 1), (0, 0, 1), (0, middle, 1), (1, middle, 1), (1, 1, 1), (0, 1, 1), (0, 1 - end)]
        return [_open(*body)], 1.0

    def _sym_T(self) -> tuple[list[Path], float]:
        return [_open((0, 0), (1, 0)), _open((0.5, 0), (0.5, 1))], 1.0

    def _sym_U(self) -> tuple[list[Path], float]:
        return [_open((0, 0), (0, 1, 1), (1, 1, 1), (1, 0))], 1.03

    def _sym_V(self) -> tuple[list[Path], float]:
        flat = 0.0 if self.rng.random() < 0.6 else self.rng.uniform(0.03, 0.1)
        tip = [(0.5, 1)] if flat == 0.0 else [(0.5 - flat, 1), (0.5 + flat, 1)]
        return [_open((0, 0), *tip, (1, 0))], 1.12

    def _sym_W(self) -> tuple[list[Path], float]:
        peak = self.rng.uniform(0.0, 0.6)
        kind = self.rng.random()
        if kind < 0.25:
            return [_open((0, 0), (0, 1), (0.5, peak), (1, 1), (1, 0))], 1.22
        if kind < 0.35:
            sides = _open((0, 0), (0, 1, 0.5), (1, 1, 0.5), (1, 0))
            return [sides, _open((0.5, peak * 0.6), (0.5, 1))], 1.25
        lean = self.rng.uniform(0.12, 0.27)
        return [_open((0, 0), (lean, 1), (0.5, peak), (1 - lean, 1), (1, 0))], self.rng.uniform(1.2, 1.5)

    def _sym_X(self) -> tuple[list[Path], float]:
        return [_open((0, 0), (1, 1)), _open((1, 0), (0, 1))], 1.1

    def _sym_Y(self) -> tuple[list[Path], float]:
        fork = self.rng.uniform(0.4, 0.6)
        if self.rng.random() < 0.12:
            return [_open((0, 0), (0, fork, 1), (1, fork, 1), (1, 0)), _open((0.5, fork), (0.5, 1))], 1.05
        return [_open((0, 0), (0.5, fork), (1, 0)), _open((0.5, fork), (0.5, 1))], 1.1

    def _sym_Z(self) -> tuple[list[Path], float]:
        paths = [_open((0, 0), (1, 0), (0, 1), (1, 1))]
        if self.rng.random() < 0.06:
            paths.append(_open((0.15, 0.5), (0.85, 0.5)))
        return paths, 1.0


def _beyond(before: Vertex, end: Vertex, reach: float) -> Vertex:
    """The end point moved on by `reach` pixels; clipping at the box then leaves a flat end."""
    dx, dy = end[0] - before[0], end[1] - before[1]
    length = max(math.hypot(dx, dy), 1e-6)
    return end[0] + dx / length * reach, end[1] + dy / length * reach, end[2]


def _right_angle(points: list[Vertex], index: int) -> bool:
    """Whether both segments at the vertex run along the axes (then the corner is filled up square)."""
    x, y, _ = points[index]
    for other in (points[index - 1], points[(index + 1) % len(points)]):
        if min(abs(other[0] - x), abs(other[1] - y)) > 1.5:
            return False
    return True


def _rounded(
    points: list[Vertex], closed: bool, corner: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """The polyline with every vertex of r > 0 replaced by `corner`: a quarter of an ellipse, or a straight cut."""
    count = len(points)
    line: list[tuple[float, float]] = []
    for index, (x, y, r) in enumerate(points):
        if r <= 0.0 or (not closed and index in (0, count - 1)):
            line.append((x, y))
            continue
        px, py, pr = points[index - 1]
        nx, ny, nr = points[(index + 1) % count]
        inward = _toward(x, y, px, py, r, pr > 0.0)
        outward = _toward(x, y, nx, ny, r, nr > 0.0)
        for a, b in corner:
            line.append((x + inward[0] * a + outward[0] * b, y + inward[1] * a + outward[1] * b))
    return line


def _toward(x: float, y: float, tx: float, ty: float, radius: float, shared: bool) -> tuple[float, float]:
    """Vector from a corner towards its neighbour, as long as the radius and the segment allow."""
    dx, dy = tx - x, ty - y
    length = max(math.hypot(dx, dy), 1e-6)
    reach = min(radius, length * (0.5 if shared else 0.95))
    return dx / length * reach, dy / length * reach
