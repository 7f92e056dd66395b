"""Writes the trained reader as ONNX: `python -m reader.export --name reader --out FILE`.

The temperature comes from held-back training crops and rendered ones, half and half. What was written is run by ONNX
Runtime and must give what PyTorch gives. Prints the figures of the model card, and with --card draws its curves.
"""

import argparse
import copy
import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

import paths
import weights
from reader import calibrate, data
from reader.model import CHARACTERS, CLASSES, HEIGHT, ROWS, STEPS, WIDTH, Attention, Calibrated, Reader
from synth import degrade

DIFFERENCE_MAX = 1e-3
COLUMNS = STEPS // ROWS


class ShippedAttention(nn.Module):
    """The same as `Attention` on steps of all crops one below the other, [batch * 80, channels].

    A matrix of two axes times weights is one operation with its bias, and the only form of which INT8 keeps the sums;
    the scale of the scores lies in the query's weights.
    """

    def __init__(self, layer: Attention) -> None:
        super().__init__()
        self.before, self.out, self.between, self.feed = layer.before, layer.out, layer.between, layer.feed
        self.heads, self.channels = layer.heads, layer.out.in_features
        scale = torch.ones(3 * self.channels)
        scale[: self.channels] = (self.channels // self.heads) ** -0.5
        self.together = nn.Linear(self.channels, 3 * self.channels)
        self.together.weight.data = layer.together.weight.data * scale[:, None]
        self.together.bias.data = layer.together.bias.data * scale

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape [batch * 80, channels]."""
        parts = self.together(self.before(x)).view(-1, STEPS, 3, self.heads, self.channels // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        weights = (query @ key.transpose(2, 3)).softmax(dim=-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(-1, self.channels))
        return x + self.feed(self.between(x))


class Shipped(nn.Module):
    """What is exported: the same as `Calibrated`, in the operations that CPU runtimes do best.

    Between the rows and the answer the steps stand column by column, the upper row's and the lower row's by turns:
    attention does not mind, and each column's weighted sums are one product of small matrices.
    """

    def __init__(self, reader: Reader, temperature: float) -> None:
        super().__init__()
        reader = copy.deepcopy(reader).eval()
        self.features, self.weights, self.last, self.classes = (
            reader.features, reader.rows.weights, reader.last, reader.classes
        )
        self.channels = reader.places.shape[2]
        places = reader.places.data.view(1, ROWS, COLUMNS, self.channels)
        self.places = nn.Parameter(places.transpose(1, 2).reshape(1, STEPS, self.channels))
        self.layers = nn.Sequential(*[ShippedAttention(layer) for layer in reader.layers])
        self.classes.weight.data /= temperature
        self.classes.bias.data /= temperature

    def forward(self, crop: Tensor) -> Tensor:
        """Probabilities, [batch, 80, 37]."""
        features = self.features(crop)
        weights = self.weights(features).permute(0, 3, 1, 2).softmax(dim=-1)
        # The shape stays; it keeps two transpositions apart that are quick one by one and slow as one.
        height = int(features.shape[2])
        columns = features.permute(0, 2, 3, 1).reshape(-1, height, COLUMNS, self.channels).transpose(1, 2)
        steps = (weights @ columns).reshape(-1, STEPS, self.channels) + self.places
        logits = self.classes(self.last(self.layers(steps.view(-1, self.channels))))
        return logits.view(-1, COLUMNS, ROWS, CLASSES).transpose(1, 2).reshape(-1, STEPS, CLASSES).softmax(dim=-1)


def options() -> argparse.Namespace:
    """Command line of the export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="reader", help="of the checkpoint")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold-out", default="synth/holdout", help="folder of rendered shards under $OVR_TRAIN")
    parser.add_argument("--card", type=Path, help="folder for the curves of the model card")
    return parser.parse_args()


def held_back(folder: Path) -> tuple[np.ndarray, list[str]]:
    """As many real views as rendered ones, real crops lightly degraded."""
    rng = np.random.default_rng(123)
    real, synth = data.real(held_back=True), data.rendered([folder])
    chosen = [i for i in range(len(real)) if real.text[i]]
    views = [real.view(i, rng, strength) for i in chosen for strength in (degrade.PLAIN, degrade.REAL)]
    texts = [real.text[i] for i in chosen for _ in range(2)]
    some = range(min(len(views), len(synth)))
    return np.stack(views + [synth.view(i, rng) for i in some]), texts + [synth.text[i] for i in some]


def write(reader: Reader, temperature: float, out: Path) -> None:
    """The ONNX file with its metadata."""
    model = Shipped(reader, temperature).eval()
    axes = {"crop": {0: "batch"}, "steps": {0: "batch"}}
    told = {"decoder": "ctc", "character": "\n".join(CHARACTERS), "temperature": f"{temperature:.3f}"}
    weights.write_onnx(model, torch.zeros(1, 1, HEIGHT, WIDTH), out, axes, told)
    # The exporter loses count behind a free batch; the host checks the classes before it runs the network.
    written = onnx.load(out)
    sides = written.graph.output[0].type.tensor_type.shape.dim
    sides[1].dim_value, sides[2].dim_value = STEPS, CLASSES
    onnx.save(written, out)


def check(reader: Reader, temperature: float, out: Path, views: np.ndarray) -> None:
    """Ends with one line when ONNX Runtime and PyTorch do not agree."""
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    crops = data.scaled(views[:64])
    with torch.no_grad():
        expected = Calibrated(reader, temperature)(crops).numpy()
    [found] = session.run(None, {"crop": crops.numpy()})
    difference = float(np.abs(found - expected).max())
    if difference > DIFFERENCE_MAX or found.shape[1:] != (STEPS, len(CHARACTERS) + 1):
        raise SystemExit(f"{out} differs from the checkpoint by {difference}: expected at most {DIFFERENCE_MAX}")


def draw(reliability: calibrate.Reliability, file: Path) -> None:
    """The reliability curve."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    used = reliability.counts > 0
    figure, axes = pyplot.subplots(figsize=(4, 4), dpi=80)
    axes.plot([0, 1], [0, 1], color="0.7")
    axes.plot(reliability.confidence[used], reliability.accuracy[used], marker="o")
    axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    figure.tight_layout()
    figure.savefig(file, metadata={"Software": None})


def main() -> None:
    """Calibrates, writes and checks the file."""
    wanted = options()
    torch.set_num_threads(1)
    checkpoint = paths.part("reader") / f"{wanted.name}.pt"
    if not checkpoint.is_file():
        raise SystemExit(f"{checkpoint} is missing: `python -m reader.train` makes it")
    kept = torch.load(checkpoint, weights_only=True)
    reader = Reader().eval()
    reader.load_state_dict(kept["average"])
    views, texts = held_back(paths.work() / wanted.hold_out)
    logits = calibrate.logits_of(reader, views)
    temperature = calibrate.temperature(logits, texts)
    before, after = (calibrate.reliability(logits / t, texts) for t in (1.0, temperature))
    # The file gets its name when it has been checked.
    part = wanted.out.with_suffix(".part")
    write(reader, temperature, part)
    check(reader, temperature, part, views)
    os.replace(part, wanted.out)
    parameters = sum(p.numel() for p in reader.parameters())
    print(f"{wanted.out}: {parameters} parameters, {wanted.out.stat().st_size} bytes, {kept['samples']} samples")
    errors = f"{before.error():.4f} without, {after.error():.4f} with it"
    print(f"temperature {temperature:.3f}; expected calibration error {errors}")
    if wanted.card:
        draw(after, wanted.card / "plate-reader-reliability.png")


if __name__ == "__main__":
    main()
