"""Trains the detector for a number of minutes, going on from the last checkpoint when there is one.

    python -m detector.train --minutes 145

One process, one thread. The learning rate and the sizes of pictures follow the share of the minutes that is used
up, so the same command finishes sooner or later on a faster or slower machine, but always finishes. What was
trained before an interruption counts.
"""

from __future__ import annotations

import argparse
import copy
import math
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

import paths
import weights
from detector import records
from detector.curve import draw_curve
from detector.data import Sample, Source, collate, sample
from detector.evaluate import evaluate, predict_with_torch, summary
from detector.loss import Losses, losses
from detector.model import HEIGHT, WIDTH, Detector, grid

SMALL_SIZES = ((256, 416), (256, 416), (320, 320), (224, 416), (288, 512), (384, 384))
"""Height and width of pictures; the last part of the training uses that of normal use."""
FULL_FROM = 0.78
BATCH_PIXELS = 24 * 256 * 416
RATE, RATE_LAST_SHARE, WARM_STEPS = 2e-3, 0.02, 300
DECAY = 0.03
CLIP = 8.0
AVERAGE = 0.9990
CHECKPOINT_S, CHECK_S = 300.0, 600.0
LOG_STEPS = 25


@dataclass
class Progress:
    """How far the training is."""

    step: int = 0
    pictures: int = 0
    trained_s: float = 0.0


class Average:
    """A running mean of the weights, which is what is shipped (Polyak and Juditsky 1992)."""

    def __init__(self, model: nn.Module) -> None:
        self.model = copy.deepcopy(model).eval()
        for value in self.model.parameters():
            value.requires_grad_(False)

    def update(self, model: nn.Module, step: int) -> None:
        """Moves a little towards the present weights; more at first."""
        keep = min(AVERAGE, (1 + step) / (10 + step))
        weights.follow(self.model, model, keep)


def optimiser_of(model: nn.Module) -> torch.optim.AdamW:
    """AdamW; weight decay on convolutions only."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99), foreach=False)


def rate_at(share: float, step: int) -> float:
    """Learning rate: a short warm-up, then a half cosine over the budget."""
    cosine = RATE_LAST_SHARE + (1 - RATE_LAST_SHARE) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    return RATE * cosine * min(1.0, (step + 1) / WARM_STEPS)


def batch_at(share: float, source: Source, rng: np.random.Generator) -> list[Sample]:
    """The samples of one step, all of one size."""
    height, width = HEIGHT, WIDTH
    if share < FULL_FROM:
        height, width = SMALL_SIZES[rng.integers(len(SMALL_SIZES))]
    count = max(4, round(BATCH_PIXELS / (height * width)))
    mosaic = 0.4 if share < 0.92 else 0.15
    return [sample(source, height, width, mosaic, rng) for _ in range(count)]


def step_of(model: Detector, optimiser: torch.optim.AdamW, samples: list[Sample], rate: float) -> Losses:
    """One step of the optimiser."""
    pictures, objects, flags = collate(samples)
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad(set_to_none=True)
    logits, places = model.raw(pictures)
    points, strides = grid(pictures.shape[2], pictures.shape[3])
    parts = losses(logits, places, points, strides, flags, objects)
    total: Tensor = parts.total
    if torch.isfinite(total):
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
    return parts


class Run:
    """A training that can be stopped and goes on."""

    def __init__(self, root: Path, minutes: float, seed: int) -> None:
        self._root, self._budget_s, self._seed = root, minutes * 60, seed
        torch.manual_seed(seed)
        self.model = Detector().to(memory_format=torch.channels_last)
        self.average = Average(self.model)
        self.optimiser = optimiser_of(self.model)
        self.progress = Progress()
        self._stopped = False
        self._resume()

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self._root / "checkpoint.pt"

    def _resume(self) -> None:
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.model.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = Progress(**state["progress"])
        self._log(f"# goes on from step {self.progress.step}")

    def save(self) -> None:
        """Writes the checkpoint; a crash in the middle leaves the last one whole."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": vars(self.progress),
        }
        weights.save(state, self.checkpoint)

    def stop(self, *_: object) -> None:
        """Ends the training after the present step, with an error to whoever waits for it; it can go on later."""
        self._stopped = True

    def _log(self, line: str) -> None:
        print(line, flush=True)
        with open(self._root / "log.txt", "a", encoding="utf-8") as log:
            log.write(line + "\n")

    def train(self) -> None:
        """Trains until the minutes are used up."""
        # Scenes are rendered by detector.scenes; the training also runs without.
        parts = [records.load()] + ([records.load("scenes-")] if records.exists("scenes-") else [])
        source = Source(parts)
        self._log(f"# {source}")
        rng = np.random.default_rng([self._seed, self.progress.step])
        self.model.train()
        last = saved = checked = time.monotonic()
        sums, seen = np.zeros(3), 0
        while self.progress.trained_s < self._budget_s:
            if self._stopped:
                self.save()
                raise SystemExit(f"stopped at step {self.progress.step}: the same command goes on from there")
            share = self.progress.trained_s / self._budget_s
            samples = batch_at(share, source, rng)
            rate = rate_at(share, self.progress.step)
            parts_of_loss = step_of(self.model, self.optimiser, samples, rate)
            self.average.update(self.model, self.progress.step)
            self.progress.step += 1
            self.progress.pictures += len(samples)
            now = time.monotonic()
            self.progress.trained_s += now - last
            sums += parts_of_loss.values()
            seen, last = seen + 1, now
            if self.progress.step % LOG_STEPS == 0:
                score, box, corner = sums / max(seen, 1)
                done = f"step {self.progress.step} pictures {self.progress.pictures}"
                trained = f"minutes {self.progress.trained_s / 60:.2f} rate {rate:.2e}"
                self._log(f"{done} {trained} score {score:.4f} box {box:.4f} corner {corner:.4f}")
                sums, seen = np.zeros(3), 0
            if now - saved > CHECKPOINT_S:
                self.save()
                saved = now
            if now - checked > CHECK_S:
                self._check(parts)
                checked = saved = last = time.monotonic()
        self._check(parts)

    def _check(self, parts: list[records.Part]) -> None:
        """Saves, and looks at the held-back pictures."""
        self.save()
        results = [evaluate(predict_with_torch(self.average.model), part, held=True) for part in parts]
        self._log(f"held step {self.progress.step} " + " ".join(summary(result) for result in results))
        draw_curve(self._root / "log.txt", self._root / "curve.png")


def main() -> None:
    """Command line of the training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=145.0, help="training time, over all runs together")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    run = Run(paths.part("detector"), arguments.minutes, arguments.seed)
    signal.signal(signal.SIGTERM, run.stop)
    signal.signal(signal.SIGINT, run.stop)
    run.train()


if __name__ == "__main__":
    main()
