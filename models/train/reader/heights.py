"""How small a plate may be: exact texts against plate height on rendered plates that were never trained on.

`python -m reader.heights --model FILE [--draw FILE.png]` prints one line a height; one- and two-line plates apart.
"""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime

import paths
from reader import data
from synth import degrade

HEIGHTS_PX = (8, 10, 12, 14, 16, 20, 24, 30, 40, 60)
GEOMETRY, OPTICS = 0.6, 0.5
"""Seen at an angle and through an ordinary lens, but not through the worst of everything."""
PLATES_MAX = 1_500


def options() -> argparse.Namespace:
    """Command line of the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--hold-out", default="synth/holdout", help="folder of rendered shards under $OVR_TRAIN")
    parser.add_argument("--draw", type=Path, help="PNG file for the curve")
    return parser.parse_args()


def read(session: onnxruntime.InferenceSession, views: np.ndarray) -> list[str]:
    """The best paths' texts of uint8 [n, 64, 160]."""
    batches = (data.scaled(views[start : start + 64]).numpy() for start in range(0, len(views), 64))
    classes = [session.run(None, {"crop": crops})[0].argmax(-1) for crops in batches]
    return [data.decode(row) for row in np.concatenate(classes)]


def two_lines(corners: np.ndarray) -> bool:
    """Whether a plate of this shape has two lines."""
    width, height = np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[3] - corners[0])
    return bool(width < degrade.TWO_LINES_ASPECT * height)


def main() -> None:
    """Measures, prints and draws."""
    wanted = options()
    session = onnxruntime.InferenceSession(str(wanted.model), providers=["CPUExecutionProvider"])
    plates = data.rendered([paths.work() / wanted.hold_out])
    some = range(min(PLATES_MAX, len(plates)))
    square = np.array([two_lines(plates.corners[i]) for i in some])
    curve = []
    for height in HEIGHTS_PX:
        rng = np.random.default_rng(height)
        strength = degrade.Strength(GEOMETRY, OPTICS, plate_height_px=height)
        texts = read(session, np.stack([plates.view(i, rng, strength) for i in some]))
        right = np.array([text == plates.text[i] for text, i in zip(texts, some, strict=True)])
        curve.append((height, 100 * right[~square].mean(), 100 * right[square].mean()))
        wide = f"{curve[-1][1]:.1f} % of {(~square).sum()} wide plates"
        print(f"{height} px: {wide}, {curve[-1][2]:.1f} % of {square.sum()} square ones")
    if wanted.draw:
        draw(np.array(curve), wanted.draw)


def draw(curve: np.ndarray, file: Path) -> None:
    """The two curves as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 3.5), dpi=80)
    axes.plot(curve[:, 0], curve[:, 1], marker="o", label="wide")
    axes.plot(curve[:, 0], curve[:, 2], marker="s", label="square")
    axes.set(xlabel="plate height, pixels", ylabel="exact, %", ylim=(0, 100))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Software": None})


if __name__ == "__main__":
    main()
