"""What stands on a plate beside its characters: seals, emblems, stickers, bands and printed pictures."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np

from arrays import Colour
from synth.formats.base import COLOURS
from synth.layout import Box, paste
from synth.textures import TextureBank
from synth.words import Words

_VIVID = ("red", "blue", "green", "yellow", "amber", "navy", "brightgreen", "orange", "gold", "teal", "maroon")


def vary(rng: random.Random, colour: Colour, amount: int = 18) -> Colour:
    """The colour moved by up to `amount` in every channel."""
    return tuple(min(255, max(0, c + rng.randint(-amount, amount))) for c in colour)


def named(rng: random.Random, name: str) -> Colour:
    """A varied named colour; an unknown name gives blue."""
    return vary(rng, COLOURS.get(name, COLOURS["blue"]), 14)


def ink_word(image: np.ndarray, word: np.ndarray, box: Box, colour: Colour, keep_aspect: bool = True) -> None:
    """Prints a word mask centred into the box."""
    width, height = box.width, box.height
    if keep_aspect:
        natural = word.shape[1] / word.shape[0] * height
        if natural > width:
            height *= max(0.6, width / natural)
        width = min(width, natural)
    columns, rows = max(2, round(width)), max(2, round(height))
    x, y = round((box.left + box.right - columns) / 2), round((box.top + box.bottom - rows) / 2)
    if x < 0 or y < 0 or x + columns > image.shape[1] or y + rows > image.shape[0]:
        return
    mask = np.zeros((rows, columns), np.uint8)
    paste(mask, word, 0, 0, columns, rows)
    blend(image[y : y + rows, x : x + columns], mask, colour)


def blend(region: np.ndarray, mask: np.ndarray, colour: Colour) -> None:
    """Lays a colour over the region (uint8 [h, w, 3], changed in place) where the mask (uint8 [h, w]) says."""
    weight = cv2.cvtColor(mask, cv2.COLOR_GRAY2RGB).astype(np.int16)
    shift = (np.asarray(colour, np.int16) - region).astype(np.int32) * weight
    region[:] = (region + shift // 255).astype(np.uint8)


def seal(image: np.ndarray, box: Box, rng: random.Random) -> None:
    """A registration seal, disc, shield, star or hologram, about as wide as the box."""
    size = min(box.width, box.height * 0.8) * rng.uniform(0.8, 1.0)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2 + rng.uniform(-0.12, 0.12) * box.height
    if rng.random() < 0.35:
        # Two discs above one another, as on German plates with an inspection badge.
        for offset in (-0.27, 0.27):
            _badge(image, x, y + offset * box.height, min(size, box.height * 0.48), rng)
        return
    _badge(image, x, y, size, rng)


def _badge(image: np.ndarray, x: float, y: float, size: float, rng: random.Random) -> None:
    colour = named(rng, rng.choice(_VIVID)) if rng.random() < 0.6 else vary(rng, (170, 170, 170), 60)
    second = vary(rng, rng.choice([(245, 245, 245), (40, 40, 40), (200, 180, 90)]))
    centre, radius = (round(x), round(y)), max(2, round(size / 2))
    kind = rng.randint(0, 6)
    if kind <= 2:
        cv2.circle(image, centre, radius, colour, -1, cv2.LINE_AA)
        inner = max(1, round(radius * rng.uniform(0.4, 0.8)))
        cv2.circle(image, centre, inner, second, rng.choice([-1, 1]), cv2.LINE_AA)
    elif kind == 3:
        _shield(image, x, y, size, colour, second)
    elif kind == 4:
        _star(image, x, y, size / 2, rng.choice([5, 5, 6, 8]), colour)
    elif kind == 5:
        cv2.ellipse(image, centre, (max(2, round(radius * 0.6)), radius), 0, 0, 360, colour, -1, cv2.LINE_AA)
    else:
        # A blot of many points: a tree, a bear, the outline of a state.
        angles = [2 * math.pi * (i + rng.uniform(-0.3, 0.3)) / 9 for i in range(9)]
        blot = [
            (x + math.cos(a) * radius * rng.uniform(0.5, 1.1), y + math.sin(a) * radius * rng.uniform(0.5, 1.1))
            for a in angles
        ]
        cv2.fillPoly(image, [np.round(np.array(blot)).astype(np.int32)], colour, cv2.LINE_AA)
    if size > 10 and rng.random() < 0.6:
        for _ in range(rng.randint(1, 4)):
            a = (round(x + rng.uniform(-0.3, 0.3) * size), round(y + rng.uniform(-0.3, 0.3) * size))
            b = (round(x + rng.uniform(-0.3, 0.3) * size), round(y + rng.uniform(-0.3, 0.3) * size))
            cv2.line(image, a, b, second, 1, cv2.LINE_AA)


def _shield(image: np.ndarray, x: float, y: float, size: float, colour: Colour, second: Colour) -> None:
    h, w = size / 2, size * 0.42
    outline = np.array([(x - w, y - h), (x + w, y - h), (x + w, y + 0.2 * h), (x, y + h), (x - w, y + 0.2 * h)])
    points = np.round(outline).astype(np.int32)
    cv2.fillPoly(image, [points], colour, cv2.LINE_AA)
    cv2.polylines(image, [points], True, second, 1, cv2.LINE_AA)


def _star(image: np.ndarray, x: float, y: float, radius: float, points: int, colour: Colour) -> None:
    outline = []
    for index in range(2 * points):
        reach = radius if index % 2 == 0 else radius * 0.42
        angle = math.pi * index / points - math.pi / 2
        outline.append((x + math.cos(angle) * reach, y + math.sin(angle) * reach))
    cv2.fillPoly(image, [np.round(np.array(outline)).astype(np.int32)], colour, cv2.LINE_AA)


def emblem(image: np.ndarray, box: Box, rng: random.Random, words: Words) -> None:
    """A wide emblem block between or beside the characters: several shapes, sometimes with a tiny word."""
    for _ in range(rng.randint(1, 3)):
        size = min(box.width, box.height) * rng.uniform(0.45, 0.95)
        x = box.left + box.width * rng.uniform(0.35, 0.65)
        y = box.top + box.height * rng.uniform(0.35, 0.65)
        _badge(image, x, y, size, rng)
    if rng.random() < 0.4:
        strip = Box(box.left, box.bottom - box.height * 0.2, box.right, box.bottom)
        ink_word(image, words.word(rng, words.dealer(rng)), strip, vary(rng, (40, 40, 40), 40))


def stickers(image: np.ndarray, rng: random.Random, words: Words) -> None:
    """Month and year stickers in one to three corners; they stay small and clear of the characters."""
    height, width = image.shape[:2]
    w, h = width * rng.uniform(0.09, 0.14), height * rng.uniform(0.15, 0.22)
    corners = [(0.03, 0.05), (0.97 - w / width, 0.05), (0.03, 0.95 - h / height), (0.97 - w / width, 0.95 - h / height)]
    for fx, fy in rng.sample(corners, rng.randint(1, 3)):
        x, y = round(fx * width), round(fy * height)
        colour = named(rng, rng.choice((*_VIVID, "white", "white")))
        cv2.rectangle(image, (x, y), (round(x + w), round(y + h)), colour, -1)
        text = rng.choice(["JAN", "MAY", "JUL", "OCT", "DEC", "12", "15", "23", "2014", "APR 19", "09"])
        ink = (20, 20, 20) if sum(colour) > 380 else (240, 240, 240)
        ink_word(image, words.word(rng, text), Box(x + 1, y + h * 0.2, x + w - 1, y + h * 0.8), ink)


def band(image: np.ndarray, box: Box, spec: str, rng: random.Random, words: Words) -> None:
    """A band at the side: `eu:D` (blue with a ring of stars), or `COLOUR:WORD`."""
    name, _, word = spec.partition(":")
    colour = named(rng, "blue" if name == "eu" else name)
    x0, y0, x1, y1 = round(box.left), round(box.top), round(box.right), round(box.bottom)
    cv2.rectangle(image, (x0, y0), (x1, y1), colour, -1)
    light = sum(colour) > 420
    ink = (30, 30, 40) if light else vary(rng, (240, 240, 235), 12)
    if name == "eu":
        radius = box.width * rng.uniform(0.24, 0.36)
        x, y = (box.left + box.right) / 2, box.top + box.height * rng.uniform(0.26, 0.36)
        for index in range(12):
            angle = index * math.pi / 6
            dot = (round((x + math.cos(angle) * radius) * 16), round((y + math.sin(angle) * radius) * 16))
            cv2.circle(image, dot, round(box.width * 0.045 * 16), (235, 205, 60), -1, cv2.LINE_AA, 4)
    elif rng.random() < 0.5:
        _badge(image, (box.left + box.right) / 2, box.top + box.height * 0.3, box.width * 0.7, rng)
    if word:
        height = min(box.height * 0.28, box.width * 0.8)
        foot = Box(box.left + 1, box.bottom - box.height * 0.1 - height, box.right - 1, box.bottom - box.height * 0.1)
        ink_word(image, words.word(rng, word), foot, ink)


def picture(image: np.ndarray, rng: random.Random, bank: TextureBank) -> None:
    """A pale printed picture: a gradient, hills, blots and a texture, as on many plates of US states."""
    height, width = image.shape[:2]
    if rng.random() < 0.7:
        name = rng.choice(("skyblue", "pink", "cream", "mint", "orange", "gold", "white", "teal"))
        tone = np.asarray(named(rng, name), np.float32)
        ramp = np.linspace(*rng.choice([(0.8, 0.0), (0.0, 0.8), (0.5, 0.1)]), height, dtype=np.float32)[:, None, None]
        image[:] = (image * (1 - ramp) + tone * ramp).astype(np.uint8)
    layer = image.copy()
    for _ in range(rng.randint(0, 3)):
        colour = named(rng, rng.choice(_VIVID))
        base = rng.uniform(0.35, 0.95) * height
        xs = np.linspace(0, width, 9)
        ys = [base + rng.uniform(-0.15, 0.15) * height for _ in xs]
        hill = np.array([(0, height), *zip(xs, ys, strict=True), (width, height)])
        cv2.fillPoly(layer, [np.round(hill).astype(np.int32)], colour, cv2.LINE_AA)
    if rng.random() < 0.4:
        x, y = rng.uniform(0.3, 0.7) * width, height * rng.uniform(0.4, 0.6)
        _badge(layer, x, y, height * rng.uniform(0.4, 0.9), rng)
    strength = rng.uniform(0.1, 0.4)
    cv2.addWeighted(layer, strength, image, 1 - strength, 0, dst=image)
    if rng.random() < 0.4:
        grain = cv2.cvtColor(bank.piece(rng, bank.blotches, height, width), cv2.COLOR_GRAY2RGB)
        cv2.addWeighted(image, 1.0, grain, 0.2, -0.2 * 128, dst=image)
