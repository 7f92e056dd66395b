"""Writes the trained reader as ONNX: `python -m reader.export --name reader --out FILE`.

The temperature comes from held-back training crops and rendered ones, half and half. What was written is run by ONNX
Runtime and must give what PyTorch gives. Prints the figures of the model card, and with --card draws its curves.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import paths
import weights
from reader import calibrate, data
from reader.model import CHARACTERS, HEIGHT, STEPS, WIDTH, Calibrated, Reader
from synth import degrade

DIFFERENCE_MAX = 1e-3


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
    model = Calibrated(reader, temperature).eval()
    axes = {"crop": {0: "batch"}, "steps": {0: "batch"}}
    told = {"decoder": "ctc", "character": "\n".join(CHARACTERS), "temperature": f"{temperature:.3f}"}
    weights.write_onnx(model, torch.zeros(1, 1, HEIGHT, WIDTH), out, axes, told)


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
