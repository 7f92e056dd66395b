"""Writes the trained detector as ONNX, with normalisation folded into the convolutions and decoding inside.

    python -m detector.export --out plate-detector-nano.onnx

The file is checked against the network on pictures of several sizes before it gets its name.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import os
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from onnx import numpy_helper
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

import paths
import weights
from detector.model import CLASSES, HEIGHT, STRIDES, WIDTH, ConvNorm, Detector, Head, SharedConv, decode

SIZES = ((HEIGHT, WIDTH), (416, 416), (576, 960), (64, 96))
"""Heights and widths at which the file is compared with the network."""
PICTURES = (1, 3)
"""Numbers of pictures in a batch at which it is compared."""
TOLERANCE = 2e-3
"""Largest difference that is accepted, in shares of the picture's longer side."""


def fold(module: nn.Module) -> None:
    """Folds batch normalisation into the convolutions of a trunk or neck, in place."""
    for name, child in module.named_children():
        if isinstance(child, ConvNorm):
            fused = fuse_conv_bn_eval(child[0], child[1])
            setattr(module, name, nn.Sequential(fused, *list(child)[2:]))
        else:
            fold(child)


class FoldedTower(nn.Module):
    """The layers of one level of the head, each with its normalisation folded in."""

    def __init__(self, layers: nn.ModuleList, last: nn.Conv2d, level: int) -> None:
        super().__init__()
        folded = []
        for layer in layers:
            assert isinstance(layer, SharedConv)
            folded.append(fuse_conv_bn_eval(copy.deepcopy(layer.conv), layer.norms[level]))
        self.layers = nn.ModuleList(folded)
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        """The level's predictions, [B, n, H/s, W/s]."""
        for layer in self.layers:
            x = functional.relu(layer(x))
        return self.last(x)


class Shipped(nn.Module):
    """What is exported: the same as `Detector.forward`, with few and cheap operations around the convolutions."""

    def __init__(self, model: Detector) -> None:
        super().__init__()
        model = copy.deepcopy(model).eval()
        fold(model.trunk)
        fold(model.neck)
        self.trunk, self.neck = model.trunk, model.neck
        head: Head = model.head
        levels = range(len(STRIDES))
        self.scores = nn.ModuleList([FoldedTower(head.score_tower, head.score, level) for level in levels])
        self.places = nn.ModuleList([FoldedTower(head.place_tower, head.place, level) for level in levels])
        self.numbers = head.place.out_channels

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes [1, 9, N] and corners [1, 8, N] in pixels of the picture, of a batch of one; see `free_batch`."""
        scores, places, grids = [], [], []
        for level, features in enumerate(self.neck(self.trunk(picture))):
            score = self.scores[level](features)
            # A shape of constants is one operation where `flatten` is four, which count in so small a network.
            scores.append(score.reshape(1, len(CLASSES), -1))
            places.append(self.places[level](features).reshape(1, self.numbers, -1))
            # Strides added up along rows and columns are the far edges of the cells of any picture.
            stride = torch.full_like(score[:, :1], float(STRIDES[level]))
            grids.append(torch.cat([stride.cumsum(3), stride.cumsum(2), stride], 1).reshape(1, 3, -1))
        grid = torch.cat(grids, 2)
        strides = grid[:, 2:]
        middle, size, corners = decode(torch.cat(places, 2), grid[:, :2] - 0.5 * strides, strides)
        return torch.cat([middle, size, torch.cat(scores, 2).sigmoid()], 1), corners


def trained(checkpoint: Path) -> Detector:
    """The averaged weights of a checkpoint."""
    model = Detector()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    return model.eval()


def free_batch(path: Path) -> None:
    """Lets a file that was traced with one picture take any number.

    A 0 in the shape of an ONNX `Reshape` keeps that side as it is, which PyTorch cannot say: asked for the batch's size, it
    writes four operations where the constant is none.
    """
    model = onnx.load(str(path))
    constants = {node.output[0]: node.attribute[0].t for node in model.graph.node if node.op_type == "Constant"}
    constants.update({tensor.name: tensor for tensor in model.graph.initializer})
    for node in model.graph.node:
        if node.op_type == "Reshape":
            constant = constants[node.input[1]]
            shape = numpy_helper.to_array(constant).copy()
            if shape[0] == 1:
                shape[0] = 0
                constant.CopyFrom(numpy_helper.from_array(shape, constant.name))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))


def write(model: Detector, path: Path) -> None:
    """Exports and adds the metadata that the host reads."""
    batch = {0: "batch"}
    cells = {**batch, 2: "cells"}
    axes = {"picture": {**batch, 2: "height", 3: "width"}, "boxes": cells, "corners": cells}
    names = "{" + ", ".join(f"{index}: '{name}'" for index, name in enumerate(CLASSES)) + "}"
    weights.write_onnx(Shipped(model).eval(), torch.rand(1, 3, HEIGHT, WIDTH), path, axes, {"names": names})
    free_batch(path)


def compare(model: Detector, path: Path) -> float:
    """Largest difference between file and network over several sizes and batches, relative to the picture's side."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng, worst = np.random.default_rng(0), 0.0
    for (height, width), count in itertools.product(SIZES, PICTURES):
        picture = rng.random((count, 3, height, width), np.float32)
        with torch.no_grad():
            expected = model(torch.from_numpy(picture))
        given = session.run(["boxes", "corners"], {"picture": picture})
        for ours, theirs in zip(given, expected, strict=True):
            if ours.shape != tuple(theirs.shape):
                raise SystemExit(f"at {width}x{height} the file gives {ours.shape}, the network {tuple(theirs.shape)}")
            worst = max(worst, float(np.abs(ours - theirs.numpy()).max()) / max(height, width))
    return worst


def main() -> None:
    """Command line of the export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, help="the default is $OVR_TRAIN/detector/checkpoint.pt")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = arguments.checkpoint or paths.part("detector") / "checkpoint.pt"
    if not checkpoint.is_file():
        raise SystemExit(f"{checkpoint} is missing: `python -m detector.train` makes it")
    model, part = trained(checkpoint), arguments.out.with_suffix(".part")
    write(model, part)
    worst = compare(model, part)
    if worst > TOLERANCE:
        raise SystemExit(f"{part} differs from the network by {worst:.1e} of the side: expected at most {TOLERANCE}")
    os.replace(part, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB, differs by {worst:.1e} of the side")


if __name__ == "__main__":
    main()
