"""What both trainings do with weights: average them, keep them, and write them as ONNX."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

OPSET = 17


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, keep: float) -> None:
    """Moves an exponential moving average a little towards the present weights; `keep` of it stays, 0 to 1."""
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - keep)
        else:
            kept.copy_(new)


def save(state: Mapping[str, object], file: Path) -> None:
    """Writes a checkpoint; a crash in the middle leaves the last one whole."""
    beside = file.with_suffix(".new")
    torch.save(state, beside)
    os.replace(beside, file)


def write_onnx(
    model: nn.Module,
    example: Tensor,
    file: Path,
    axes: Mapping[str, Mapping[int, str]],
    told: Mapping[str, str],
) -> None:
    """Exports a network. `axes` names input and outputs, in this order, with their free axes; `told` is the metadata."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (example,),
            str(file),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(axes)[:1],
            output_names=list(axes)[1:],
            dynamic_axes={name: dict(free) for name, free in axes.items()},
        )
    written = onnx.load(str(file))
    onnx.helper.set_model_props(written, dict(told))
    onnx.checker.check_model(written)
    onnx.save(written, str(file))
