"""How sure the reader may say that it is: a temperature, and how well its confidences keep their word.

One temperature for all logits (Guo et al. 2017, section 4.2) is chosen where the held-back texts are most probable. A
text's confidence is its CTC probability (Graves et al. 2006), as the host computes it; the expected calibration error
is the mean distance of confidence and accuracy over 15 bins of equal width.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from reader import data
from reader.model import STEPS, Reader

BINS = 15
TEMPERATURES = np.exp(np.linspace(np.log(0.6), np.log(3.0), 33))


@dataclass(frozen=True)
class Reliability:
    """Of each bin of confidence: how many texts, their mean confidence and the share that is right."""

    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    def error(self) -> float:
        """Expected calibration error, 0 to 1."""
        weights = self.counts / max(1, self.counts.sum())
        return float((weights * np.abs(self.confidence - self.accuracy)).sum())


@torch.no_grad()
def logits_of(reader: Reader, views: np.ndarray) -> torch.Tensor:
    """[n, 80, 37] of uint8 [n, 64, 160]."""
    return torch.cat([reader(data.scaled(views[start : start + 256])) for start in range(0, len(views), 256)])


def log_likelihood(logits: torch.Tensor, texts: list[str]) -> torch.Tensor:
    """Natural logarithm of the CTC probability of each text, [n]."""
    classes, lengths = data.encode(texts)
    steps = torch.full((len(texts),), STEPS)
    return -functional.ctc_loss(logits.log_softmax(-1).transpose(0, 1), classes, steps, lengths, reduction="none")


def temperature(logits: torch.Tensor, texts: list[str]) -> float:
    """The temperature under which the texts are most probable; each counts only so far, since some are wrong."""

    def cost(candidate: float) -> float:
        return -float(log_likelihood(logits / candidate, texts).clamp(min=-12.0).mean())

    return float(min(TEMPERATURES, key=cost))


def reliability(logits: torch.Tensor, texts: list[str]) -> Reliability:
    """Confidence of the best paths' texts against whether they are right."""
    read = [data.decode(row) for row in logits.argmax(-1).numpy()]
    confidence = log_likelihood(logits, read).exp().clamp(max=1.0).numpy()
    right = np.array([a == b for a, b in zip(read, texts, strict=True)], np.float64)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    sums = [np.bincount(bins, weights=values, minlength=BINS) for values in (confidence, right)]
    return Reliability(counts, *(values / np.maximum(counts, 1) for values in sums))
