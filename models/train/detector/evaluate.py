"""Measures a detector: plate recall and precision, average precision of plates and vehicles, corners, and speed.

    python -m detector.evaluate model.onnx                      # the held-back pictures
    python -m detector.evaluate model.onnx --folder SET         # a folder with annotations.jsonl
    python -m detector.evaluate model.onnx --speed other.onnx:416x416
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

import paths
from arrays import Floats, Pixels
from detector import records
from detector.model import CLASSES, GRAY, HEIGHT, PLATE, WIDTH, Detector
from detector.records import Part, Record
from detector.teacher import ANY_VEHICLE, iou, suppress

Predict = Callable[[Floats], tuple[Floats, Floats]]
"""From a picture [1, 3, H, W] to boxes [1, 9, N] and corners [1, 8, N]."""

SCORE_MIN, WORKING_SCORE, OVERLAP = 0.03, 0.35, 0.5
KEPT_MAX = 200


@dataclass
class Found:
    """Detections of one picture, in its own pixels."""

    boxes: Floats
    classes: NDArray[np.int64]
    scores: Floats
    corners: Floats


@dataclass
class Tally:
    """Detections of one class over all pictures: score, and whether it hit (1), missed (0) or does not count (-1)."""

    truths: int = 0
    scores: list[float] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)

    def average_precision(self) -> float:
        """Area under precision over recall, all points, in %."""
        order = np.argsort(-np.array(self.scores))
        hit = np.array(self.hits, int)[order]
        hit = hit[hit >= 0]
        if not self.truths or not len(hit):
            return 0.0
        true = np.cumsum(hit == 1)
        precision = true / np.arange(1, len(hit) + 1)
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        recall = np.concatenate([[0], true / self.truths])
        return float(100 * np.sum(np.diff(recall) * precision))


@dataclass
class Result:
    """What was measured on a set of pictures."""

    plates: dict[str, Tally] = field(default_factory=dict)
    """By set."""
    vehicles: dict[str, Tally] = field(default_factory=dict)
    """By class, only where all vehicles are labelled."""
    pictures: dict[str, int] = field(default_factory=dict)
    corner_errors: list[float] = field(default_factory=list)
    """Mean distance of the corners over the plate's height, for plates with known corners that were found."""


def predict_with_torch(model: Detector) -> Predict:
    """Runs the network itself."""

    def predict(picture: Floats) -> tuple[Floats, Floats]:
        with torch.no_grad():
            boxes, corners = model(torch.from_numpy(picture).contiguous(memory_format=torch.channels_last))
        return boxes.numpy(), corners.numpy()

    return predict


def predict_with_onnx(path: Path, threads: int = 1) -> Predict:
    """Runs an exported model."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options)
    name = session.get_inputs()[0].name

    def predict(picture: Floats) -> tuple[Floats, Floats]:
        boxes, corners = session.run(["boxes", "corners"], {name: picture})
        return boxes, corners

    return predict


def letterbox(rgb: Pixels, height: int = HEIGHT, width: int = WIDTH) -> tuple[Floats, float, Floats]:
    """The network's input [1, 3, height, width], the scale, and the shift [2], picture to input."""
    scale = min(width / rgb.shape[1], height / rgb.shape[0])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    board = np.full((height, width, 3), GRAY, np.uint8)
    board[top : top + size[1], left : left + size[0]] = small
    blob = np.ascontiguousarray(board.transpose(2, 0, 1)[None]).astype(np.float32) / 255
    return blob, scale, np.array([left, top], np.float32)


def detect(predict: Predict, rgb: Pixels, height: int = HEIGHT, width: int = WIDTH) -> Found:
    """All detections of a picture after non-maximum suppression within each class."""
    blob, scale, shift = letterbox(rgb, height, width)
    rows, corners = predict(blob)
    rows, corners = rows[0].T, corners[0].T
    classes, scores = rows[:, 4:].argmax(1), rows[:, 4:].max(1)
    keep = np.flatnonzero(scores > SCORE_MIN)
    keep = keep[np.argsort(-scores[keep])[:600]]
    rows, corners, classes, scores = rows[keep], corners[keep], classes[keep], scores[keep]
    boxes = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2], 1)
    # Vehicles suppress one another whatever their class: one vehicle is one box. Plates never lie on each other.
    groups = [np.flatnonzero(classes == PLATE), np.flatnonzero(classes != PLATE)]
    kept = np.concatenate(
        [g[suppress(boxes[g], scores[g], most)] for g, most in zip(groups, (0.3, 0.55), strict=True)]
    ).astype(int)[:KEPT_MAX]
    boxes = (boxes[kept] - np.tile(shift, 2)) / scale
    corners = (corners[kept] - np.tile(shift, 4)) / scale
    return Found(boxes.astype(np.float32), classes[kept], scores[kept], corners.astype(np.float32))


def _count(tally: Tally, found: Floats, scores: Floats, truth: Floats, ignore: Floats) -> list[tuple[int, int]]:
    """Matches detections, best first, with truths; returns pairs of detection and truth."""
    tally.truths += len(truth)
    free = np.ones(len(truth), bool)
    table, doubt = iou(found, truth), iou(found, ignore)
    pairs = []
    for index in np.argsort(-scores):
        overlap = np.where(free, table[index], 0.0)
        hit = int(overlap.argmax()) if len(truth) else 0
        tally.scores.append(float(scores[index]))
        if len(truth) and overlap[hit] >= OVERLAP:
            free[hit] = False
            tally.hits.append(1)
            pairs.append((int(index), hit))
        else:
            tally.hits.append(-1 if len(ignore) and doubt[index].max() >= OVERLAP else 0)
    return pairs


