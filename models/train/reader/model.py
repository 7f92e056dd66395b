"""The plate reader: a small convolutional network, two learned rows, self-attention, CTC.

A crop of the whole plate, stretched to 64 x 160 pixels, goes in; 80 steps of a CTC sequence come out. The first 40
steps look at the upper line of a two-line plate (or at the whole of a one-line plate), the last 40 at the lower line;
where each row looks is learned (attention over the height). The steps see each other in self-attention, so that one
row can leave to the other what that one reads.

CTC: Graves et al. 2006. Attention: Vaswani et al. 2017. The depthwise blocks: ConvNeXt (Liu et al. 2022), made small.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

HEIGHT = 64
WIDTH = 160
STRIDE = 4
"""Stride of a step across the crop, in pixels."""
ROWS = 2
STEPS = ROWS * WIDTH // STRIDE
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLASSES = len(CHARACTERS) + 1
"""Class 0 is CTC's blank."""
CONTRAST_MIN = 0.02
"""Added to the crop's standard deviation, in units of the input (-1 to 1), so that a flat crop stays flat."""


@dataclass(frozen=True)
class Shape:
    """How wide and deep the network is: channels and blocks at strides 2, 4, 8 and 16 down, and the layers behind."""

    channels: tuple[int, int, int, int] = (16, 32, 64, 128)
    blocks: tuple[int, int, int, int] = (0, 1, 1, 2)
    layers: int = 2
    heads: int = 4
    feed_forward: int = 256


class Normalise(nn.Module):
    """Every crop by its own mean and deviation: [batch, 1, height, width]."""

    def forward(self, crop: Tensor) -> Tensor:
        """The crop with a mean of 0 and a deviation of about 1."""
        mean = crop.mean(dim=(2, 3), keepdim=True)
        centred = crop - mean
        deviation = torch.sqrt((centred * centred).mean(dim=(2, 3), keepdim=True) + 1e-6)
        return centred / (deviation + CONTRAST_MIN)


class Conv(nn.Sequential):
    """Convolution, batch normalisation and ReLU; export folds the first two into one."""

    def __init__(self, inside: int, outside: int, kernel: tuple[int, int] = (3, 3), stride: tuple[int, int] = (1, 1),
                 groups: int = 1, active: bool = True) -> None:
        padding = (kernel[0] // 2, kernel[1] // 2)
        layers: list[nn.Module] = [
            nn.Conv2d(inside, outside, kernel, stride, padding, groups=groups, bias=False),
            nn.BatchNorm2d(outside),
        ]
        if active:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Residual(nn.Module):
    """Two 3 x 3 convolutions around a shortcut (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(Conv(channels, channels), Conv(channels, channels, active=False))

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape [batch, channels, height, width]."""
        return functional.relu(x + self.body(x))


class Wide(nn.Module):
    """A depthwise 3 x 9 convolution, which sees neighbouring characters, and a bottleneck the other way round."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Conv(channels, channels, (3, 9), groups=channels, active=False),
            Conv(channels, 2 * channels, (1, 1)),
            Conv(2 * channels, channels, (1, 1), active=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape [batch, channels, height, width]."""
        return x + self.body(x)


class Rows(nn.Module):
    """[batch, channels, height, width] to [batch, 2 * width, channels]: each row is a weighted mean over the height."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weights = nn.Conv2d(channels, ROWS, (3, 3), padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """The upper row's steps, then the lower row's."""
        weights = self.weights(x).softmax(dim=2)
        rows = [(x * weights[:, row : row + 1]).sum(dim=2) for row in range(ROWS)]
        return torch.cat(rows, dim=2).transpose(1, 2)


class Attention(nn.Module):
    """One layer of a transformer, normalised before each part; no dropout, since no crop is ever seen twice."""

    def __init__(self, channels: int, heads: int, feed_forward: int) -> None:
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(channels)
        self.together = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.between = nn.LayerNorm(channels)
        self.feed = nn.Sequential(
            nn.Linear(channels, feed_forward), nn.ReLU(inplace=True), nn.Linear(feed_forward, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape [batch, steps, channels]."""
        steps, channels = x.shape[1], x.shape[2]
        parts = self.together(self.before(x)).view(-1, steps, 3, self.heads, channels // self.heads)
        query, key, value = (parts[:, :, part].transpose(1, 2) for part in range(3))
        weights = (query @ key.transpose(2, 3)) * (channels // self.heads) ** -0.5
        seen = (weights.softmax(dim=-1) @ value).transpose(1, 2).reshape(-1, steps, channels)
        x = x + self.out(seen)
        return x + self.feed(self.between(x))


class Reader(nn.Module):
    """[batch, 1, 64, 160] from -1 to 1, in; logits [batch, 80, 37] out."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        shape = shape or Shape()
        first, second, third, fourth = shape.channels
        halved = (2, 2)
        lower = (2, 1)
        layers: list[nn.Module] = [Normalise(), Conv(1, first, stride=halved)]
        layers += [Residual(first) for _ in range(shape.blocks[0])]
        layers += [Conv(first, second, stride=halved)] + [Residual(second) for _ in range(shape.blocks[1])]
        layers += [Conv(second, third, stride=lower)] + [Residual(third) for _ in range(shape.blocks[2])]
        layers += [Conv(third, fourth, stride=lower)] + [Wide(fourth) for _ in range(shape.blocks[3])]
        self.features = nn.Sequential(*layers)
        self.rows = Rows(fourth)
        self.places = nn.Parameter(torch.randn(1, STEPS, fourth) * 0.02)
        self.layers = nn.Sequential(
            *[Attention(fourth, shape.heads, shape.feed_forward) for _ in range(shape.layers)]
        )
        self.last = nn.LayerNorm(fourth)
        self.classes = nn.Linear(fourth, CLASSES)

    def forward(self, crop: Tensor) -> Tensor:
        """Logits of the blank and the characters, [batch, 80, 37]."""
        steps = self.rows(self.features(crop)) + self.places
        return self.classes(self.last(self.layers(steps)))


class Calibrated(nn.Module):
    """What the exported file gives: probabilities, with one temperature for all logits (Guo et al. 2017)."""

    def __init__(self, reader: Reader, temperature: float) -> None:
        super().__init__()
        self.reader = reader
        self.temperature = temperature

    def forward(self, crop: Tensor) -> Tensor:
        """Probabilities, [batch, 80, 37]."""
        return (self.reader(crop) / self.temperature).softmax(dim=-1)
