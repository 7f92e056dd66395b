"""Draws one flat plate: background, bands, captions, characters, embossing, wear and texture."""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np

from arrays import Colour
from synth import furniture
from synth.formats.base import PlateFormat
from synth.furniture import ink_word, vary
from synth.layout import Alphabet, Box, Item, Setting, fit, measure, paste
from synth.textures import TextureBank
from synth.words import Words

LEAST_CONTRAST = 75
"""Least difference in luma between background and ink, of 255."""


@dataclass
class Job:
    """Everything that one plate needs, drawn before rendering."""

    plate_format: PlateFormat
    lines: list[list[Item]]
    alphabet: Alphabet
    background: Colour
    ink: Colour
    rng: random.Random


class Renderer:
    """Draws jobs; holds the texture bank and the small words."""

    def __init__(self, bank: TextureBank, words: Words) -> None:
        self.bank = bank
        self.words = words

    def draw(self, job: Job) -> np.ndarray:
        """The finished plate, uint8 RGB [H, W, 3], 80 to 200 pixels high."""
        rng, fmt = job.rng, job.plate_format
        height = rng.randint(84, 112) if len(job.lines) == 1 else rng.randint(140, 180)
        width = max(height, min(640, round(height * fmt.size[0] / fmt.size[1] * rng.uniform(0.94, 1.06))))
        image = np.empty((height, width, 3), np.uint8)
        image[:] = job.background
        if rng.random() < fmt.graphic:
            furniture.picture(image, rng, self.bank)
            job.ink = _told_apart(image, job.ink)
        box = self._bands(image, job)
        if fmt.stickers and rng.random() < fmt.stickers:
            furniture.stickers(image, rng, self.words)
        box = self._captions(image, box, job)
        mask = np.zeros((height, width), np.uint8)
        self._border(image, mask, job)
        self._lines(image, mask, box, job)
        mask = _reweigh(mask, rng)
        if rng.random() < 0.25:
            mask = self._worn(mask, rng)
        self._ink(image, mask, job)
        self._surface(image, rng)
        return image

    def _bands(self, image: np.ndarray, job: Job) -> Box:
        """Draws the bands and returns the space left for captions and characters."""
        height, width = image.shape[:2]
        rng, fmt = job.rng, job.plate_format
        pad = rng.uniform(0.03, 0.07) * height
        side = pad + rng.uniform(0.01, 0.05) * height
        box = Box(side, pad, width - side, height - pad)
        inset = rng.choice([0.0, 0.0, 0.025]) * height
        thickness = min(rng.uniform(0.34, 0.44) * height, 0.1 * width)
        for spec, left in ((fmt.band_left, True), (fmt.band_right, False)):
            if not spec or (spec.startswith("?") and rng.random() < 0.5) or rng.random() < 0.08:
                continue
            x0 = inset if left else width - 1 - inset - thickness
            side = Box(x0, inset, x0 + thickness, height - 1 - inset)
            furniture.band(image, side, spec.lstrip("?"), rng, self.words)
            if left:
                box.left = side.right + pad * rng.uniform(0.4, 1.0)
            else:
                box.right = side.left - pad * rng.uniform(0.4, 1.0)
        return box

    def _captions(self, image: np.ndarray, box: Box, job: Job) -> Box:
        """Prints the words above and below and returns the space for the characters."""
        rng, fmt = job.rng, job.plate_format
        share = min(fmt.char_height * rng.uniform(0.92, 1.08), 0.8 if fmt.top or fmt.bottom else 0.86)
        free = box.height - image.shape[0] * share
        if len(job.lines) == 2:
            free = box.height * (1 - share) * 0.5 if fmt.top or fmt.bottom else box.height * 0.04
        upper, lower = (0.5, 0.5)
        if fmt.top and not fmt.bottom:
            upper, lower = (0.8, 0.2)
        elif fmt.bottom and not fmt.top:
            upper, lower = (0.25, 0.75)
        upper, lower = max(0.0, free) * upper, max(0.0, free) * lower
        if fmt.top:
            self._caption(image, Box(box.left, box.top, box.right, box.top + upper * 0.9), rng.choice(fmt.top), job)
        if fmt.bottom:
            strip = Box(box.left, box.bottom - lower * 0.85, box.right, box.bottom)
            self._caption(image, strip, rng.choice(fmt.bottom), job)
        return Box(box.left, box.top + upper, box.right, box.bottom - lower)

    def _caption(self, image: np.ndarray, strip: Box, text: str, job: Job) -> None:
        """One caption: plain, in another colour, or reversed on a bar."""
        rng = job.rng
        if not text or strip.height < 4 or rng.random() < 0.06:
            return
        colour = job.ink
        if rng.random() >= 0.7:
            colour = vary(rng, furniture.named(rng, rng.choice(("red", "blue", "green", "black"))))
        if text == "dealer":
            text = self.words.dealer(rng)
            strip = Box(strip.left, strip.top + strip.height * 0.3, strip.right, strip.bottom)
        if text.startswith("stripe:"):
            foot = round(strip.bottom)
            cv2.line(image, (0, foot), (image.shape[1], foot), furniture.named(rng, text[7:]), 2)
            return
        if text.startswith("bar:"):
            text = text[4:]
            bar = furniture.named(rng, rng.choice(("blue", "blue", "navy")))
            cv2.rectangle(image, (0, 0), (image.shape[1], round(strip.bottom)), bar, -1)
            colour = vary(rng, (240, 240, 240), 12)
            strip = Box(strip.left, strip.top, strip.right, strip.bottom - 1)
        if text.startswith("~k:"):
            word = self.words.script(rng, text.strip("~")[2:])
        else:
            word = self.words.word(rng, text)
        scale = rng.uniform(0.65, 0.95)
        rest = strip.height * (1 - scale) / 2
        span = strip.width * rng.uniform(0.0, 0.25) / 2
        ink_word(image, word, Box(strip.left + span, strip.top + rest, strip.right - span, strip.bottom - rest), colour)

    def _border(self, image: np.ndarray, mask: np.ndarray, job: Job) -> None:
        """A line round the plate, in the ink or as a light rim."""
        rng = job.rng
        if rng.random() >= job.plate_format.border:
            return
        height, width = mask.shape
        inset = round(height * rng.choice([0.0, 0.015, 0.03]))
        thick = max(1, round(height * rng.uniform(0.01, 0.03)))
        if rng.random() < 0.75:
            _round_rectangle(mask, inset, thick, round(height * rng.uniform(0.0, 0.1)), 255)
        else:
            _round_rectangle(image, inset, thick, round(height * rng.uniform(0.0, 0.1)), vary(rng, (150, 150, 150), 60))

    def _lines(self, image: np.ndarray, mask: np.ndarray, box: Box, job: Job) -> None:
        """Places and draws all lines of characters."""
        rng, fmt = job.rng, job.plate_format
        setting = Setting.draw(rng, job.alphabet)
        if len(job.lines) == 1:
            tops = [(box.top, box.bottom)]
        else:
            cut = box.top + box.height * min(0.62, max(0.3, fmt.line_share + rng.uniform(-0.06, 0.06)))
            gap = box.height * rng.uniform(0.02, 0.05)
            tops = [(box.top, cut - gap), (cut + gap, box.bottom)]
        for items, (top, bottom) in zip(job.lines, tops, strict=True):
            noise = [self.words.script(rng, item.text[2:]) if item.text.startswith("k:") else None for item in items]
            widths = [min(2.2, max(0.5, ink.shape[1] / ink.shape[0])) for ink in noise if ink is not None]
            line = Box(box.left, top, box.right, bottom)
            if len(job.lines) == 1:
                trim = line.height * rng.uniform(0.0, 0.06)
                line = Box(line.left, line.top + trim, line.right, line.bottom - trim)
            whole = measure(items, job.alphabet, setting, sum(widths) / len(widths) * 0.85 if widths else 0.8, rng)
            # A line that would have to be squeezed very narrow is made lower instead.
            squeeze = line.width / max(whole * line.height, 1e-6)
            if squeeze < 0.62:
                lower = line.height * (1 - max(squeeze / 0.62, 0.55)) / 2
                line = Box(line.left, line.top + lower, line.right, line.bottom - lower)
            scale = fit(items, whole, line, setting, fmt.spread)
            for item, ink in zip(items, noise, strict=True):
                self._item(image, mask, item, ink, line, scale, setting, job)
            if setting.shear:
                _shear(mask, line, setting.shear)

    def _item(
        self, image: np.ndarray, mask: np.ndarray, item: Item, ink: np.ndarray | None, line: Box, scale: float,
        setting: Setting, job: Job,
    ) -> None:  # fmt: skip
        """Draws one item of a line."""
        rng, width, height = job.rng, item.width * scale, line.height
        left, top = item.left, line.top
        if item.kind == "glyph":
            jitter = setting.height_jitter
            tall = height * (1 - rng.uniform(0, jitter))
            glyph, down = job.alphabet.glyph(item.text), rng.uniform(0, 1) * (height - tall)
            paste(mask, glyph, left, top + down, width * (1 + rng.uniform(-jitter, jitter)), tall)
        elif item.kind == "stack":
            step = height / len(item.text)
            for index, symbol in enumerate(item.text):
                glyph = job.alphabet.glyph(symbol)
                wide = min(width, step * 0.9 * max(0.3, glyph.shape[1] / glyph.shape[0]) * 1.25)
                paste(mask, glyph, left + (width - wide) / 2, top + index * step + step * 0.05, wide, step * 0.86)
        elif item.kind == "raised":
            step = width / len(item.text)
            for index, symbol in enumerate(item.text):
                glyph = job.alphabet.glyph(symbol)
                wide = min(step * 0.86, height * 0.6 * glyph.shape[1] / glyph.shape[0])
                paste(mask, glyph, left + index * step + (step - wide) / 2, top, wide, height * 0.62)
        elif item.kind == "noise":
            self._noise(mask, item, ink, Box(left, top, left + width, top + height), rng)
        elif item.kind in ("dash", "dot", "low-dot", "line"):
            _mark(mask, item.kind, left, top, width, height, rng)
        elif item.kind == "seal":
            if rng.random() < 0.93:
                furniture.seal(image, Box(left, top, left + width, top + height), rng)
        elif item.kind == "emblem":
            furniture.emblem(image, Box(left, top, left + width, top + height), rng, self.words)

    def _noise(self, mask: np.ndarray, item: Item, ink: np.ndarray | None, box: Box, rng: random.Random) -> None:
        """Ink that is not part of the number: another script at full height, or a small word."""
        if ink is not None:
            low = box.height * rng.uniform(0.0, 0.1)
            paste(mask, ink, box.left, box.top + low, box.width, box.height - 2 * low)
            return
        word = self.words.word(rng, item.text)
        height = min(box.height * rng.uniform(0.26, 0.36), box.width * word.shape[0] / word.shape[1] * 1.3)
        top = box.top + (box.height - height) * rng.choice([0.0, 0.5, 1.0])
        paste(mask, word, box.left, top, box.width, height)

    def _worn(self, mask: np.ndarray, rng: random.Random) -> np.ndarray:
        """Paint worn off in small spots; most of every character stays."""
        texture = self.bank.piece(rng, self.bank.blotches[:6] + self.bank.grains[2:], *mask.shape)
        low = rng.randint(20, 62)
        kept = cv2.threshold(texture, low, 255, cv2.THRESH_BINARY)[1]
        return cv2.min(mask, cv2.max(kept, rng.randint(30, 160)))

    def _ink(self, image: np.ndarray, mask: np.ndarray, job: Job) -> None:
        """Colours the mask and embosses its edges with a light and a dark side."""
        rng = job.rng
        furniture.blend(image, mask, job.ink)
        if rng.random() < 0.65:
            reach = rng.choice([1, 1, 2])
            dx, dy = rng.choice([(-1, -1), (1, -1), (0, -1), (-1, 0), (1, 1)])
            moved = np.zeros_like(mask)
            h, w = mask.shape
            moved[max(0, dy * reach) : h + min(0, dy * reach), max(0, dx * reach) : w + min(0, dx * reach)] = mask[
                max(0, -dy * reach) : h + min(0, -dy * reach), max(0, -dx * reach) : w + min(0, -dx * reach)
            ]
            strength = rng.uniform(0.08, 0.4)
            bright = cv2.convertScaleAbs(cv2.subtract(moved, mask), alpha=strength)
            dark = cv2.convertScaleAbs(cv2.subtract(mask, moved), alpha=strength)
            if rng.random() < 0.5:
                bright, dark = dark, bright
            cv2.add(image, cv2.cvtColor(bright, cv2.COLOR_GRAY2RGB), dst=image)
            cv2.subtract(image, cv2.cvtColor(dark, cv2.COLOR_GRAY2RGB), dst=image)

    def _surface(self, image: np.ndarray, rng: random.Random) -> None:
        """The sheeting: a weak texture and an uneven brightness."""
        if rng.random() < 0.5:
            texture = self.bank.piece(rng, self.bank.everything, *image.shape[:2])
            amount = rng.uniform(0.02, 0.14)
            cv2.addWeighted(image, 1.0, cv2.cvtColor(texture, cv2.COLOR_GRAY2RGB), amount, -amount * 128, dst=image)


