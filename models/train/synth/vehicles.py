"""Drawn vehicles of a street scene: a few textured flat faces each, with random shapes, colours and details.

The product's own demonstration and tests show such drawn streets, so a detector must know them beside photographs.
Units are metres. The origin of a body lies on the road under the middle of the end that carries the plate; x points
to the right as one looks at that end, y up, z along the vehicle.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from arrays import Colour, Floats, Pixels, Rng

PAINTS: tuple[Colour, ...] = (
    (30, 60, 130), (158, 160, 164), (206, 206, 200), (172, 40, 36), (46, 48, 54), (210, 120, 30),
    (40, 90, 60), (240, 240, 238), (20, 20, 24), (90, 30, 40), (220, 190, 60), (120, 150, 180), (110, 80, 60),
)  # fmt: skip
TYRE, DARK, STEEL = (20, 20, 22), (26, 27, 30), (150, 152, 156)


def shaded(colour: Colour, factor: float) -> Colour:
    """A colour times a factor."""
    return tuple(int(min(255.0, c * factor)) for c in colour)  # type: ignore[return-value]


class Sheet:
    """A texture [H, W, 4] that is drawn in metres."""

    def __init__(self, width: float, height: float, scale: float) -> None:
        self.width, self.height, self.scale = width, height, scale
        self.pixels: Pixels = np.zeros((max(2, round(height * scale)), max(2, round(width * scale)), 4), np.uint8)

    def rect(self, box: tuple[float, float, float, float], top: Colour, bottom: Colour | None = None) -> None:
        """A rectangle x1 y1 x2 y2 whose colour runs from top to bottom."""
        x1, y1, x2, y2 = (round(v * self.scale) for v in box)
        x1, y1 = max(x1, 0), max(y1, 0)
        patch = self.pixels[y1:y2, x1:x2]
        if patch.size == 0:
            return
        share = np.linspace(0, 1, patch.shape[0])[:, None]
        patch[:, :, :3] = (np.array(top) * (1 - share) + np.array(bottom or top) * share)[:, None]
        patch[:, :, 3] = 255

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        corners = np.round(np.array(points) * self.scale * 16).astype(np.int32)
        cv2.fillPoly(self.pixels, [corners], (*colour, 255), cv2.LINE_AA, 4)

    def ellipse(self, box: tuple[float, float, float, float], colour: Colour) -> None:
        """A filled ellipse in x1 y1 x2 y2."""
        x1, y1, x2, y2 = (v * self.scale for v in box)
        middle = (round((x1 + x2) * 8), round((y1 + y2) * 8))
        axes = (max(16, round((x2 - x1) * 8)), max(16, round((y2 - y1) * 8)))
        # OpenCV's shift covers middle and axes alike: sixteenths of a pixel.
        cv2.ellipse(self.pixels, middle, axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA, 4)

    def text(self, word: str, box: tuple[float, float, float, float], colour: Colour, rng: Rng) -> None:
        """A word that fills a rectangle: a sign or a lettering, never a plate."""
        x1, y1, x2, y2 = (v * self.scale for v in box)
        face = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX]))
        (width, height), _ = cv2.getTextSize(word, face, 1.0, 2)
        size = min((x2 - x1) / max(width, 1), (y2 - y1) / max(height, 1))
        thick = max(1, round(size * 2.5))
        origin = (round((x1 + x2 - width * size) / 2), round((y1 + y2 + height * size) / 2))
        cv2.putText(self.pixels, word, origin, face, size, (*colour, 255), thick, cv2.LINE_AA)


@dataclass
class Face:
    """A flat face: corners [4, 3] clockwise from the texture's top left as seen from outside."""

    corners: Floats
    texture: Pixels


@dataclass
class Body:
    """A vehicle: its faces in drawing order, where a plate goes, and what kind it is."""

    faces: list[Face]
    plate_height: float
    """Of the plate's middle above the road."""
    width: float
    length: float
    kind: str


def _facing(left: float, right: float, bottom: float, top: float, low: float, high: float) -> Floats:
    return np.array([[left, top, high], [right, top, high], [right, bottom, low], [left, bottom, low]], np.float32)


def _sides(half: tuple[float, float], bottom: float, top: float, low: tuple[float, float], high: tuple[float, float]):
    """Both flanks between the z of the lower and of the upper edge; `half` is half the width below and above."""
    a, b = half
    left = [[-b, top, high[1]], [-b, top, high[0]], [-a, bottom, low[0]], [-a, bottom, low[1]]]
    right = [[b, top, high[0]], [b, top, high[1]], [a, bottom, low[1]], [a, bottom, low[0]]]
    return np.array(left, np.float32), np.array(right, np.float32)


