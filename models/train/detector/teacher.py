"""Vehicle boxes from two published networks, for pictures whose vehicles nobody labelled.

YOLOX-Nano (Ge et al. 2021, Apache-2.0, trained on COCO) tells the class; vehicle-detection-0202 (Open Model Zoo,
Apache-2.0) only that there is a vehicle. What the first is sure of, or both agree on, becomes a box; what either
merely suspects becomes a region in which nothing is held against the network. The second alone is never believed:
on close views it sees vehicles in parts of vehicles.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import paths
from arrays import Floats, Pixels
from detector.model import GRAY

ANY_VEHICLE = 5
"""A vehicle of which nobody said what kind."""

COCO_VEHICLES = {2: 1, 3: 4, 5: 3, 7: 2}
"""Classes of COCO (car, motorcycle, bus, truck) as ours."""

SURE, SURE_TOGETHER, SUSPECTED = 0.5, 0.3, 0.12
YOLOX_SIDE = 416


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of every box of `a` [n, 4] with every box of `b` [m, 4]: [n, m]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(np.clip(x[:, 2:] - x[:, :2], 0, None), axis=1) for x in (a, b)]
    return (common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-6)).astype(np.float32)


def suppress(boxes: Floats, scores: Floats, overlap: float) -> list[int]:
    """Indices of the boxes that stay after greedy non-maximum suppression, best first."""
    kept: list[int] = []
    table = iou(boxes, boxes)
    for index in np.argsort(-scores):
        if all(table[index, k] < overlap for k in kept):
            kept.append(int(index))
    return kept


@dataclass
class Suspects:
    """What the teachers saw, in pixels of the picture."""

    boxes: Floats
    """[n, 4], x1 y1 x2 y2."""
    classes: NDArray[np.int64]
    """[n], 1 to 4."""
    scores: Floats
    ignore: Floats
    """[m, 4]: where there may be a vehicle."""


class Teachers:
    """Both networks, on one thread."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        import openvino

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._yolox = onnxruntime.InferenceSession(str(folder / paths.YOLOX), options)
        model = str(folder / paths.VEHICLES)
        self._ssd = openvino.Core().compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1})
        self._cells = self._yolox_cells()

    @staticmethod
    def _yolox_cells() -> Floats:
        rows = []
        for stride in (8, 16, 32):
            side = YOLOX_SIDE // stride
            ys, xs = np.mgrid[:side, :side]
            rows.append(np.stack([xs, ys, np.ones_like(xs)], -1).reshape(-1, 3) * [1, 1, stride])
        return np.concatenate(rows).astype(np.float32)

    def _by_yolox(self, bgr: Pixels) -> tuple[Floats, Floats, NDArray[np.int64]]:
        height, width = bgr.shape[:2]
        scale = min(YOLOX_SIDE / height, YOLOX_SIDE / width)
        small = cv2.resize(bgr, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
        board = np.full((YOLOX_SIDE, YOLOX_SIDE, 3), GRAY, np.uint8)
        board[: small.shape[0], : small.shape[1]] = small
        blob = board.transpose(2, 0, 1)[None].astype(np.float32)
        (out,) = self._yolox.run(None, {self._yolox.get_inputs()[0].name: blob})
        rows, cells = out[0], self._cells
        classes = np.array(list(COCO_VEHICLES))
        scores = rows[:, 4:5] * rows[:, 5 + classes]
        best = scores.argmax(1)
        score = scores[np.arange(len(best)), best]
        keep = score > SUSPECTED
        rows, cells, score, best = rows[keep], cells[keep], score[keep], best[keep]
        middle = (rows[:, :2] + cells[:, :2]) * cells[:, 2:]
        size = np.exp(rows[:, 2:4]) * cells[:, 2:]
        boxes = np.concatenate([middle - size / 2, middle + size / 2], 1) / scale
        kept = suppress(boxes, score, 0.6)
        ours = np.array([COCO_VEHICLES[int(c)] for c in classes[best[kept]]], np.int64)
        return boxes[kept].astype(np.float32), score[kept].astype(np.float32), ours

    def _by_ssd(self, bgr: Pixels) -> tuple[Floats, Floats]:
        height, width = bgr.shape[:2]
        blob = cv2.resize(bgr, (512, 512)).transpose(2, 0, 1)[None].astype(np.float32)
        rows = next(iter(self._ssd([blob]).values())).reshape(-1, 7)
        rows = rows[(rows[:, 0] >= 0) & (rows[:, 2] > SUSPECTED)]
        boxes = rows[:, 3:7] * np.array([width, height, width, height], np.float32)
        return boxes.astype(np.float32), rows[:, 2].astype(np.float32)

    def look(self, rgb: Pixels) -> Suspects:
        """Vehicles of a picture [H, W, 3]."""
        bgr = np.ascontiguousarray(rgb[:, :, ::-1])
        first, score, classes = self._by_yolox(bgr)
        second, second_score = self._by_ssd(bgr)
        boxes = np.concatenate([first, second])
        scores = np.concatenate([score, second_score])
        kinds = np.concatenate([classes, np.full(len(second), ANY_VEHICLE, np.int64)])
        table = iou(boxes, boxes)
        same = np.zeros(len(boxes), bool)
        same[: len(first)] = table[: len(first), len(first) :].max(1, initial=0) > 0.6
        same[len(first) :] = table[len(first) :, : len(first)].max(1, initial=0) > 0.6
        by_second = np.arange(len(boxes)) >= len(first)
        sure = ~by_second & ((scores > SURE) | ((scores > SURE_TOGETHER) & same))
        # The first teacher's boxes come before the second's of the same vehicle, because they have a class.
        kept = suppress(boxes, np.where(by_second, 0.0, 1.0) + scores + 2.0 * sure, 0.55)
        taken = np.array([k for k in kept if sure[k]], np.int64)
        doubtful = np.array([k for k in kept if not sure[k]], np.int64)
        size = np.array([rgb.shape[1], rgb.shape[0]] * 2, np.float32)
        boxes = np.clip(boxes, 0, size).astype(np.float32).reshape(-1, 4)
        return Suspects(boxes[taken], kinds[taken], scores[taken], boxes[doubtful])
