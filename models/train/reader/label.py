"""A round of self-training, texts for real plates that have none: `python -m reader.label --models A.onnx B.onnx`.

Each model reads each plate in several views. A text is taken when all views of all models say it and they are sure on
average. Held-back pictures get no text. Adds to $OVR_TRAIN/reader/agreed.jsonl, which `reader.crops` takes up.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch

import paths
from reader import calibrate, crops, data
from synth import degrade

VIEWS = 6
SURE = 0.75
"""Least probability of the text, the mean over all views and models."""
LENGTHS = range(4, 11)


def options() -> argparse.Namespace:
    """Command line of the labelling."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, nargs="+", required=True, help="exported readers")
    return parser.parse_args()


def views_of(canvas: np.ndarray, corners: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The plain crop and some that are a little otherwise, uint8 [VIEWS, 64, 160]."""
    mild = degrade.Strength(geometry=0.35, optics=0.15, small=0.0)
    strengths = [degrade.PLAIN] + [mild] * (VIEWS - 1)
    return np.stack([degrade.view(data.gray(canvas, rng, each), corners, rng, each) for each in strengths])


def said(probabilities: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The best paths' texts of [n, 80, 37], and the probability of each."""
    texts = [data.decode(row) for row in probabilities.argmax(-1)]
    logits = torch.from_numpy(probabilities).clamp(min=1e-9).log()
    return texts, calibrate.log_likelihood(logits, texts).exp().numpy()


def agreed(sessions: list[onnxruntime.InferenceSession], views: np.ndarray) -> str | None:
    """The text that everyone says and is sure of."""
    crop = data.scaled(views).numpy()
    answers = [said(session.run(None, {"crop": crop})[0]) for session in sessions]
    texts = {text for texts, _ in answers for text in texts}
    sure = float(np.mean([probability for _, probability in answers]))
    [*others, text] = texts
    return text if not others and sure >= SURE and len(text) in LENGTHS else None


def main() -> None:
    """Labels what can be labelled."""
    wanted = options()
    sessions = [onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]) for file in wanted.models]
    folder = paths.part("reader")
    arrays = crops.load(folder / "crops.npz")
    unknown = np.flatnonzero((arrays["text"] == data.UNKNOWN) & ~arrays["held_back"])
    rng = np.random.default_rng(9)
    rows = []
    for index in unknown:
        text = agreed(sessions, views_of(arrays["canvas"][index], arrays["corners"][index], rng))
        if text:
            collection, rest = str(arrays["source"][index]).split("/", 1)
            image, width = rest.rsplit("/", 1)
            rows.append({"set": f"detect_train/{collection}", "image": image, "w": float(width), "text": text})
    # What an earlier round agreed on is part of the crops already and stays.
    with open(folder / "agreed.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    print(f"{len(rows)} of {len(unknown)} plates have a text now")


if __name__ == "__main__":
    main()
