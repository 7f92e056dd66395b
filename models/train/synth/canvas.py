"""Plates where they hang: `python -m synth.canvas --count N --seed S --out DIR` writes shards for training.

A canvas is uint8 [112, 256] gray with the plate in its middle and, around it and on it, what a reader must not be
confused by: frames, dealers' names, screws, dirt, shadows, glare, grilles. DIR gets `canvas.npy`, `corners.npy`
(float32 [n, 4, 2], clockwise from the plate's top left) and `texts.txt`; beyond 20,000 canvases these lie in numbered
folders below DIR. Shards that are whole are kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.lib.format import open_memmap

from synth.fonts import FontsMissing
from synth.plate import Plate, PlateFactory

HEIGHT, WIDTH = 112, 256
SHARD = 20_000
"""Canvases in a folder."""
FILL_ACROSS, FILL_DOWN = 0.74, 0.66
"""Most of the canvas that a plate takes, across and down."""


class Surroundings:
    """Puts plates on canvases with the factory's textures and words."""

    def __init__(self, factory: PlateFactory) -> None:
        self.factory = factory
        self.rng = factory.rng
        self.bank = factory.renderer.bank

    def around(self, plate: Plate) -> tuple[np.ndarray, np.ndarray]:
        """The canvas, uint8 [112, 256], and the plate's corners in it, float32 [4, 2]."""
        rng = self.rng
        gray = self._gray(plate.image)
        height, width = gray.shape
        scale = min(FILL_ACROSS * WIDTH / width, FILL_DOWN * HEIGHT / height) * rng.uniform(0.85, 1.0)
        across, down = round(width * scale), round(height * scale)
        small = cv2.resize(gray, (across, down), interpolation=cv2.INTER_AREA).astype(np.float32)
        left, top = (WIDTH - across) // 2, (HEIGHT - down) // 2
        canvas = self._body()
        self._clutter(canvas, (left, top, across, down))
        self._frame(canvas, (left, top, across, down))
        canvas[top : top + down, left : left + across] = self._used(small)
        if rng.random() < 0.3:
            self._rim(canvas, (left, top, across, down))
        canvas = self._lit(canvas)
        right, bottom = left + across, top + down
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        return np.clip(canvas, 0, 255).astype(np.uint8), corners

    def _gray(self, image: np.ndarray) -> np.ndarray:
        """Luma with weights of its own, since every sensor and light sees colours otherwise."""
        weights = np.array([0.3, 0.59, 0.11]) * np.exp([self.rng.gauss(0, 0.5) for _ in range(3)])
        return cv2.transform(image, (weights / weights.sum())[None, :].astype(np.float32))

    def _body(self) -> np.ndarray:
        """Paint, plastic or a grille, float32 [112, 256]."""
        rng = self.rng
        level = rng.choice([rng.uniform(8, 60), rng.uniform(8, 240)])
        textures = rng.choice([self.bank.blotches, self.bank.weaves, self.bank.streaks, self.bank.grains])
        piece = self.bank.piece(rng, textures, HEIGHT, WIDTH).astype(np.float32) - 128
        slope = np.linspace(rng.uniform(-40, 40), rng.uniform(-40, 40), HEIGHT, dtype=np.float32)[:, None]
        canvas = level + piece * rng.uniform(0.02, 0.5) + slope
        for _ in range(rng.randint(0, 3)):
            y = rng.randrange(HEIGHT)
            end = (WIDTH, y + rng.randint(-8, 8))
            cv2.line(canvas, (0, y), end, rng.uniform(0, 255), rng.randint(1, 6), cv2.LINE_AA)
        return canvas

    def _clutter(self, canvas: np.ndarray, spot: tuple[int, int, int, int]) -> None:
        """Words beside the plate: badges, stickers, telephone numbers."""
        left, top, across, down = spot
        for y0, y1 in ((0, top - 3), (top + down + 3, HEIGHT)):
            if self.rng.random() < 0.15 and y1 - y0 > 8:
                high = self.rng.uniform(6, min(16, y1 - y0))
                at = (left + self.rng.uniform(0, 0.5) * across, y0 + (y1 - y0 - high) / 2)
                self._word(canvas, at, high, 0.5 * across)

    def _frame(self, canvas: np.ndarray, spot: tuple[int, int, int, int]) -> None:
        """A frame around the plate, often with a dealer's name below or above."""
        rng = self.rng
        if rng.random() > 0.5:
            return
        left, top, across, down = spot
        thick = max(1, round(down * rng.uniform(0.02, 0.09)))
        foot = round(down * rng.choice([0.03, 0.16, 0.22]) + thick)
        head = round(down * rng.choice([0.03, 0.03, 0.16]) + thick)
        level = rng.choice([rng.uniform(0, 50), rng.uniform(0, 255)])
        cv2.rectangle(canvas, (left - thick, top - head), (left + across + thick, top + down + foot), level, -1)
        ink = 255 - level if abs(level - 128) > 40 else 255
        for y, room in ((top + down + 1, foot - 2), (top - head + 1, head - 2)):
            if room >= 5 and rng.random() < 0.85:
                self._word(canvas, (left + 0.15 * across, y), room, 0.7 * across, ink)

    def _word(
        self, canvas: np.ndarray, at: tuple[float, float], high: float, wide: float, ink: float | None = None
    ) -> None:
        """A dealer's name, its top left at `at`, at most `high` and `wide`."""
        words = self.factory.renderer.words
        word = words.word(self.rng, words.dealer(self.rng))
        scale = min(high / word.shape[0], wide / word.shape[1])
        size = (max(1, round(word.shape[1] * scale)), max(1, round(word.shape[0] * scale)))
        x, y = round(at[0]), round(at[1])
        if y < 0 or x < 0 or y + size[1] > HEIGHT or x + size[0] > WIDTH:
            return
        cover = cv2.resize(word, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        region = canvas[y : y + size[1], x : x + size[0]]
        region += cover * ((self.rng.uniform(0, 255) if ink is None else ink) - region)

    def _used(self, plate: np.ndarray) -> np.ndarray:
        """Screws, dirt, scratches and dents."""
        rng = self.rng
        height, width = plate.shape
        if rng.random() < 0.4:
            radius = max(1, round(height * rng.uniform(0.025, 0.06)))
            for x in rng.choice([(0.2, 0.8), (0.12, 0.88), (0.35, 0.65), (0.5,)]):
                y = height * rng.choice([0.08, 0.5, 0.92] if height < 0.35 * width else [0.06, 0.94])
                cv2.circle(plate, (round(x * width), round(y)), radius, rng.uniform(0, 255), -1, cv2.LINE_AA)
        if rng.random() < 0.4:
            dirt = self.bank.piece(rng, self.bank.blotches + self.bank.streaks, height, width).astype(np.float32) / 255
            cover = np.clip((dirt - rng.uniform(0.4, 0.75)) * rng.uniform(1, 4), 0, rng.uniform(0.2, 0.7))
            plate += cover * (rng.uniform(30, 150) - plate)
        for _ in range(rng.choice([0, 0, 0, 1, 2])):
            ends = [(rng.randrange(width), rng.randrange(height)) for _ in range(2)]
            cv2.line(plate, ends[0], ends[1], rng.uniform(0, 255), 1, cv2.LINE_AA)
        return plate

    def _rim(self, canvas: np.ndarray, spot: tuple[int, int, int, int]) -> None:
        """A frame or a bumper that covers the edge of the plate."""
        left, top, across, down = spot
        level = self.rng.uniform(0, 120)
        over = max(1, round(down * self.rng.uniform(0.02, 0.06)))
        side = self.rng.choice(["all", "top", "bottom"])
        if side in ("all", "top"):
            canvas[top - 1 : top + over, left:left + across] = level
        if side in ("all", "bottom"):
            canvas[top + down - over : top + down + 1, left:left + across] = level
        if side == "all":
            canvas[top : top + down, left : left + over] = level
            canvas[top : top + down, left + across - over : left + across] = level

    def _lit(self, canvas: np.ndarray) -> np.ndarray:
        """A shadow with an edge, or a spot of glare."""
        rng = self.rng
        if rng.random() < 0.25:
            y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
            across = (x - rng.uniform(0, WIDTH)) * rng.uniform(-1, 1)
            distance = across + (y - rng.uniform(0, HEIGHT)) * rng.uniform(-1, 1) * 2
            depth = rng.uniform(0.2, 0.65)
            canvas = canvas * (1 - depth / (1 + np.exp(np.clip(-distance * rng.uniform(0.05, 1), -50, 50))))
        if rng.random() < 0.08:
            y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
            spread = rng.uniform(100, 1200)
            strength = rng.uniform(60, 200)
            distance = (x - rng.uniform(20, 236)) ** 2 + 2 * (y - rng.uniform(10, 100)) ** 2
            canvas = canvas + strength * np.exp(-distance / spread)
        return canvas


def write(count: int, seed: int, out: Path, only: tuple[str, ...] = ()) -> None:
    """Renders canvases into the folder, or into numbered folders below it where one shard does not hold them."""
    if count <= SHARD:
        write_shard(count, seed, out, only)
        return
    for index, start in enumerate(range(0, count, SHARD)):
        # Each shard has a seed of its own, so that one that was lost is made again alone.
        write_shard(min(SHARD, count - start), seed * 1000 + index, out / f"{index:03}", only)


def write_shard(count: int, seed: int, out: Path, only: tuple[str, ...] = ()) -> None:
    """Renders one shard. `canvas.npy` gets its name last: a folder that has it is whole. A whole shard is kept."""
    if (out / "canvas.npy").is_file():
        return
    factory = PlateFactory(seed, only)
    surroundings = Surroundings(factory)
    out.mkdir(parents=True, exist_ok=True)
    unfinished = out / "canvas.part"
    canvases = open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=(count, HEIGHT, WIDTH))
    corners = np.empty((count, 4, 2), np.float32)
    texts = []
    for index in range(count):
        plate = factory.make()
        canvases[index], corners[index] = surroundings.around(plate)
        texts.append(plate.text)
    canvases.flush()
    np.save(out / "corners.npy", corners)
    (out / "texts.txt").write_text("\n".join(texts) + "\n", encoding="ascii")
    unfinished.rename(out / "canvas.npy")


def main() -> None:
    """Command line of the canvases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--formats", nargs="+", default=[], metavar="NAME", help="only these, by the beginnings of names")
    wanted = parser.parse_args()
    cv2.setNumThreads(0)
    try:
        write(wanted.count, wanted.seed, wanted.out, tuple(wanted.formats))
    except (FontsMissing, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
