"""Which cells answer for which object: task-aligned assignment (TOOD, Feng et al. 2021).

An object takes the cells whose present prediction is best by score and overlap together, so that the cell with the
highest score also learns to be the one with the best box. Objects of a whole batch are handled as one flat list.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from detector.model import PLATE
from detector.teacher import ANY_VEHICLE

TOP = 9
"""Cells an object takes at most."""
SCORE_POWER, OVERLAP_POWER = 0.5, 6.0
NEAR_STRIDES = 0.8
"""A finest cell this close to the middle of an object may answer for it although it lies outside."""


@dataclass
class Objects:
    """All objects of a batch of B pictures, as one list of G."""

    picture: Tensor
    """[G] int64, index of the picture."""
    boxes: Tensor
    """[G, 4] x1 y1 x2 y2 in pixels."""
    classes: Tensor
    """[G] int64, index into CLASSES or ANY_VEHICLE."""
    corners: Tensor
    """[G, 8] in pixels, not a number where unknown."""


@dataclass
class Assignment:
    """The cells that answer for an object, as one list of P."""

    cell: Tensor
    """[P] int64, picture * N + cell."""
    object: Tensor
    """[P] int64."""
    target: Tensor
    """[P], the score that the cell should give, 0..1."""


def overlaps(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of boxes [..., 4] that broadcast against each other."""
    low = torch.maximum(a[..., :2], b[..., :2])
    high = torch.minimum(a[..., 2:], b[..., 2:])
    common = (high - low).clamp(min=0).prod(-1)
    areas = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1)
    return common / (areas - common).clamp(min=1e-6)


def class_scores(scores: Tensor, objects: Objects) -> Tensor:
    """[G, N]: each cell's score [B, 5, N] for the class of each object; the best vehicle's for any vehicle."""
    any_vehicle = scores[:, PLATE + 1 :].amax(1, keepdim=True)
    table = torch.cat([scores, any_vehicle], 1)
    return table[objects.picture, objects.classes.clamp(max=ANY_VEHICLE)]


def candidates(boxes: Tensor, points: Tensor, strides: Tensor) -> Tensor:
    """[G, N]: cells inside a box, or of the finest level and next to its middle."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = ((boxes[:, 2:] - boxes[:, :2]) / 2)[:, :, None]
    finest = strides[0] == strides.min()
    reach = torch.maximum(half, (strides * finest * NEAR_STRIDES)[None])
    return ((points[None] - middle[:, :, None]).abs() < reach).all(1)


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, points: Tensor, strides: Tensor, objects: Objects) -> Assignment:
    """Assigns cells; scores [B, 5, N] are probabilities, boxes [B, N, 4] corners of boxes in pixels."""
    cells = points.shape[1]
    count = len(objects.picture)
    if count == 0:
        none = torch.zeros(0, dtype=torch.int64)
        return Assignment(none, none, torch.zeros(0))
    overlap = overlaps(objects.boxes[:, None], boxes[objects.picture])
    fit = class_scores(scores, objects).pow(SCORE_POWER) * overlap.pow(OVERLAP_POWER)
    # A whiff of nearness decides while all predictions are still equally bad.
    middle = (objects.boxes[:, :2] + objects.boxes[:, 2:]) / 2
    away = (points[None] - middle[:, :, None]).square().sum(1).sqrt() / strides
    fit = (fit + 1e-9 / (1 + away)) * candidates(objects.boxes, points, strides)
    best, where = fit.topk(min(TOP, cells), dim=1)
    taken = best > 0
    owner = torch.arange(count)[:, None].expand_as(where)[taken]
    column = where[taken]
    cell = objects.picture[owner] * cells + column
    # A cell that several objects want goes to the plate, which is small and has few cells, else to the best overlap.
    claim = overlap[owner, column] + (objects.classes[owner] == PLATE) * 2.0
    highest = torch.zeros(len(boxes) * cells).scatter_reduce(0, cell, claim, "amax", include_self=True)
    won = claim >= highest[cell]
    owner, column, cell = owner[won], column[won], cell[won]
    return Assignment(cell, owner, _targets(fit, overlap, owner, column, count))


def _targets(fit: Tensor, overlap: Tensor, owner: Tensor, column: Tensor, count: int) -> Tensor:
    """Scores to aim at: the object's best overlap for its best cell, less for the others in proportion."""
    mine, lap = fit[owner, column], overlap[owner, column]
    best_fit = torch.zeros(count).scatter_reduce(0, owner, mine, "amax", include_self=True)
    best_lap = torch.zeros(count).scatter_reduce(0, owner, lap, "amax", include_self=True)
    return (mine / best_fit[owner].clamp(min=1e-12) * best_lap[owner]).clamp(0, 1)
