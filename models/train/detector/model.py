"""The network of the detector.

A single-stage, anchor-free detector in the line of FCOS (Tian et al. 2019) and PicoDet (Yu et al. 2021): a trunk of
depthwise-separable residual blocks, a light feature pyramid with one way down (FPN, Lin et al. 2017) and one way up
(PAN, Liu et al. 2018), and a decoupled head whose convolutions are shared by the three levels while each level keeps
its own batch normalisation (as in RTMDet, Lyu et al. 2022).

All widths are multiples of 16 and all activations are ReLU, because these are what CPU runtimes fuse and vectorise
best. Most of the time of so small a network goes into the finest levels, so these are kept thin.

Shapes: a picture is [B, 3, H, W], RGB 0..1, H and W multiples of 32. A level of stride s has H/s * W/s cells; the
cells of all levels stand in one row of N, finest level first, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = ("plate", "car", "truck", "bus", "motorcycle")
PLATE = 0
STRIDES = (8, 16, 32)
HEIGHT, WIDTH = 384, 640
"""Of the input in normal use, in pixels."""
GRAY = 114
"""What surrounds a picture that does not fill the input, in all three channels."""
CORNER_SIGNS = (-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5)
"""Corners of the unit box around its middle, x and y by turns, clockwise from the top left."""


@dataclass(frozen=True)
class Shape:
    """Widths (channels) and depths (blocks) of the network."""

    stem: int = 16
    widths: tuple[int, int, int, int] = (32, 48, 96, 160)
    """At strides 4, 8, 16 and 32."""
    depths: tuple[int, int, int] = (2, 4, 2)
    """Residual blocks at strides 8, 16 and 32."""
    neck: int = 48
    score: int = 32
    place: int = 48


NANO = Shape()


class ConvNorm(nn.Sequential):
    """A convolution with batch normalisation and, unless told otherwise, ReLU."""

    def __init__(self, inp: int, out: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inp, out, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(out),
        ]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if act else []))


class Separable(nn.Module):
    """Depthwise, then pointwise convolution; residual where the shape stays the same."""

    def __init__(self, inp: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = ConvNorm(inp, inp, kernel, stride, groups=inp)
        self.pointwise = ConvNorm(inp, out, 1, act=False)
        self.residual = inp == out and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """[B, inp, H, W] to [B, out, H / stride, W / stride]."""
        y = self.pointwise(self.depthwise(x))
        return functional.relu(x + y if self.residual else y)


class Trunk(nn.Module):
    """Features at strides 8, 16 and 32."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        quarter, *widths = shape.widths
        self.stem = nn.Sequential(ConvNorm(3, shape.stem, 3, 2), Separable(shape.stem, quarter, 3, 2))
        stages = []
        before = quarter
        for level, (width, depth) in enumerate(zip(widths, shape.depths, strict=True)):
            kernel = 3 if level == 0 else 5
            blocks = [Separable(width, width, kernel) for _ in range(depth)]
            stages.append(nn.Sequential(Separable(before, width, 3, 2), *blocks))
            before = width
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        """A picture [B, 3, H, W] to the three levels, finest first."""
        x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class Neck(nn.Module):
    """Carries meaning from coarse to fine, and detail from fine to coarse."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.neck
        self.lateral = nn.ModuleList([ConvNorm(c, width, 1, act=False) for c in shape.widths[1:]])
        self.smooth = Separable(width, width, 3)
        self.up = nn.ModuleList([Separable(width, width, 3, 2) for _ in range(2)])

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """The trunk's levels to levels of one width."""
        fine, middle, coarse = (lat(f) for lat, f in zip(self.lateral, features, strict=True))
        middle = self.smooth(middle + functional.interpolate(coarse, scale_factor=2.0, mode="nearest"))
        fine = fine + functional.interpolate(middle, scale_factor=2.0, mode="nearest")
        middle = middle + self.up[0](fine)
        coarse = coarse + self.up[1](middle)
        return [fine, middle, coarse]


