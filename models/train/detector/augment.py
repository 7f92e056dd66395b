"""What light, lenses, sensors and codecs do to a picture; all on uint8 RGB [H, W, 3]."""

from __future__ import annotations

import cv2
import numpy as np

from arrays import Pixels, Rng

_RAMP = np.arange(256, dtype=np.float32) / 255.0


def tone(picture: Pixels, rng: Rng) -> Pixels:
    """Brightness, contrast and gamma by one table a channel; now and then a night."""
    night = rng.random() < 0.12
    gamma = np.exp(rng.uniform(0.3, 1.1)) if night else np.exp(rng.normal(0, 0.25))
    gain = rng.uniform(0.35, 0.9) if night else np.exp(rng.normal(0, 0.15))
    lift = rng.uniform(-0.02, 0.05) if night else rng.normal(0, 0.06)
    tint = np.exp(rng.normal(0, 0.05, 3))
    table = np.empty((1, 256, 3), np.uint8)
    for channel in range(3):
        curve = _RAMP**gamma * gain * tint[channel] + lift
        table[0, :, channel] = np.clip(curve * 255, 0, 255)
    return cv2.LUT(picture, table)


def colour(picture: Pixels, rng: Rng) -> Pixels:
    """Saturation and hue by one 3x3 matrix; gray as from an infrared camera now and then."""
    luma = np.array([0.299, 0.587, 0.114], np.float32)
    pick = rng.random()
    if pick < 0.12:
        matrix = np.tile(rng.dirichlet([2, 2, 2]).astype(np.float32), (3, 1))
    elif pick < 0.55:
        saturation = np.exp(rng.normal(0, 0.35))
        matrix = np.eye(3, dtype=np.float32) * saturation + (1 - saturation) * luma[None]
        if rng.random() < 0.3:
            matrix = matrix[rng.permutation(3)]
    else:
        return picture
    return cv2.transform(picture, matrix.astype(np.float32))


def blur(picture: Pixels, rng: Rng) -> Pixels:
    """Focus or motion blur, slight as a rule."""
    pick = rng.random()
    if pick < 0.15:
        sigma = rng.uniform(0.4, 1.4)
        return cv2.GaussianBlur(picture, (0, 0), sigma)
    if pick < 0.22:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        centre = (length - 1) / 2
        reach = np.array([np.cos(angle), np.sin(angle)]) * centre
        a, b = (centre - reach).round().astype(int), (centre + reach).round().astype(int)
        cv2.line(kernel, tuple(map(int, a)), tuple(map(int, b)), 1.0, 1)
        return cv2.filter2D(picture, -1, kernel / kernel.sum())
    if pick < 0.28:
        return cv2.addWeighted(picture, 1.7, cv2.GaussianBlur(picture, (0, 0), 1.2), -0.7, 0)
    return picture


def sensor(picture: Pixels, rng: Rng) -> Pixels:
    """Noise of the sensor."""
    if rng.random() > 0.3:
        return picture
    noise = np.empty(picture.shape, np.int16)
    cv2.setRNGSeed(int(rng.integers(1 << 31)))
    cv2.randn(noise, (0, 0, 0), (float(rng.uniform(2, 14)),) * 3)
    return cv2.add(picture, noise, dtype=cv2.CV_8U)


def codec(picture: Pixels, rng: Rng) -> Pixels:
    """What JPEG leaves, or a picture that was once smaller."""
    pick = rng.random()
    if pick < 0.18:
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))])
        return cv2.imdecode(data, cv2.IMREAD_COLOR) if done else picture
    if pick < 0.26:
        height, width = picture.shape[:2]
        share = rng.uniform(0.5, 0.85)
        small = cv2.resize(picture, (int(width * share), int(height * share)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return picture


def photograph(picture: Pixels, rng: Rng) -> Pixels:
    """All of them in the order in which they happen."""
    for step in (blur, colour, tone, sensor, codec):
        picture = step(picture, rng)
    return picture
