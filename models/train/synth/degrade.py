"""From a sharp plate in its surroundings to what a camera and a detector would have made of it.

The same code makes views of rendered plates and of real crops. A view is taken in two steps, as in reality: the scene
is projected to the few pixels that the sensor has for it (perspective, blur, light, noise, compression happen there),
and from those pixels the reader's crop is cut, by corners or by a box, a little wrong.
"""

from dataclasses import dataclass

import cv2
import numpy as np

HEIGHT = 64
WIDTH = 160
LINE_HEIGHT_MIN_PX = 11.0
"""Smallest height of a line of characters with its margin, in pixels of the sensor."""
LINE_HEIGHT_MAX_PX = 64.0
SURROUNDINGS = 0.4
"""Surroundings that are projected with the plate, in plate heights; what lies beyond is repeated from the edge."""
TWO_LINES_ASPECT = 2.4
"""Plates of less than this aspect have two lines."""


@dataclass(frozen=True)
class Strength:
    """How much worse than the canvas a view may be, 0 (as it is) to 1."""

    geometry: float = 1.0
    optics: float = 1.0
    small: float = 0.45
    """Share of views in which the plate has few pixels."""
    plate_height_px: float | None = None
    """Height of the whole plate in pixels of the sensor, when it is not drawn; for measuring."""


RENDERED = Strength()
REAL = Strength(geometry=0.9, optics=0.55, small=0.25)
"""A real crop has been through a camera already."""
PLAIN = Strength(geometry=0.0, optics=0.0, small=0.0)
"""For measuring on real crops: nothing but the crop."""


def view(
    canvas: np.ndarray, corners: np.ndarray, rng: np.random.Generator, strength: Strength = RENDERED
) -> np.ndarray:
    """A crop as the reader gets it: uint8 [64, 160].

    `canvas` is uint8 [height, width], `corners` float32 [4, 2] of the plate in it, clockwise from its top left.
    """
    quad, size = _projected(corners, rng, strength)
    seen = _project(canvas, corners, quad, size, rng, strength)
    if strength.optics > 0:
        # Few views suffer from everything at once.
        seen = _exposed(seen, quad, rng, strength.optics * rng.uniform(0.15, 1.0))
    return cut(seen, _found(quad, rng, strength))


def cut(picture: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """The quad stretched to the reader's input: uint8 [64, 160]."""
    width = float(np.linalg.norm(quad[1] - quad[0]))
    if width > 1.5 * WIDTH:
        # Without this, bilinear sampling would leave out pixels.
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 * width / WIDTH)
    target = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    # Pixel centres lie at a half, OpenCV's at whole numbers.
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32) - 0.5, target - 0.5)
    size, edge = (WIDTH, HEIGHT), cv2.BORDER_REPLICATE
    return cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=edge)


def _projected(corners: np.ndarray, rng: np.random.Generator, strength: Strength) -> tuple[np.ndarray, tuple[int, int]]:
    """Where the corners come to lie on the sensor, and how many pixels of it are looked at."""
    width = float(np.linalg.norm(corners[1] - corners[0]))
    height = float(np.linalg.norm(corners[3] - corners[0]))
    lines = 2.0 if width < TWO_LINES_ASPECT * height else 1.0
    if rng.random() < strength.small:
        low, high = LINE_HEIGHT_MIN_PX, 26.0
    else:
        low, high = 20.0, LINE_HEIGHT_MAX_PX
    wanted = float(np.exp(rng.uniform(np.log(low), np.log(high)))) * lines**0.8
    if strength.geometry == 0:
        wanted = height
    # A canvas has no more detail than it has.
    wanted = strength.plate_height_px or min(wanted, 1.1 * height)
    geometry = strength.geometry
    across = wanted * width / height * (1 + geometry * rng.uniform(-0.35, 0.12))
    quad = np.array([[0, 0], [across, 0], [across, wanted], [0, wanted]], np.float64)
    quad -= quad.mean(axis=0)
    angle = geometry * np.deg2rad(rng.normal(0, 5))
    shear = geometry * rng.normal(0, 0.10)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    quad = quad @ np.array([[1, 0], [shear, 1]]) @ turn.T
    quad += geometry * rng.normal(0, 0.03, (4, 2)) * np.array([wanted, wanted])
    margin = SURROUNDINGS * wanted
    low_corner = quad.min(axis=0)
    extent = quad.max(axis=0) - low_corner
    size = np.ceil(extent + 2 * margin).astype(int) + 2
    # The grid of the sensor lies anywhere.
    quad = quad - low_corner + margin + rng.random(2)
    return quad.astype(np.float32), (int(size[0]), int(size[1]))