class SharedConv(nn.Module):
    """A convolution shared by the levels, each with its own batch normalisation, then ReLU."""

    def __init__(self, inp: int, out: int, kernel: int, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inp, out, kernel, 1, kernel // 2, groups=groups, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(out) for _ in STRIDES])

    def forward(self, x: Tensor, level: int) -> Tensor:
        """[B, inp, H, W] to [B, out, H, W] with the normalisation of a level."""
        return functional.relu(self.norms[level](self.conv(x)))


class Head(nn.Module):
    """Raw predictions of each cell: 5 score logits, and 12 numbers that tell the place (see `decode`)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        neck = shape.neck
        self.score_tower = nn.ModuleList([SharedConv(neck, neck, 3, neck), SharedConv(neck, shape.score, 1)])
        self.place_tower = nn.ModuleList([SharedConv(neck, neck, 5, neck), SharedConv(neck, shape.place, 1)])
        self.score = nn.Conv2d(shape.score, len(CLASSES), 1)
        self.place = nn.Conv2d(shape.place, 12, 1)

    def forward(self, pyramid: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Score logits [B, 5, N] and places [B, 12, N]."""
        scores, places = [], []
        for level, features in enumerate(pyramid):
            score, place = features, features
            for layer in self.score_tower:
                score = layer(score, level)
            for layer in self.place_tower:
                place = layer(place, level)
            scores.append(self.score(score).flatten(2))
            places.append(self.place(place).flatten(2))
        return torch.cat(scores, 2), torch.cat(places, 2)


def grid(height: int | Tensor, width: int | Tensor, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Middles [2, N] and strides [1, N] of all cells of a picture, in pixels."""
    points, strides = [], []
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        y = (torch.arange(rows, device=device) + 0.5) * stride
        x = (torch.arange(columns, device=device) + 0.5) * stride
        ys, xs = torch.meshgrid(y, x, indexing="ij")
        points.append(torch.stack([xs.flatten(), ys.flatten()]))
        strides.append(torch.full_like(points[-1][:1], float(stride)))
    return torch.cat(points, 1), torch.cat(strides, 1)


def decode(places: Tensor, points: Tensor, strides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Middles [B, 2, N], sizes [B, 2, N] and corners [B, 8, N] in pixels from raw places [B, 12, N].

    The first two numbers move the middle of the box away from the cell's, in strides, which also reaches a flat
    plate between two rows of cells; the next two are the logarithm of its size in strides. Corners are told
    relative to the box, so that an offset of nothing is the box's own corner: a network that has not learnt corners
    yet still gives a sensible quadrilateral.
    """
    middle = points + places[:, :2] * strides
    size = torch.exp(places[:, 2:4].clamp(-4.0, 5.0)) * strides
    signs = torch.tensor(CORNER_SIGNS, device=places.device).view(1, 8, 1)
    corners = torch.cat([middle] * 4, 1) + torch.cat([size] * 4, 1) * (places[:, 4:] + signs)
    return middle, size, corners


class Detector(nn.Module):
    """The whole network; in training use `raw`, and `forward` for what the shipped model gives."""

    def __init__(self, shape: Shape = NANO) -> None:
        super().__init__()
        self.trunk = Trunk(shape)
        self.neck = Neck(shape)
        self.head = Head(shape)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        # Few cells hold an object: a prior of one in a hundred keeps the first steps calm (Lin et al. 2017).
        nn.init.normal_(self.head.score.weight, std=0.01)
        nn.init.constant_(self.head.score.bias, -4.6)
        nn.init.normal_(self.head.place.weight, std=0.01)
        nn.init.constant_(self.head.place.bias, 0.0)
        nn.init.constant_(self.head.place.bias[2:4], 1.0)

    def raw(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Score logits [B, 5, N] and places [B, 12, N]."""
        return self.head(self.neck(self.trunk(picture)))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes [B, 9, N] (middle, size, scores) and corners [B, 8, N], in pixels of the picture."""
        scores, places = self.raw(picture)
        points, strides = grid(picture.shape[2], picture.shape[3], picture.device)
        middle, size, corners = decode(places, points, strides)
        return torch.cat([middle, size, scores.sigmoid()], 1), corners