def add(result: Result, record: Record, found: Found) -> None:
    """Counts one picture."""
    boxes = np.array(record.boxes, np.float32).reshape(-1, 4)
    classes = np.array(record.classes, np.int64)
    result.pictures[record.set] = result.pictures.get(record.set, 0) + 1
    if record.plates != records.NONE:
        mine, truth = found.classes == PLATE, classes == PLATE
        tally = result.plates.setdefault(record.set, Tally())
        pairs = _count(tally, found.boxes[mine], found.scores[mine], boxes[truth], boxes[:0])
        known = [record.corners[i] for i in np.flatnonzero(truth)]
        for index, hit in pairs:
            corners = known[hit]
            if corners is not None:
                ours, theirs = found.corners[mine][index].reshape(4, 2), np.array(corners).reshape(4, 2)
                height = np.linalg.norm(theirs[0] - theirs[3])
                result.corner_errors.append(float(np.linalg.norm(ours - theirs, axis=1).mean() / max(height, 1)))
    if record.vehicles == records.ALL and ANY_VEHICLE not in classes:
        for kind in range(1, len(CLASSES)):
            tally = result.vehicles.setdefault(CLASSES[kind], Tally())
            mine = found.classes == kind
            ignore = np.array(record.ignore, np.float32).reshape(-1, 4)
            _count(tally, found.boxes[mine], found.scores[mine], boxes[classes == kind], ignore)


def evaluate(predict: Predict, part: Part, held: bool) -> Result:
    """Measures on the held-back pictures, or on all."""
    result = Result()
    for record in part[0]:
        if record.held or not held:
            add(result, record, detect(predict, record.pixels(part[1])))
    return result


def recall(tally: Tally, score: float = WORKING_SCORE) -> tuple[float, int]:
    """Recall in % and unmatched detections at a working score."""
    hits = [h for h, s in zip(tally.hits, tally.scores, strict=True) if s >= score]
    return 100.0 * hits.count(1) / max(tally.truths, 1), hits.count(0)


def summary(result: Result) -> str:
    """One line of figures, all in %."""
    words = []
    for name, tally in sorted(result.plates.items()):
        found, unmatched = recall(tally)
        words += [f"{name}.recall={found:.1f}", f"{name}.AP={tally.average_precision():.1f}"]
        words.append(f"{name}.unmatched_per_100={100 * unmatched / max(result.pictures[name], 1):.1f}")
    precisions = {name: tally.average_precision() for name, tally in result.vehicles.items() if tally.truths}
    words += [f"{name}.AP50={value:.1f}" for name, value in precisions.items()]
    if precisions:
        words.append(f"vehicles.mAP50={sum(precisions.values()) / len(precisions):.1f}")
    if result.corner_errors:
        words.append(f"corner_error={100 * float(np.median(result.corner_errors)):.1f}")
    return " ".join(words)


def of_folder(folder: Path) -> Part:
    """A folder with annotations.jsonl as records, in the size of the cache, nothing added by teachers."""
    chosen, pixels, offset = [], [], 0
    for row in paths.rows(folder):
        record = records.labelled(row, folder.name)
        rgb = paths.picture(folder / row["image"])
        rgb = cv2.resize(rgb, (record.width, record.height), interpolation=cv2.INTER_AREA)
        record.offset, offset = offset, offset + rgb.size
        chosen.append(record)
        pixels.append(rgb.reshape(-1))
    return chosen, np.concatenate(pixels)


def speed(models: list[str], threads: int, rounds: int = 15) -> None:
    """Times models side by side, in turns, so that a busy machine treats them alike."""
    import onnxruntime

    sessions, times = {}, {}
    for text in models:
        path, _, shape = text.partition(":")
        width, height = (int(v) for v in shape.split("x")) if shape else (WIDTH, HEIGHT)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        blob = np.random.default_rng(0).random((1, 3, height, width), np.float32)
        sessions[text] = (onnxruntime.InferenceSession(path, options), blob)
        times[text] = []
    for _ in range(rounds):
        for text, (session, blob) in sessions.items():
            name = session.get_inputs()[0].name
            for turn in range(12):
                began = time.perf_counter()
                session.run(None, {name: blob})
                if turn > 1:
                    times[text].append(1e3 * (time.perf_counter() - began))
    for text, values in times.items():
        low, tenth, middle = np.quantile(values, [0.0, 0.1, 0.5])
        print(f"{Path(text).name} {threads} threads: least {low:.2f} p10 {tenth:.2f} p50 {middle:.2f} ms")


def main() -> None:
    """Command line of the evaluation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--folder", type=Path, action="append", default=[])
    parser.add_argument("--speed", action="append", default=[], metavar="MODEL[:WxH]")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    cv2.setNumThreads(0)
    if arguments.speed:
        speed([str(arguments.model), *arguments.speed], arguments.threads)
        return
    predict = predict_with_onnx(arguments.model)
    if not arguments.folder:
        for name in ("", "scenes-"):
            if records.exists(name):
                print(summary(evaluate(predict, records.load(name), held=True)))
    for folder in arguments.folder:
        print(folder.name, summary(evaluate(predict, of_folder(folder), held=False)))


if __name__ == "__main__":
    main()