def _project(
    canvas: np.ndarray, corners: np.ndarray, quad: np.ndarray, size: tuple[int, int], rng: np.random.Generator,
    strength: Strength,
) -> np.ndarray:  # fmt: skip
    """The canvas in pixels of the sensor, each the mean of what it covers."""
    area = max(cv2.contourArea(quad), 1.0)
    ratio = float(np.sqrt(max(cv2.contourArea(corners), 1.0) / area))
    if ratio > 1.05:
        sigma = 0.42 * np.sqrt(ratio**2 - 1) * (1 + strength.optics * rng.uniform(-0.2, 0.5))
        canvas = cv2.GaussianBlur(canvas, (0, 0), sigma)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32) - 0.5, quad - 0.5)
    return cv2.warpPerspective(canvas, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _exposed(seen: np.ndarray, quad: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Light, lens, sensor and codec."""
    height = max(float(np.linalg.norm(quad[3] - quad[0])), 4.0)
    image = seen.astype(np.float32)
    if rng.random() < 0.5 * strength:
        image = _lit(image, rng)
    if rng.random() < 0.45 * strength:
        image = _blurred(image, height, rng)
    image = _contrast(image, rng, strength)
    if rng.random() < 0.6 * strength:
        deviation = np.exp(rng.uniform(np.log(1.0), np.log(18.0))) * min(1.0, 0.3 + height / 40)
        noise = rng.normal(0, deviation, image.shape)
        if rng.random() < 0.4:
            noise = cv2.GaussianBlur(noise, (0, 0), 0.7) * 1.7
        image = image + noise
    if rng.random() < 0.2 * strength:
        # What cameras do by themselves to look sharp.
        image = image + rng.uniform(0.4, 1.8) * (image - cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.3)))
    image = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.55 * strength:
        quality = int(rng.uniform(18, 92))
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return image


def _lit(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A slope of brightness, a hard shadow or a glare."""
    height, width = image.shape
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * across + np.sin(angle) * down
    kind = rng.random()
    if kind < 0.5:
        return image * (1 + rng.uniform(0.1, 0.5) * slope)
    if kind < 0.8:
        edge = 1 / (1 + np.exp(-rng.uniform(4, 30) * (slope - rng.uniform(-0.7, 0.7))))
        return image * (1 - rng.uniform(0.25, 0.7) * edge)
    centre_x, centre_y = rng.uniform(-1, 1, 2)
    distance = (across - centre_x) ** 2 / rng.uniform(0.05, 0.4) + (down - centre_y) ** 2 / rng.uniform(0.05, 0.6)
    return image + rng.uniform(40, 160) * np.exp(-distance)


def _blurred(image: np.ndarray, height: float, rng: np.random.Generator) -> np.ndarray:
    """Out of focus, or moved while the shutter was open."""
    if rng.random() < 0.5:
        return cv2.GaussianBlur(image, (0, 0), max(0.3, height * rng.uniform(0.01, 0.055)))
    length = max(2.0, height * rng.uniform(0.04, 0.18))
    side = int(length) // 2 * 2 + 3
    kernel = np.zeros((side, side), np.float32)
    angle = rng.normal(0, 0.5) if rng.random() < 0.7 else rng.uniform(0, np.pi)
    half = length / 2 * np.array([np.cos(angle), np.sin(angle)])
    middle = side / 2 - 0.5
    first = (int((middle - half[0]) * 16), int((middle - half[1]) * 16))
    last = (int((middle + half[0]) * 16), int((middle + half[1]) * 16))
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_AA, 4)
    return cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1e-6), borderType=cv2.BORDER_REPLICATE)


def _contrast(image: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Exposure, gamma and contrast; a few are night or washed out, a few negative (reflective under infrared)."""
    image = np.clip(image, 0, 255) / 255
    image = image ** np.exp(strength * rng.normal(0, 0.45))
    mean = float(image.mean())
    level = np.clip(mean + strength * rng.normal(0, 0.2), 0.08, 0.92)
    image = level + (image - mean) * np.exp(strength * rng.normal(-0.25, 0.45))
    if rng.random() < 0.04 * strength:
        image = 1 - image
    return image * 255


def _found(quad: np.ndarray, rng: np.random.Generator, strength: Strength) -> np.ndarray:
    """The quad that a detector would have given, by corners or a box around them, with the host's margin."""
    geometry = strength.geometry
    width = float(np.linalg.norm(quad[1] - quad[0]))
    height = float(np.linalg.norm(quad[3] - quad[0]))
    if rng.random() < 0.55 or geometry == 0:
        found = quad + geometry * rng.normal(0, 0.022, (4, 2)) * np.array([0.6 * width, 1.6 * height])
    else:
        (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
        found = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    loose = 3.0 if rng.random() < 0.08 * geometry else 1.0
    sides = 0.04 + geometry * loose * rng.normal(0, 0.035, 4)
    left, top, right, bottom = np.clip(sides, -0.06, 0.35)
    along, down = found[1] - found[0], found[3] - found[0]
    across_low, down_right = found[2] - found[3], found[2] - found[1]
    # Top and bottom are cut in heights with a heavier tail: boxes are worst there.
    return np.array([
        found[0] - left * along - 1.5 * top * down,
        found[1] + right * along - 1.5 * top * down_right,
        found[2] + right * across_low + 1.5 * bottom * down_right,
        found[3] - left * across_low + 1.5 * bottom * down,
    ], np.float32)
