"""The loss: varifocal scores, generalised overlap of boxes, and corners where they are known.

Scores follow VarifocalNet (Zhang et al. 2021): an assigned cell aims at its overlap and counts by it, all others
aim at nothing and count the less the better they already are. A cell's flags say for which classes nothing may be
held against it, because nobody labelled them there (see `detector.data`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from detector.assign import Assignment, Objects, assign
from detector.model import CORNER_SIGNS, PLATE, decode
from detector.teacher import ANY_VEHICLE

PLATE_OFF, PLATE_SOFT, VEHICLE_OFF, VEHICLE_SOFT = 1, 2, 4, 8
"""Flags of a cell: no plate or vehicle was looked for; or high scores may be right although nothing is boxed."""

PLATE_SOFT_SCORE, VEHICLE_SOFT_SCORE = 0.35, 0.6
NEGATIVE_WEIGHT, FOCUS = 0.75, 2.0
CLASS_WEIGHTS = (1.5, 1.0, 2.0, 3.0, 3.0)
"""How much an assigned cell counts, by class: there are ten times more cars than all other vehicles."""
BOX_WEIGHT, CORNER_WEIGHT = 2.5, 12.0
PLATE_PLACE_WEIGHT = 2.0
"""How much the box of a plate counts: it is cut out and read, while a vehicle is only told from others."""


@dataclass
class Losses:
    """Each part, already weighted, as a mean over what was aimed at."""

    score: Tensor
    box: Tensor
    corner: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.score + self.box + self.corner

    def values(self) -> list[float]:
        """Score, box and corner as numbers, for the log."""
        return [float(part.detach()) for part in (self.score, self.box, self.corner)]


def boxes_of(middle: Tensor, size: Tensor) -> Tensor:
    """[B, N, 4] x1 y1 x2 y2 from middles and sizes [B, 2, N]."""
    return torch.cat([middle - size / 2, middle + size / 2], 1).transpose(1, 2)


def generalised_overlap_loss(a: Tensor, b: Tensor) -> Tensor:
    """1 - GIoU (Rezatofighi et al. 2019) of boxes [P, 4]."""
    low, high = torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])
    common = (high - low).clamp(min=0).prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - common
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1).clamp(min=1e-6)
    return 1 - common / union.clamp(min=1e-6) + (hull - union) / hull


def _score_targets(scores: Tensor, flags: Tensor, objects: Objects, given: Assignment) -> tuple[Tensor, Tensor]:
    """Targets and weights, both [B * N, 5], of scores given as probabilities [B * N, 5]."""
    target = torch.zeros_like(scores)
    weight = torch.ones_like(scores)
    flat = flags.reshape(-1)
    soft = (flat & PLATE_SOFT > 0) & (scores[:, PLATE] > PLATE_SOFT_SCORE)
    weight[:, PLATE] = 1.0 - ((flat & PLATE_OFF > 0) | soft).float()
    vehicle = scores[:, PLATE + 1 :]
    soft_vehicle = (flat & VEHICLE_SOFT > 0)[:, None] & (vehicle > VEHICLE_SOFT_SCORE)
    weight[:, PLATE + 1 :] = 1.0 - ((flat & VEHICLE_OFF > 0)[:, None] | soft_vehicle).float()
    kinds = objects.classes[given.object]
    unsaid = kinds == ANY_VEHICLE
    # Of a vehicle of unknown kind the kind that the network favours is taken as right, and no other as wrong.
    favoured = PLATE + 1 + vehicle[given.cell].argmax(1)
    weight[given.cell[unsaid], PLATE + 1 :] = 0.0
    kinds = torch.where(unsaid, favoured, kinds)
    weight[given.cell, kinds] = 1.0
    target[given.cell, kinds] = given.target
    return target, weight


def _score_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Summed varifocal loss of logits [B * N, 5]."""
    doubt = NEGATIVE_WEIGHT * logits.detach().sigmoid().pow(FOCUS)
    weight = weight * torch.where(target > 0, target * torch.tensor(CLASS_WEIGHTS), doubt)
    return (functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * weight).sum()


def _corner_loss(offsets: Tensor, objects: Objects, given: Assignment) -> Tensor:
    """Summed smooth distance of corner offsets [P, 8], in sizes of the box, over the plates whose corners are known."""
    corners, boxes = objects.corners[given.object], objects.boxes[given.object]
    known = ~torch.isnan(corners).any(1)
    if not known.any():
        return offsets.sum() * 0.0
    corners, boxes = corners[known], boxes[known]
    middle = ((boxes[:, :2] + boxes[:, 2:]) / 2).repeat(1, 4)
    size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1.0).repeat(1, 4)
    aim = (corners - middle) / size - torch.tensor(CORNER_SIGNS)
    distance = functional.smooth_l1_loss(offsets[known], aim, beta=0.05, reduction="none").mean(1)
    return (distance * given.target[known]).sum()


def losses(
    logits: Tensor, places: Tensor, points: Tensor, strides: Tensor, flags: Tensor, objects: Objects
) -> Losses:
    """Losses of raw predictions, logits [B, 5, N] and places [B, 12, N]; flags [B, N] uint8."""
    middle, size, _ = decode(places, points, strides)
    boxes = boxes_of(middle, size)
    scores = logits.detach().sigmoid()
    given = assign(scores, boxes.detach(), points, strides, objects)
    aimed = given.target.sum().clamp(min=1.0)
    flat = logits.transpose(1, 2).reshape(-1, logits.shape[1])
    target, weight = _score_targets(flat.detach().sigmoid(), flags, objects, given)
    score = _score_loss(flat, target, weight) / aimed
    if not len(given.cell):
        return Losses(score, places.sum() * 0.0, places.sum() * 0.0)
    mine = boxes.reshape(-1, 4)[given.cell]
    counts = torch.where(objects.classes[given.object] == PLATE, PLATE_PLACE_WEIGHT, 1.0) * given.target
    box = (generalised_overlap_loss(mine, objects.boxes[given.object]) * counts).sum() / aimed
    offsets = places[:, 4:].transpose(1, 2).reshape(-1, 8)[given.cell]
    corner = _corner_loss(offsets, objects, given) / aimed
    return Losses(score, BOX_WEIGHT * box, CORNER_WEIGHT * corner)
