"""Drawn street scenes with vehicles and plates whose corners are exact.

A pinhole camera of random height, tilt and focal length looks down a road. The ground is painted by where each
pixel's line of sight meets it, boards with words that are no plates stand beside the road, and vehicles (see
`synth.vehicles`) are projected face by face, far ones first. A scene in a few is no street at all: plates on plain
or noisy ground.

    python -m synth.scene --count 12 --out FOLDER      # a look at them
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from arrays import Colour, Floats, Pixels, Rng
from synth.plate import Plate, PlateFactory
from synth.vehicles import Body, Sheet, random_colour, shaded, vehicle, word

NEAR_M, FAR_M = 0.6, 200.0
SEEN_MIN = 0.35
PLATE_SEEN_MIN = 0.8
VEHICLES_MAX = 7


PlateSource = Callable[[], Plate]


@dataclass
class Thing:
    """What is to be found in a scene."""

    kind: str
    """`plate`, `car`, `truck`, `bus` or `motorcycle`."""
    box: list[float]
    """x1 y1 x2 y2 in pixels, within the picture."""
    corners: list[float] | None = None
    """Of a plate: x1 y1 .. x4 y4, clockwise from its own top left."""
    hidden: bool = False
    """Too little of it is seen: neither a find nor a mistake."""


@dataclass
class Scene:
    """A picture [H, W, 3] RGB and what it shows."""

    picture: Pixels
    things: list[Thing] = field(default_factory=list)


@dataclass
class Camera:
    """A pinhole over the origin of the road."""

    size: tuple[int, int]
    focal: float
    height: float
    tilt: float
    yaw: float

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Pixels [n, 2] and distances ahead [n] of points of the world [n, 3] (right, up, ahead)."""
        x, y, z = points[:, 0], points[:, 1] - self.height, points[:, 2]
        across, ahead = x * np.cos(self.yaw) - z * np.sin(self.yaw), x * np.sin(self.yaw) + z * np.cos(self.yaw)
        up = ahead * np.sin(self.tilt) + y * np.cos(self.tilt)
        depth = ahead * np.cos(self.tilt) - y * np.sin(self.tilt)
        safe = np.maximum(depth, 1e-3)
        spots = np.stack([across, -up], 1) * (self.focal / safe)[:, None] + np.array(self.size) / 2
        return spots.astype(np.float32), depth.astype(np.float32)

    def road(self) -> tuple[Floats, Floats]:
        """Right and ahead in metres, both [H, W], where each pixel meets the ground; very far above it."""
        xs, ys = np.meshgrid(np.arange(self.size[0]) + 0.5, np.arange(self.size[1]) + 0.5)
        across, up = (xs - self.size[0] / 2) / self.focal, -(ys - self.size[1] / 2) / self.focal
        rise = up * np.cos(self.tilt) - np.sin(self.tilt)
        far = np.where(rise < -1e-3, self.height / np.maximum(-rise, 1e-3), FAR_M * 1e3)
        ahead, right = (np.cos(self.tilt) + up * np.sin(self.tilt)) * far, across * far
        right_turned = right * np.cos(self.yaw) + ahead * np.sin(self.yaw)
        return right_turned, ahead * np.cos(self.yaw) - right * np.sin(self.yaw)