def _told_apart(image: np.ndarray, ink: Colour) -> Colour:
    """The ink, or black or white where a printed picture came too close to it in brightness."""
    weights = np.array([0.3, 0.59, 0.11])
    ground = float(image.mean(axis=(0, 1)) @ weights)
    if abs(ground - float(np.array(ink) @ weights)) >= LEAST_CONTRAST:
        return ink
    return (20, 20, 20) if ground > 110 else (240, 240, 240)


def _reweigh(mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Makes all ink a little bolder or thinner: blurs the mask and cuts it at another level."""
    if rng.random() < 0.4:
        return mask
    sigma = rng.uniform(0.8, 1.9)
    level = rng.uniform(0.3, 0.62) * 255
    table = np.clip((np.arange(256) - level) * rng.uniform(2.0, 4.0) + 128, 0, 255)
    table[0] = 0
    return cv2.LUT(cv2.GaussianBlur(mask, (0, 0), sigma), table.astype(np.uint8))


def _mark(
    mask: np.ndarray, kind: str, left: float, top: float, width: float, height: float, rng: random.Random
) -> None:
    """A dash, a dot or an upright line."""
    if kind == "line":
        x, thick = round(left + width / 2), max(1, round(height * 0.02))
        cv2.rectangle(mask, (x, round(top)), (x + thick, round(top + height)), 255, -1)
        return
    middle = top + height * (0.5 if kind != "low-dot" else 0.92)
    if kind == "dash":
        half = height * rng.uniform(0.035, 0.07)
        cv2.rectangle(mask, (round(left), round(middle - half)), (round(left + width), round(middle + half)), 255, -1)
        return
    radius = max(1.5, min(width, height * 0.14) * rng.uniform(0.4, 0.6))
    centre = (round((left + width / 2) * 16), round(middle * 16))
    cv2.circle(mask, centre, round(radius * 16), 255, -1, cv2.LINE_AA, 4)


def _round_rectangle(target: np.ndarray, inset: int, thick: int, radius: int, colour: int | Colour) -> None:
    """The outline of a rectangle with round corners, `inset` pixels inside the edge of the target."""
    height, width = target.shape[:2]
    inset += thick // 2
    x0, y0, x1, y1 = inset, inset, width - 1 - inset, height - 1 - inset
    if radius < 2:
        cv2.rectangle(target, (x0, y0), (x1, y1), colour, thick)
        return
    left, right, top, bottom = x0 + radius, x1 - radius, y0 + radius, y1 - radius
    for y in (y0, y1):
        cv2.line(target, (left, y), (right, y), colour, thick)
    for x in (x0, x1):
        cv2.line(target, (x, top), (x, bottom), colour, thick)
    corners = ((left, top, 180), (right, top, 270), (right, bottom, 0), (left, bottom, 90))
    for x, y, turn in corners:
        cv2.ellipse(target, (x, y), (radius, radius), turn, 0, 90, colour, thick, cv2.LINE_AA)


def _shear(mask: np.ndarray, line: Box, shear: float) -> None:
    """Slants a line of characters about its middle, as far as the plate leaves room on both sides."""
    y0, y1 = max(0, round(line.top)), min(mask.shape[0], round(line.bottom))
    region = mask[y0:y1]
    columns = np.flatnonzero(region[:, :].max(axis=0))
    if columns.size == 0 or y1 - y0 < 4:
        return
    room = min(columns[0], mask.shape[1] - 1 - columns[-1]) / max((y1 - y0) / 2, 1)
    shear = max(-room, min(room, shear))
    matrix = np.array([[1, -shear, shear * (y1 - y0) / 2], [0, 1, 0]], np.float32)
    mask[y0:y1] = cv2.warpAffine(region, matrix, (mask.shape[1], y1 - y0), flags=cv2.INTER_LINEAR)