def _panel(top: Colour, bottom: Colour) -> Pixels:
    sheet = Sheet(1, 1, 16)
    sheet.rect((0, 0, 1, 1), top, bottom)
    return sheet.pixels


def _pane(paint: Colour, rim: float, rng: Rng) -> Pixels:
    sheet = Sheet(1, 1, 64)
    sheet.rect((0, 0, 1, 1), shaded(paint, 0.8))
    glass = shaded((104, 120, 134), rng.uniform(0.4, 1.2))
    sheet.rect((rim, 0.06, 1 - rim, 0.97), glass, shaded((34, 42, 50), rng.uniform(0.6, 1.4)))
    if rng.random() < 0.6:
        x = rng.uniform(0.1, 0.6)
        sheet.polygon([(x + 0.15, 0.1), (x + 0.3, 0.1), (x + 0.15, 0.95), (x, 0.95)], shaded(glass, 1.15))
    return sheet.pixels


def _flank(paint: Colour, length: float, height: float, wheels: list[float], radius: float, rng: Rng) -> Pixels:
    """The side of a vehicle with wheels, doors and sometimes a lettering."""
    sheet = Sheet(length, height, 60)
    lower = height - radius * 0.75
    sheet.rect((0, 0, length, lower), shaded(paint, 0.9), shaded(paint, rng.uniform(0.45, 0.75)))
    sheet.rect((0, lower - 0.08, length, lower), shaded(paint, 0.35))
    for door in np.linspace(0.35, 0.8, int(rng.integers(1, 4))):
        sheet.rect((length * door, 0.02, length * door + 0.02, lower - 0.1), shaded(paint, 0.4))
    if rng.random() < 0.25:
        sheet.text(word(rng), (length * 0.3, height * 0.15, length * 0.8, height * 0.5), random_colour(rng), rng)
    for wheel in wheels:
        y = height - radius
        sheet.ellipse((wheel - radius * 1.15, y - radius * 1.15, wheel + radius * 1.15, y + radius), DARK)
        sheet.ellipse((wheel - radius, y - radius, wheel + radius, y + radius), TYRE)
        rim = radius * rng.uniform(0.5, 0.7)
        sheet.ellipse((wheel - rim, y - rim, wheel + rim, y + rim), shaded(STEEL, rng.uniform(0.5, 1.3)))
    return sheet.pixels


def word(rng: Rng) -> str:
    """Letters that stand on signs and doors."""
    letters = "ABCDEFGHIJKLMNOPRSTUVWXYZ"
    plain = "".join(letters[i] for i in rng.integers(0, len(letters), int(rng.integers(3, 9))))
    return str(rng.choice(["CAFE", "SLOW", "STOP", "TAXI", "BAR", "HOTEL", "EXIT", "P", "BUS", "24H", plain, plain]))


def random_colour(rng: Rng) -> Colour:
    """Any colour."""
    return tuple(int(v) for v in rng.integers(0, 256, 3))  # type: ignore[return-value]


def _paint(rng: Rng) -> Colour:
    base = PAINTS[rng.integers(len(PAINTS))] if rng.random() < 0.75 else random_colour(rng)
    return tuple(int(np.clip(v + rng.normal(0, 12), 0, 255)) for v in base)  # type: ignore[return-value]


def _end(paint: Colour, width: float, height: float, front: bool, rng: Rng) -> Pixels:
    """The front or back of a car or van, below its window."""
    sheet = Sheet(width, height, 110)
    for x in (0.08, width - 0.28):
        sheet.rect((x, height - 0.36, x + 0.2, height), TYRE)
    sheet.rect((0.2, height - 0.3, width - 0.2, height - 0.1), (16, 16, 18))
    sheet.rect((0, 0, width, height - 0.2), shaded(paint, 1.05), shaded(paint, rng.uniform(0.5, 0.8)))
    size, y = rng.uniform(0.15, 0.34), rng.uniform(0.04, 0.12)
    lamp = (225, 228, 220) if front else (176, 22, 26)
    tall = rng.uniform(0.1, 0.2) if front else rng.uniform(0.12, 0.32)
    for x in (0.05, width - 0.05 - size):
        draw = sheet.ellipse if rng.random() < 0.4 else sheet.rect
        draw((x, y, x + size, y + tall), shaded(lamp, rng.uniform(0.5, 1.0)))
        if front:
            sheet.ellipse((x + size * 0.25, y + 0.02, x + size * 0.7, y + tall - 0.02), (250, 252, 246))
    mid = width / 2
    if front:
        wide, deep = rng.uniform(0.25, 0.5), rng.uniform(0.1, 0.26)
        sheet.rect((mid - wide, y, mid + wide, y + deep), DARK, (46, 48, 52))
        for bar in np.arange(y + 0.03, y + deep, 0.045):
            sheet.rect((mid - wide + 0.03, bar, mid + wide - 0.03, bar + 0.015), (110, 112, 116))
        sheet.rect((0.3, height * 0.62, width - 0.3, height * 0.62 + 0.1), DARK)
    if rng.random() < 0.7:
        sheet.ellipse((mid - 0.06, y + 0.01, mid + 0.06, y + 0.11), (190, 192, 196))
    seam = height * rng.uniform(0.45, 0.6)
    sheet.rect((0.02, seam, width - 0.02, seam + 0.02), shaded(paint, 0.5))
    if rng.random() < 0.2 and not front:
        sheet.text(word(rng), (0.3, 0.02, 0.8, 0.1), STEEL, rng)
    return sheet.pixels


