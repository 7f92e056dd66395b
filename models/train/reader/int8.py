"""Writes the reader in 8-bit integers: `python -m reader.int8 --model FILE.onnx --out FILE.onnx`.

Static post-training quantisation (Jacob et al. 2018): weights per output channel, activations by the range that nearly
all of them take on views of the training pool, half real and half rendered, written as quantise and dequantise pairs,
so that the file runs wherever ONNX does and input and output stay 32-bit floats. Convolutions and the matrices of the
attention become integers. What stays in floats is little of the work and would lose speed or accuracy: the
normalisation and the first convolution (of one channel), softmax, layer normalisation and the products of activations
in attention.

What was written is compared with what it came from on held-back real crops and rendered plates, seen several times
each. It gets its name only when it loses less than 0.3 points of exact plates.

The detector has no such file: most of its work is depthwise convolutions and few channels, of which integers are
slower than floats in ONNX Runtime.
"""

import argparse
import contextlib
import io
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

import paths
from reader import data
from reader.heights import read
from synth import degrade

LOSS_MAX = 0.3
"""Points of exact plates, in %, that INT8 must lose less than."""
CALIBRATED_VIEWS, CALIBRATED_BATCH = 256, 16
COVERED = 99.99
"""How many of the activations a range covers, in %: the few beyond would make the steps of all others coarse."""
REAL_ROUNDS, RENDERED_ROUNDS = 12, 4
"""How often each held-back plate is seen; there are few real ones."""
FEATURES = "/features/"
"""What the exporter calls the convolutional part."""
FLOATS = ("/features/features.0/", "/features/features.1/")
"""The normalisation and the first convolution."""
TIMED_RUNS = 300


class Views(CalibrationDataReader):
    """uint8 [n, 64, 160] in batches, as the calibration takes them."""

    def __init__(self, views: np.ndarray) -> None:
        starts = range(0, len(views), CALIBRATED_BATCH)
        self.batches = iter([data.scaled(views[start : start + CALIBRATED_BATCH]).numpy() for start in starts])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch by the name of the input, nothing after the last."""
        batch = next(self.batches, None)
        return None if batch is None else {"crop": batch}


@dataclass(frozen=True)
class Comparison:
    """Two readers on the same views: which were right [n] before and after, and how many texts differ."""

    before: np.ndarray
    after: np.ndarray
    differ: int

    def loss(self) -> float:
        """Points of exact plates that the second reads less, in %."""
        return float(100 * (self.before.mean() - self.after.mean()))

    def error(self) -> float:
        """Standard error of the loss, from the views that only one of the two reads (McNemar 1947)."""
        return float(100 * np.sqrt((self.before != self.after).sum()) / len(self.before))

    def allowed(self) -> bool:
        """Whether the second may take the place of the first."""
        return self.loss() < LOSS_MAX

    def __str__(self) -> str:
        exact = f"{100 * self.before.mean():.2f} % exact before, {100 * self.after.mean():.2f} % after"
        told = f"loss {self.loss():+.2f} (standard error {self.error():.2f}) points"
        return f"{len(self.before)} views, {exact}, {told}, {self.differ} texts differ"


def options() -> argparse.Namespace:
    """Command line of the quantisation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="written by reader.export")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--synth", default="synth/a", help="folder of rendered shards to calibrate on")
    parser.add_argument("--hold-out", default="synth/holdout", help="folder of rendered shards to compare on")
    return parser.parse_args()


