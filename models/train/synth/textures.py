"""A bank of grey textures, made once a process, from which plates and canvases take random pieces."""

from __future__ import annotations

import random

import cv2
import numpy as np

BANK_SHAPE = (320, 640)
"""Rows and columns of every texture of the bank, in pixels."""


class TextureBank:
    """Seeded noise textures of mean 128 as uint8: blotches of several scales, grain, streaks and weaves."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.blotches = [_blotches(rng, cell) for cell in (6, 10, 16, 24, 40, 64, 96, 160) for _ in range(2)]
        self.grains = [_grain(rng, sigma) for sigma in (0.0, 0.6, 1.0, 1.6)]
        self.streaks = [_streaks(rng, along) for along in (True, False, True, False)]
        self.weaves = [_weave(step, angle) for step, angle in ((6, 0), (9, 1), (5, 1), (7, 2), (11, 2), (8, 0))]
        self.everything = self.blotches + self.grains + self.streaks + self.weaves

    def piece(self, rng: random.Random, textures: list[np.ndarray], height: int, width: int) -> np.ndarray:
        """A random crop of one of the textures, flipped at random, as uint8 [height, width]."""
        texture = rng.choice(textures)
        rows, columns = texture.shape
        if height > rows or width > columns:
            texture = cv2.resize(texture, (max(columns, width), max(rows, height)), interpolation=cv2.INTER_LINEAR)
            rows, columns = texture.shape
        top, left = rng.randint(0, rows - height), rng.randint(0, columns - width)
        crop = texture[top : top + height, left : left + width]
        flip = rng.randint(0, 3)
        if flip & 1:
            crop = crop[::-1]
        if flip & 2:
            crop = crop[:, ::-1]
        return np.ascontiguousarray(crop)


def _normal(values: np.ndarray) -> np.ndarray:
    """Scales to mean 128 and a standard deviation of 48, as uint8."""
    spread = max(float(values.std()), 1e-6)
    return np.clip((values - values.mean()) / spread * 48 + 128, 0, 255).astype(np.uint8)


def _blotches(rng: np.random.Generator, cell: int) -> np.ndarray:
    """Value noise of two octaves, the coarser one with `cell` pixels between its nodes."""
    rows, columns = BANK_SHAPE
    total = np.zeros(BANK_SHAPE, np.float32)
    for step, weight in ((cell, 1.0), (max(2, cell // 3), 0.5)):
        nodes = rng.standard_normal((rows // step + 3, columns // step + 3)).astype(np.float32)
        total += weight * cv2.resize(nodes, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return _normal(total)


def _grain(rng: np.random.Generator, sigma: float) -> np.ndarray:
    """White noise, blurred by `sigma` pixels."""
    noise = rng.standard_normal(BANK_SHAPE).astype(np.float32)
    return _normal(cv2.GaussianBlur(noise, (0, 0), sigma) if sigma > 0 else noise)


def _streaks(rng: np.random.Generator, along: bool) -> np.ndarray:
    """Noise stretched along the rows or the columns: brushed metal, rain, wiped dirt."""
    rows, columns = BANK_SHAPE
    shape = (rows, columns // 40) if along else (rows // 40, columns)
    noise = rng.standard_normal(shape).astype(np.float32)
    return _normal(cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_LINEAR))


def _weave(step: int, kind: int) -> np.ndarray:
    """A regular pattern: slats, a mesh of diagonals or a honeycomb of dots, `step` pixels apart."""
    y, x = np.mgrid[0 : BANK_SHAPE[0], 0 : BANK_SHAPE[1]].astype(np.float32)
    turn = 2 * np.pi / step
    if kind == 0:
        return _normal(np.sin(y * turn))
    if kind == 1:
        return _normal(np.maximum(np.sin((x + y) * turn), np.sin((x - y) * turn)))
    return _normal(np.sin(x * turn) * np.sin(y * turn * 0.8 + (np.floor(x / step) % 2) * np.pi))