def car(rng: Rng) -> Body:
    """A car seen from the front or the back, from a small one to an estate."""
    paint, front = _paint(rng), bool(rng.random() < 0.5)
    width, length, waist = rng.uniform(1.55, 1.95), rng.uniform(3.4, 4.9), rng.uniform(0.82, 1.05)
    half, roof = width / 2, waist + rng.uniform(0.45, 0.7)
    hood = rng.uniform(0.8, 1.2) if front else rng.uniform(0.05, 0.5)
    low = (hood, length * rng.uniform(0.75, 0.95))
    high = (hood + rng.uniform(0.3, 0.7), low[1] - rng.uniform(0.1, 0.6))
    top = half * rng.uniform(0.75, 0.88)
    faces = []
    for corners in _sides((half, half), 0, waist, (0, length), (0, length)):
        side = _flank(shaded(paint, 0.85), length, waist, [0.75, length - 0.75], rng.uniform(0.28, 0.34), rng)
        faces.append(Face(corners, side))
    lid = _facing(-half, half, waist - 0.02, waist + 0.06, 0.02, low[0])
    faces.append(Face(lid, _panel(shaded(paint, 1.12), shaded(paint, 1.02))))
    faces.append(Face(_facing(-half, half, 0, waist, 0, 0), _end(paint, width, waist, front, rng)))
    for corners in _sides((half * 0.97, top), waist, roof, low, high):
        faces.append(Face(corners, _pane(paint, 0.08, rng)))
    roof_face = _facing(-top, top, roof, roof, high[0], high[1])
    faces.append(Face(roof_face, _panel(shaded(paint, 1.1), shaded(paint, 1.18))))
    screen = [[-top, roof, high[0]], [top, roof, high[0]], [half * 0.95, waist, low[0]], [-half * 0.95, waist, low[0]]]
    faces.append(Face(np.array(screen, np.float32), _pane(paint, 0.05, rng)))
    plate = rng.uniform(0.34, 0.5) if front or rng.random() < 0.3 else rng.uniform(0.5, waist - 0.2)
    return Body(faces, plate, width, length, "car")


def _tall_end(paint: Colour, width: float, height: float, bus: bool, rng: Rng) -> Pixels:
    """The front of a truck or bus."""
    sheet = Sheet(width, height, 80)
    for x in (0.08, width - 0.4):
        sheet.rect((x, height - 0.5, x + 0.32, height), TYRE)
    sheet.rect((0.3, height - 0.45, width - 0.3, height - 0.2), (16, 16, 18))
    sheet.rect((0, 0, width, height - 0.3), shaded(paint, 1.08), shaded(paint, 0.7))
    top = 0.34 if not bus else 0.45
    glass = height * (0.45 if not bus else rng.uniform(0.5, 0.62))
    sheet.rect((0.1, top, width - 0.1, glass), (110, 126, 140), (34, 42, 50))
    if bus or rng.random() < 0.4:
        sheet.rect((0.3, 0.1, width - 0.3, top - 0.06), (20, 20, 20))
        sheet.text(f"{rng.integers(1, 400)} {word(rng)}", (0.35, 0.13, width - 0.35, top - 0.1), (250, 180, 40), rng)
    for y in np.arange(glass + 0.15, glass + 0.15 + rng.uniform(0, 0.6), 0.11):
        sheet.rect((0.45, y, width - 0.45, y + 0.06), (44, 46, 50))
    for x in (0.1, width - 0.44):
        sheet.rect((x, height - 0.62, x + 0.34, height - 0.4), (60, 64, 70))
        sheet.ellipse((x + 0.08, height - 0.6, x + 0.26, height - 0.42), (246, 248, 240))
    return sheet.pixels