def integers(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that become integers; ends with one line when the graph is not the reader's."""
    kinds = {"Conv", "Relu", "Add", "Gemm"}
    named = [node for node in model.graph.node if node.op_type in kinds and not node.name.startswith(FLOATS)]
    # Sums and rectifiers of the convolutional part only: those of the attention go from floats to floats.
    chosen = [node for node in named if node.op_type in ("Conv", "Gemm") or node.name.startswith(FEATURES)]
    found = {node.op_type for node in chosen}
    if found != kinds:
        missing = ", ".join(sorted(kinds - found))
        raise SystemExit(f"the model has no {missing} to quantise: expected a file of reader.export")
    return [node.name for node in chosen]


def quantise(model: Path, out: Path, views: np.ndarray) -> None:
    """Writes the INT8 version of a model, calibrated on uint8 views [n, 64, 160]; its metadata stays."""
    told = {entry.key: entry.value for entry in onnx.load(model).metadata_props}
    # The calibration tells its steps on the standard output, which is for the figures.
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        simple = Path(folder) / "simple.onnx"
        quant_pre_process(str(model), str(simple), skip_symbolic_shape=True)
        quantize_static(
            str(simple),
            str(out),
            Views(views),
            quant_format=QuantFormat.QDQ,
            nodes_to_quantize=integers(onnx.load(simple)),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            # 7 bits of weight: processors without VNNI add pairs of products in 16 bits, which 8 bits overflow.
            reduce_range=True,
            # What a matrix of the attention gives is normalised or added next, in floats.
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"], "CalibPercentile": COVERED},
        )
    written = onnx.load(out)
    onnx.helper.set_model_props(written, told)
    onnx.checker.check_model(written)
    onnx.save(written, out)


def calibration(folder: Path) -> np.ndarray:
    """Views of the training pool, uint8 [n, 64, 160], half real and half rendered."""
    rng = np.random.default_rng(31)
    pools = (data.real(held_back=False), data.rendered([folder]))
    each = CALIBRATED_VIEWS // len(pools)
    return np.stack([pool.view(int(i), rng) for pool in pools for i in rng.integers(0, len(pool), each)])


def seen(plates: data.Canvases, rounds: int) -> tuple[np.ndarray, list[str]]:
    """Each plate that has a text as often as told, and the texts."""
    rng = np.random.default_rng(32)
    chosen = [i for _ in range(rounds) for i in range(len(plates)) if plates.text[i]]
    return np.stack([plates.view(i, rng) for i in chosen]), [plates.text[i] for i in chosen]


def session(model: Path) -> onnxruntime.InferenceSession:
    """A model on one thread of the processor."""
    chosen = onnxruntime.SessionOptions()
    chosen.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), chosen, providers=["CPUExecutionProvider"])


def compare(before: list[str], after: list[str], texts: list[str]) -> Comparison:
    """What two readers said of the same views, against what is written there."""
    said, now, true = np.array(before), np.array(after), np.array(texts)
    return Comparison(said == true, now == true, int((said != now).sum()))


def together(pairs: list[Comparison]) -> Comparison:
    """All views as one set."""
    before = np.concatenate([pair.before for pair in pairs])
    after = np.concatenate([pair.after for pair in pairs])
    return Comparison(before, after, sum(pair.differ for pair in pairs))


def time_ms(sessions: list[onnxruntime.InferenceSession], crop: np.ndarray) -> list[float]:
    """Median processor time of one crop for each model, by turns, so that a busy machine treats them alike."""
    times: list[list[float]] = [[] for _ in sessions]
    for _ in range(TIMED_RUNS):
        for opened, kept in zip(sessions, times, strict=True):
            # The first run after another model finds the caches full of that.
            opened.run(None, {"crop": crop})
            began = time.process_time()
            opened.run(None, {"crop": crop})
            kept.append(1e3 * (time.process_time() - began))
    return [float(np.median(kept)) for kept in times]


def main() -> None:
    """Quantises, compares and, if it may stay, gives the file its name."""
    wanted = options()
    if not wanted.model.is_file():
        raise SystemExit(f"{wanted.model} is missing: `python -m reader.export` writes it")
    part = wanted.out.with_suffix(".part")
    quantise(wanted.model, part, calibration(paths.work() / wanted.synth))
    sessions = [session(wanted.model), session(part)]
    rendered = data.rendered([paths.work() / wanted.hold_out])
    pairs = []
    for name, plates, rounds in (
        ("real", data.real(held_back=True), REAL_ROUNDS), ("rendered", rendered, RENDERED_ROUNDS)
    ):
        views, texts = seen(plates, rounds)
        pairs.append(compare(read(sessions[0], views), read(sessions[1], views), texts))
        print(f"{name}: {pairs[-1]}")
    both = together(pairs)
    print(f"both: {both}")
    if not both.allowed():
        part.unlink()
        told = f"INT8 loses {both.loss():.2f} points; expected less than {LOSS_MAX}"
        raise SystemExit(f"{wanted.out} is not written: {told}")
    before, after = time_ms(sessions, data.scaled(views[:1]).numpy())
    told = f"{before:.3f} ms before, {after:.3f} ms after, {before / after:.2f} times as fast"
    print(f"processor time a crop on one thread: {told}")
    os.replace(part, wanted.out)
    print(f"{wanted.out}: {wanted.out.stat().st_size} bytes; the loss is within {LOSS_MAX} points")


if __name__ == "__main__":
    main()
