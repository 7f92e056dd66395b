"""The detector's parts: shapes, decoding, assignment, partial labels, augmentation, scenes and export."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from detector import augment, data, evaluate, export, teacher
from detector.assign import Objects, assign
from detector.loss import PLATE_OFF, PLATE_SOFT, VEHICLE_OFF, VEHICLE_SOFT, boxes_of, losses
from detector.model import CLASSES, Detector, decode, grid
from detector.records import ALL, MAIN, NONE, Record
from synth import paste, scene
from synth.plate import Plate


def objects(boxes: list[list[float]], classes: list[int], corners: list[list[float]] | None = None) -> Objects:
    count = len(boxes)
    spots = torch.tensor(corners) if corners else torch.full((count, 8), float("nan"))
    return Objects(torch.zeros(count, dtype=torch.int64), torch.tensor(boxes), torch.tensor(classes), spots)


def record(**changes: object) -> Record:
    basis = Record("street", "a", 160, 96, False, ALL, ALL, boxes=[[40, 40, 100, 60]], classes=[0])
    basis.corners = [[40, 40, 100, 44, 100, 60, 40, 56]]
    for name, value in changes.items():
        setattr(basis, name, value)
    return basis


def plate_source() -> Plate:
    image = np.full((110, 520, 3), 255, np.uint8)
    image[20:90, 40:480:30] = 0
    return Plate(image, "HHHH", 1, "striped")


class DetectorTest(unittest.TestCase):
    """One property a test."""

    def test_the_network_stays_within_its_budget_of_parameters(self) -> None:
        assert sum(p.numel() for p in Detector().parameters()) < 1_500_000

    def test_any_multiple_of_32_gives_one_prediction_a_cell(self) -> None:
        model = Detector().eval()
        for height, width in ((64, 96), (96, 160)):
            with torch.no_grad():
                boxes, corners = model(torch.rand(1, 3, height, width))
            cells = sum(height // s * (width // s) for s in (8, 16, 32))
            assert boxes.shape == (1, 4 + len(CLASSES), cells)
            assert corners.shape == (1, 8, cells)

    def test_cells_stand_finest_first_and_row_by_row(self) -> None:
        points, strides = grid(64, 96)
        assert points[:, 0].tolist() == [4.0, 4.0]
        assert points[:, 1].tolist() == [12.0, 4.0]
        assert points[:, 12].tolist() == [4.0, 12.0]
        assert strides[0, 0] == 8 and strides[0, -1] == 32
        assert points[:, -1].tolist() == [80.0, 48.0]

    def test_no_corner_offset_means_the_corners_of_the_box(self) -> None:
        points, strides = grid(32, 32)
        places = torch.zeros(1, 12, points.shape[1])
        middle, size, corners = decode(places, points, strides)
        box = boxes_of(middle, size)[0, 0]
        assert corners[0, :, 0].tolist() == [box[0], box[1], box[2], box[1], box[2], box[3], box[0], box[3]]

    def test_a_plate_keeps_its_cells_although_a_car_lies_around_it(self) -> None:
        points, strides = grid(96, 160)
        wanted = objects([[60.0, 40.0, 84.0, 48.0], [10.0, 4.0, 150.0, 92.0]], [0, 1])
        boxes = wanted.boxes[torch.zeros(points.shape[1], dtype=torch.int64)][None].clone()
        given = assign(torch.full((1, 5, points.shape[1]), 0.1), boxes, points, strides, wanted)
        assert (given.object == 0).any() and (given.object == 1).any()
        assert len(given.cell.unique()) == len(given.cell)
        inside = points[:, given.cell[given.object == 0]]
        assert ((inside[0] > 59) & (inside[0] < 85)).all()

    def test_a_plate_flatter_than_a_cell_is_answered_for(self) -> None:
        points, strides = grid(96, 160)
        wanted = objects([[60.0, 46.5, 80.0, 49.5]], [0])
        middle, size, _ = decode(torch.zeros(1, 12, points.shape[1]), points, strides)
        scores = torch.full((1, 5, points.shape[1]), 0.1)
        assert len(assign(scores, boxes_of(middle, size), points, strides, wanted).cell) > 0

    def test_nothing_is_learnt_where_nobody_looked_for_plates(self) -> None:
        points, strides = grid(64, 64)
        cells = points.shape[1]
        logits = torch.zeros(1, 5, cells, requires_grad=True)
        flags = torch.full((1, cells), PLATE_OFF, dtype=torch.uint8)
        whole = torch.zeros(0, dtype=torch.int64)
        none = Objects(whole, torch.zeros(0, 4), whole, torch.zeros(0, 8))
        losses(logits, torch.zeros(1, 12, cells), points, strides, flags, none).total.backward()
        assert logits.grad is not None
        assert (logits.grad[0, 0] == 0).all() and (logits.grad[0, 1] > 0).all()

    def test_a_vehicle_of_unknown_kind_holds_no_kind_against_the_network(self) -> None:
        points, strides = grid(64, 64)
        cells = points.shape[1]
        start = torch.full((1, 5, cells), -2.0)
        start[0, 2] = -1.0
        logits = start.requires_grad_()
        wanted = objects([[8.0, 8.0, 56.0, 56.0]], [teacher.ANY_VEHICLE])
        flags = torch.zeros(1, cells, dtype=torch.uint8)
        places = torch.zeros(1, 12, cells)
        middle, size, _ = decode(places, points, strides)
        given = assign(logits.detach().sigmoid(), boxes_of(middle, size), points, strides, wanted)
        losses(logits, places, points, strides, flags, wanted).total.backward()
        assert logits.grad is not None
        answering = logits.grad[0][:, given.cell]
        assert (answering[[1, 3, 4]] == 0).all()
        assert (answering[2] != 0).any()

    def test_corners_are_learnt_only_where_they_are_known(self) -> None:
        points, strides = grid(64, 64)
        cells = points.shape[1]
        flags = torch.zeros(1, cells, dtype=torch.uint8)
        for known in (False, True):
            places = torch.zeros(1, 12, cells, requires_grad=True)
            corners = [[10.0, 22.0, 50.0, 20.0, 50.0, 38.0, 10.0, 40.0]] if known else None
            wanted = objects([[10.0, 20.0, 50.0, 40.0]], [0], corners)
            losses(torch.zeros(1, 5, cells), places, points, strides, flags, wanted).total.backward()
            assert places.grad is not None
            assert bool((places.grad[0, 4:] != 0).any()) is known

    def test_flags_follow_what_a_set_labels(self) -> None:
        nothing = np.zeros((0, 4), np.float32)
        car = np.array([[32, 32, 96, 64]], np.float32)
        tile = data.Tile((0, 0, 160, 96), car, np.array([1]), np.zeros((1, 8)), nothing, nothing, NONE, MAIN)
        flags = data.flags_of([tile], 96, 160)[: 12 * 20].reshape(12, 20)
        assert flags[6, 8] & PLATE_OFF and not flags[6, 8] & VEHICLE_SOFT
        assert not flags[0, 0] & PLATE_OFF and flags[0, 0] & VEHICLE_SOFT
        tile.plates, tile.vehicles, tile.vehicle_ignore = ALL, ALL, car
        flags = data.flags_of([tile], 96, 160)
        assert len(flags) == sum(96 // s * (160 // s) for s in (8, 16, 32))
        assert flags[6 * 20 + 8] == VEHICLE_OFF and flags[0] == 0

    def test_beside_the_boxed_plate_of_a_vehicle_there_is_no_other(self) -> None:
        nothing = np.zeros((0, 4), np.float32)
        boxes = np.array([[8, 8, 72, 88], [88, 8, 152, 88], [16, 60, 40, 68]], np.float32)
        classes = np.array([1, 1, 0])
        tile = data.Tile((0, 0, 160, 96), boxes, classes, np.zeros((3, 8)), nothing, nothing, MAIN, ALL)
        flags = data.flags_of([tile], 96, 160)[: 12 * 20].reshape(12, 20)
        assert not flags[4, 5] & PLATE_SOFT and flags[4, 14] & PLATE_SOFT

    def test_a_mirrored_plate_still_begins_at_its_top_left(self) -> None:
        flat = np.zeros(160 * 96 * 3, np.uint8)
        board = np.zeros((96, 160, 3), np.uint8)
        seen = 0
        for seed in range(60):
            tile = data.place(record(), flat, board, (0, 0, 160, 96), np.random.default_rng(seed), close=False)
            for box, corners in zip(tile.boxes, tile.corners, strict=True):
                if np.isnan(corners).any():
                    continue
                seen += 1
                x, y = corners[::2], corners[1::2]
                assert x[0] < x[1] and x[3] < x[2] and y[0] < y[3] and y[1] < y[2]
                assert np.allclose([x.min(), y.min(), x.max(), y.max()], box, atol=0.6)
        assert seen > 20

    def test_the_picture_moves_with_its_box(self) -> None:
        picture = np.zeros((96, 160, 3), np.uint8)
        picture[40:60, 40:100] = 255
        for seed in range(20):
            board = np.zeros((96, 160, 3), np.uint8)
            rng = np.random.default_rng(seed)
            tile = data.place(record(), picture.ravel(), board, (0, 0, 160, 96), rng, close=False)
            for x1, y1, x2, y2 in tile.boxes.round().astype(int):
                if x2 - x1 > 8 and y2 - y1 > 6:
                    assert board[y1 + 2 : y2 - 2, x1 + 3 : x2 - 3].mean() > 230

    def test_light_and_lenses_keep_the_picture_s_size(self) -> None:
        picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
        for seed in range(40):
            assert augment.photograph(picture, np.random.default_rng(seed)).shape == picture.shape

    def test_streets_show_plates_whose_corners_bound_their_boxes(self) -> None:
        plates = vehicles = 0
        for seed in range(12):
            made = scene.make(plate_source, np.random.default_rng(seed))
            height, width = made.picture.shape[:2]
            for thing in made.things:
                assert 0 <= thing.box[0] <= thing.box[2] <= width and 0 <= thing.box[1] <= thing.box[3] <= height
                vehicles += thing.kind != "plate"
                if thing.kind == "plate" and not thing.hidden and thing.corners:
                    plates += 1
                    spots = np.array(thing.corners).reshape(4, 2)
                    assert np.allclose(spots.min(0).clip(0), thing.box[:2], atol=0.01)
        assert plates >= 8 and vehicles >= 12

    def test_the_slant_of_a_plate_is_read_from_its_edges(self) -> None:
        for slope in (-0.2, 0.0, 0.2):
            ys, xs = np.mgrid[:60, :200]
            band = np.clip(9 - np.abs(ys - 30 - slope * (xs - 100)), 0, 1)
            assert abs(paste.slant_of((band * 200).astype(np.uint8)) - slope) < 0.05

    def test_average_precision_of_a_perfect_and_of_a_useless_detector(self) -> None:
        perfect = evaluate.Tally(2, [0.9, 0.8], [1, 1])
        useless = evaluate.Tally(2, [0.9, 0.8], [0, 0])
        half = evaluate.Tally(2, [0.9, 0.8, 0.1], [0, 1, -1])
        assert perfect.average_precision() == 100.0 and useless.average_precision() == 0.0
        assert abs(half.average_precision() - 25.0) < 1e-6

    def test_the_exported_file_gives_what_the_network_gives(self) -> None:
        torch.manual_seed(0)
        model = Detector()
        for _ in range(2):
            model.raw(torch.rand(2, 3, 64, 96))
        model.eval()
        with tempfile.TemporaryDirectory() as folder:
            export.write(model, Path(folder) / "model.onnx")
            assert export.compare(model, Path(folder) / "model.onnx") < 1e-4


if __name__ == "__main__":
    unittest.main()