def large(rng: Rng, bus: bool) -> Body:
    """A truck with its box, or a bus."""
    paint = _paint(rng)
    width, length = rng.uniform(2.1, 2.55), rng.uniform(5.5, 12.0)
    cab = rng.uniform(2.3, 3.0) if not bus else rng.uniform(2.7, 3.3)
    half, faces = width / 2, []
    if bus:
        for corners in _sides((half, half), 0, cab, (0, length), (0, length)):
            sheet = Sheet(length, cab, 40)
            sheet.pixels[:] = cv2.resize(
                _flank(shaded(paint, 0.85), length, cab, [1.8, length - 2.2], 0.48, rng), sheet.pixels.shape[1::-1]
            )
            for x in np.arange(0.3, length - 1.2, rng.uniform(1.2, 1.7)):
                sheet.rect((x, 0.4, x + 1.1, cab * 0.5), (90, 104, 116), (40, 48, 56))
            faces.append(Face(corners, sheet.pixels))
        depth = length
    else:
        cargo, depth = shaded((206, 208, 204), rng.uniform(0.5, 1.15)), rng.uniform(1.5, 2.2)
        if rng.random() < 0.4:
            cargo = _paint(rng)
        box = cab + rng.uniform(0.1, 0.8)
        front = _facing(-half, half, 1.0, box, depth, depth)
        faces.append(Face(front, _panel(shaded(cargo, 0.9), shaded(cargo, 0.7))))
        for corners in _sides((half, half), 0.55, box, (depth, length), (depth, length)):
            faces.append(Face(corners, _flank(cargo, length - depth, box - 0.55, [], 0.01, rng)))
        for corners in _sides((half, half), 0, 0.95, (1.0, length), (1.0, length)):
            low = _flank((60, 62, 66), length - 1.0, 0.95, [0.6, length - 1.8], 0.45, rng)
            faces.append(Face(corners, low))
        for corners in _sides((half, half), 0.3, cab, (0, depth), (0, depth)):
            faces.append(Face(corners, _panel(shaded(paint, 0.85), shaded(paint, 0.6))))
    roof = _facing(-half, half, cab, cab, 0, depth)
    faces.append(Face(roof, _panel(shaded(paint, 1.1), shaded(paint, 1.15))))
    faces.append(Face(_facing(-half, half, 0, cab, 0, 0), _tall_end(paint, width, cab, bus, rng)))
    return Body(faces, rng.uniform(0.36, 0.6), width, length, "bus" if bus else "truck")


def motorcycle(rng: Rng) -> Body:
    """A motorcycle with its rider from behind, drawn on one upright face."""
    width, height = 0.9, rng.uniform(1.55, 1.8)
    sheet, paint, mid = Sheet(width, height, 130), _paint(rng), width / 2
    base = height - 0.67
    sheet.rect((mid - 0.09, base, mid + 0.09, height), (34, 34, 36), TYRE)
    sheet.rect((mid + 0.12, base + 0.2, mid + 0.2, base + 0.45), STEEL, (80, 80, 84))
    for x in (0.0, width - 0.12):
        sheet.rect((x, 0.72, x + 0.12, 0.78), DARK)
    cloth = shaded(_paint(rng), 0.6)
    for x in (mid - 0.28, mid + 0.12):
        sheet.rect((x, 0.85, x + 0.16, base + 0.35), shaded(cloth, 0.9), shaded(cloth, 0.5))
    sheet.polygon([(mid - 0.24, 0.36), (mid + 0.24, 0.36), (mid + 0.2, 0.98), (mid - 0.2, 0.98)], cloth)
    for x in (mid - 0.36, mid + 0.24):
        sheet.rect((x, 0.4, x + 0.12, 0.82), shaded(cloth, 0.9))
    sheet.ellipse((mid - 0.14, 0.02, mid + 0.14, 0.34), paint)
    sheet.rect((mid - 0.2, 0.93, mid + 0.2, 1.06), paint, shaded(paint, 0.6))
    sheet.rect((mid - 0.1, 1.0, mid + 0.1, 1.06), (176, 22, 26))
    sheet.rect((mid - 0.17, 1.06, mid + 0.17, 1.36), DARK)
    face = Face(_facing(-width / 2, width / 2, 0, height, 0, 0), sheet.pixels)
    return Body([face], height - 1.215, 0.5, 1.9, "motorcycle")


def vehicle(rng: Rng) -> Body:
    """Any vehicle; most are cars."""
    pick = rng.random()
    if pick < 0.62:
        return car(rng)
    if pick < 0.78:
        return large(rng, bus=False)
    return large(rng, bus=True) if pick < 0.86 else motorcycle(rng)