def noise_field(shape: tuple[int, int], cell: float, rng: Rng) -> Floats:
    """Smooth noise 0..1 of the given size of its lumps in pixels."""
    small = (max(2, int(shape[0] / cell)), max(2, int(shape[1] / cell)))
    return cv2.resize(rng.random(small, np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)


def _colours(field_: Floats, a: Colour, b: Colour) -> Floats:
    return np.array(a, np.float32) * (1 - field_[..., None]) + np.array(b, np.float32) * field_[..., None]


def background(camera: Camera, rng: Rng) -> Pixels:
    """Sky, trees or walls, verges, and a road with its lines."""
    width, height = camera.size
    right, ahead = camera.road()
    ground = ahead < FAR_M
    right, ahead = np.where(ground, right, 0.0), np.where(ground, ahead, 0.0)
    sky = np.array(random_colour(rng) if rng.random() < 0.3 else (206, 214, 222), np.float32)
    share = np.linspace(0.75, 1.05, height)[:, None, None]
    picture = np.ones((height, width, 3), np.float32) * sky * share
    grain = noise_field((height, width), rng.uniform(4, 30), rng)
    horizon = height / 2 - camera.focal * np.tan(camera.tilt)
    tops = horizon - noise_field((1, width), rng.uniform(10, 90), rng)[0] * height * rng.uniform(0, 0.5)
    trees = (np.arange(height)[:, None] > tops[None]) & ~ground
    leaves = _colours(grain, shaded((70, 90, 60), rng.uniform(0.4, 1.6)), random_colour(rng))
    picture[trees] = leaves[trees]
    grass = _colours(grain, (62, 84, 44), (110, 130, 80) if rng.random() < 0.7 else random_colour(rng))
    picture[ground] = grass[ground]
    left_edge, right_edge = -rng.uniform(2.5, 8), rng.uniform(2.5, 8)
    walk = rng.uniform(0.3, 2.5)
    gray = rng.uniform(60, 150)
    tarmac = _colours(grain, *(shaded((100, 100, 103), gray / 100 + d) for d in (-0.08, 0.12)))
    pavement = ground & (right > left_edge - walk) & (right < right_edge + walk)
    picture[pavement] = tarmac[pavement] * 1.25
    road = ground & (right > left_edge) & (right < right_edge)
    picture[road] = tarmac[road]
    mid, dash = rng.uniform(-1, 1), rng.uniform(2, 8)
    lines = np.abs(right - mid) < 0.07
    lines &= np.mod(ahead, dash) < dash * rng.uniform(0.4, 1.0)
    lines |= (np.abs(right - left_edge - 0.2) < 0.06) | (np.abs(right - right_edge + 0.2) < 0.06)
    picture[road & lines] = rng.uniform(170, 235)
    if rng.random() < 0.2:
        zebra = road & (np.mod(right, 1.0) < 0.5) & (np.abs(ahead - rng.uniform(6, 25)) < 1.6)
        picture[zebra] = 220
    haze = (1 - np.exp(-ahead / rng.uniform(120, 600)))[..., None] * ground[..., None]
    picture = picture * (1 - haze) + sky * haze
    return picture.clip(0, 255).astype(np.uint8)


def draw_face(picture: Pixels, texture: Pixels, spots: Floats) -> None:
    """Draws a texture [H, W, 3 or 4] onto a quadrilateral [4, 2] of the picture."""
    height, width = picture.shape[:2]
    low = np.floor(spots.min(0)).astype(int).clip(0, [width, height])
    high = np.ceil(spots.max(0)).astype(int).clip(0, [width, height])
    size = high - low
    if (size < 1).any():
        return
    reach = max(np.linalg.norm(spots[0] - spots[1]), np.linalg.norm(spots[3] - spots[2]), 1.0)
    rise = max(np.linalg.norm(spots[0] - spots[3]), np.linalg.norm(spots[1] - spots[2]), 1.0)
    wanted = (int(min(texture.shape[1], reach * 1.4 + 2)), int(min(texture.shape[0], rise * 1.4 + 2)))
    if wanted[0] < texture.shape[1] or wanted[1] < texture.shape[0]:
        texture = cv2.resize(texture, wanted, interpolation=cv2.INTER_AREA)
    rows, columns = texture.shape[:2]
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, spots - low.astype(np.float32) - 0.5)
    if texture.shape[2] == 3:
        texture = np.dstack([texture, np.full((rows, columns), 255, np.uint8)])
    shape = (int(size[0]), int(size[1]))
    inner = cv2.warpPerspective(texture, matrix, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.round((spots - low - 0.5) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    opacity = (mask.astype(np.uint16) * inner[:, :, 3] // 255)[..., None]
    place = picture[low[1] : high[1], low[0] : high[0]]
    place[:] = ((place * (255 - opacity) + inner[:, :, :3] * opacity) // 255).astype(np.uint8)


def _faces_viewer(spots: Floats) -> bool:
    x, y = spots[:, 0], spots[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) > 0


@dataclass
class _Placed:
    """A vehicle in the world."""

    body: Body
    at: tuple[float, float]
    heading: float

    def world(self, corners: Floats) -> Floats:
        sin, cos = np.sin(self.heading), np.cos(self.heading)
        x, y, z = corners.T
        return np.stack([self.at[0] + x * cos + z * sin, y, self.at[1] - x * sin + z * cos], 1).astype(np.float32)


def _plate_quad(plate: Plate, body: Body) -> Floats:
    """The plate's corners on its vehicle, in metres."""
    aspect = plate.image.shape[1] / plate.image.shape[0]
    wide = 0.52 if aspect > 3.2 else 0.32 if body.kind != "motorcycle" else 0.22
    if body.kind == "motorcycle" and aspect > 3.2:
        wide = 0.3
    half, rise = wide / 2, wide / aspect / 2
    top, bottom = body.plate_height + rise, body.plate_height - rise
    outline = [[-half, top], [half, top], [half, bottom], [-half, bottom]]
    # A little before the body, so that nothing of the body covers it.
    return np.array([[x, y, -0.015] for x, y in outline], np.float32)


def _frame_quad(quad: Floats, grow: float) -> Floats:
    return quad + np.sign(quad - quad.mean(0)) * np.array([grow, grow, 0], np.float32)


def _box_of(spots: Floats, size: tuple[int, int]) -> tuple[list[float], float]:
    """Box within the picture, and the share of it that lies within."""
    low, high = spots.min(0), spots.max(0)
    cut_low, cut_high = low.clip(0, size), high.clip(0, size)
    share = np.prod(cut_high - cut_low) / max(np.prod(high - low), 1e-6)
    return [float(v) for v in (*cut_low, *cut_high)], float(share)


def _boards(picture: Pixels, camera: Camera, rng: Rng) -> None:
    """Boards and walls with words, which are no plates."""
    for _ in range(int(rng.integers(0, 4))):
        wide, tall, bottom = rng.uniform(0.5, 3), rng.uniform(0.3, 1.0), rng.uniform(0.4, 3)
        x, z = rng.choice([-1, 1]) * rng.uniform(3, 10), rng.uniform(6, 40)
        sheet, back, ink = Sheet(wide, tall, 100), random_colour(rng), random_colour(rng)
        sheet.rect((0, 0, wide, tall), ink)
        sheet.rect((0.03, 0.03, wide - 0.03, tall - 0.03), back)
        sheet.text(word(rng), (wide * 0.1, tall * 0.25, wide * 0.9, tall * 0.75), ink, rng)
        top, right = bottom + tall, x + wide
        quad = np.array([[x, top, z], [right, top, z], [right, bottom, z], [x, bottom, z]], np.float32)
        spots, depth = camera.project(quad)
        if depth.min() > NEAR_M:
            draw_face(picture, sheet.pixels, spots)


def _place_vehicles(rng: Rng) -> list[_Placed]:
    placed: list[_Placed] = []
    for _ in range(int(rng.integers(2, 2 * VEHICLES_MAX))):
        at = (float(rng.normal(0, 3)), float(np.exp(rng.uniform(np.log(3), np.log(32)))))
        heading = float(rng.normal(0, 0.12) if rng.random() < 0.75 else rng.uniform(-0.75, 0.75))
        # Bodies do not stand in one another: their middles keep their distance.
        if all(
            abs(at[0] - p.at[0]) > 2.3 or at[1] > p.at[1] + p.body.length + 1 or p.at[1] > at[1] + 6 for p in placed
        ):
            placed.append(_Placed(vehicle(rng), at, heading))
    return sorted(placed[:VEHICLES_MAX], key=lambda p: -p.at[1])


def _camera(size: tuple[int, int], rng: Rng) -> Camera:
    focal = size[0] * float(np.exp(rng.uniform(np.log(0.8), np.log(2.2))))
    height = float(rng.uniform(1.0, 5.5))
    look = float(rng.uniform(8, 24))
    return Camera(size, focal, height, float(np.arctan2(height - 0.8, look)), float(rng.normal(0, 0.12)))


def street(plates: PlateSource, rng: Rng, size: tuple[int, int] = (768, 448)) -> Scene:
    """A street with vehicles; most carry a plate."""
    camera = _camera(size, rng)
    picture = background(camera, rng)
    _boards(picture, camera, rng)
    owner = np.full(size[::-1], -1, np.int16)
    things: list[tuple[Thing, Pixels, int]] = []
    for index, placed in enumerate(_place_vehicles(rng)):
        spots = [camera.project(placed.world(face.corners)) for face in placed.body.faces]
        if min(float(depth.min()) for _, depth in spots) < NEAR_M:
            continue
        width, length = placed.body.width, placed.body.length
        ground = np.array([[-width, 0, length], [width, 0, length], [width, 0, -0.4], [-width, 0, -0.4]], np.float32)
        shadow = np.zeros((8, 8, 4), np.uint8)
        shadow[2:-2, 2:-2] = (12, 13, 16, int(rng.uniform(90, 220)))
        shadow_spots, depth = camera.project(placed.world(ground * [0.75, 1, 1]))
        if depth.min() > NEAR_M:
            draw_face(picture, cv2.GaussianBlur(shadow, (0, 0), 1.0), shadow_spots)
        mask = np.zeros(size[::-1], np.uint8)
        for face, (corners, _) in zip(placed.body.faces, spots, strict=True):
            if _faces_viewer(corners):
                draw_face(picture, face.texture, corners)
                cv2.fillConvexPoly(mask, np.round(corners * 16).astype(np.int32), 1, cv2.LINE_8, 4)
        owner[mask > 0] = index
        box, share = _box_of(np.concatenate([corners for corners, _ in spots]), size)
        things.append((Thing(placed.body.kind, box, hidden=share < SEEN_MIN), mask, index))
        if rng.random() < 0.93:
            things += _plate(picture, camera, placed, plates(), index, rng)
    for thing, mask, index in things:
        # What later vehicles covered is not seen.
        seen = float((owner[mask > 0] == index).mean()) if mask.any() else 0.0
        thing.hidden |= seen < (PLATE_SEEN_MIN if thing.kind == "plate" else SEEN_MIN)
    return Scene(picture, [thing for thing, _, _ in things])


def _plate(
    picture: Pixels, camera: Camera, placed: _Placed, plate: Plate, index: int, rng: Rng
) -> list[tuple[Thing, Pixels, int]]:
    """Draws a vehicle's plate, sometimes in a frame, and tells where it is."""
    quad = _plate_quad(plate, placed.body)
    if rng.random() < 0.35:
        frame, _ = camera.project(placed.world(_frame_quad(quad, float(rng.uniform(0.008, 0.03)))))
        draw_face(picture, np.full((4, 4, 3), random_colour(rng) if rng.random() < 0.3 else 25, np.uint8), frame)
    spots, depth = camera.project(placed.world(quad))
    if depth.min() < NEAR_M or not _faces_viewer(spots):
        return []
    light = rng.uniform(0.55, 1.05)
    draw_face(picture, cv2.convertScaleAbs(plate.image, alpha=light), spots)
    box, share = _box_of(spots, camera.size)
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(spots * 16).astype(np.int32), 1, cv2.LINE_8, 4)
    corners = [float(v) for v in spots.ravel()]
    return [(Thing("plate", box, corners, hidden=share < PLATE_SEEN_MIN), mask, index)]


def plain(plates: PlateSource, rng: Rng, size: tuple[int, int] = (768, 448)) -> Scene:
    """Plates in any pose on ground without a vehicle, among words that are no plates."""
    width, height = size
    grain = noise_field((height, width), float(np.exp(rng.uniform(0.7, 5))), rng)
    near = random_colour(rng)
    picture = _colours(grain, near, shaded(near, rng.uniform(0.5, 1.6))).astype(np.uint8)
    if rng.random() < 0.5:
        colour = random_colour(rng)
        picture[:] = (np.array(colour) * np.linspace(rng.uniform(0.4, 1), 1, height)[:, None, None]).astype(np.uint8)
    scene, taken = Scene(picture), np.zeros((height, width), bool)
    for turn in range(int(rng.integers(1, 6))):
        is_plate = turn == 0 or rng.random() < 0.4
        plate = plates()
        if is_plate:
            texture = cv2.convertScaleAbs(plate.image, alpha=float(rng.uniform(0.5, 1.05)))
        else:
            sheet = Sheet(1.0, float(rng.uniform(0.2, 0.5)), 120)
            sheet.rect((0, 0, 1, 1), random_colour(rng))
            sheet.text(word(rng), (0.1, 0.06, 0.9, sheet.height - 0.06), random_colour(rng), rng)
            texture = sheet.pixels
        across = float(np.exp(rng.uniform(np.log(40), np.log(width * 1.05))))
        spots = pose(texture.shape[1] / texture.shape[0], across, rng)
        spots += np.array([rng.uniform(0, width), rng.uniform(0, height)], np.float32)
        box, share = _box_of(spots, size)
        x1, y1, x2, y2 = (int(v) for v in box)
        if share < 0.99 or taken[y1:y2, x1:x2].any():
            continue
        taken[y1:y2, x1:x2] = True
        draw_face(picture, texture, spots)
        if is_plate:
            scene.things.append(Thing("plate", box, [float(v) for v in spots.ravel()]))
    return scene


def pose(aspect: float, width: float, rng: Rng) -> Floats:
    """Corners [4, 2] around the origin of a plate seen at a random angle."""
    half = np.array([width / 2, width / aspect / 2])
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turn, swing, nod = rng.normal(0, 0.13), rng.normal(0, 0.45), rng.normal(0, 0.25)
    x, y = flat[:, 0] * np.cos(swing), flat[:, 1] * np.cos(nod)
    away = 1 + (flat[:, 0] * np.sin(swing) + flat[:, 1] * np.sin(nod)) / (width * 4)
    x, y = x / away, y / away
    spots = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], 1)
    return spots.astype(np.float32)


def make(plates: PlateSource, rng: Rng) -> Scene:
    """Any scene."""
    size = [(768, 448), (640, 480), (576, 576), (448, 640)][rng.choice(4, p=[0.6, 0.2, 0.12, 0.08])]
    return street(plates, rng, size) if rng.random() < 0.8 else plain(plates, rng, size)


def main() -> None:
    """Writes a few scenes with what is to be found drawn in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    factory, rng = PlateFactory(arguments.seed), np.random.default_rng(arguments.seed)
    for index in range(arguments.count):
        scene = make(factory.make, rng)
        for thing in scene.things:
            colour = (255, 0, 0) if thing.corners else (0, 255, 0)
            low, high = (tuple(int(v) for v in thing.box[k : k + 2]) for k in (0, 2))
            cv2.rectangle(scene.picture, low, high, (128, 128, 128) if thing.hidden else colour, 1)
            if thing.corners:
                spots = np.array(thing.corners).reshape(4, 2).astype(np.int32)
                cv2.polylines(scene.picture, [spots], True, (0, 0, 255), 1)
                cv2.circle(scene.picture, tuple(int(v) for v in spots[0]), 3, (255, 0, 255), -1)
        cv2.imwrite(str(arguments.out / f"scene-{index:03}.png"), scene.picture[:, :, ::-1])


if __name__ == "__main__":
    main()
