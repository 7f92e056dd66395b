"""Batches for training: rendered and real canvases, degraded anew each time they are drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

import paths
from reader import crops
from reader.crops import UNKNOWN
from reader.model import CHARACTERS
from synth import degrade

CLASS = {character: index + 1 for index, character in enumerate(CHARACTERS)}
TEXT_MAX = 16
"""Longest text, so that 40 steps have room for repeats."""


@dataclass(frozen=True)
class Canvases:
    """Pictures to take views of. `canvas` is uint8 [n, height, width] or [n, height, width, 3]."""

    canvas: np.ndarray
    corners: np.ndarray
    text: list[str]
    strength: degrade.Strength

    def __len__(self) -> int:
        return len(self.text)

    def view(self, index: int, rng: np.random.Generator, strength: degrade.Strength | None = None) -> np.ndarray:
        """One view, uint8 [64, 160]."""
        canvas = np.asarray(self.canvas[index])
        if canvas.ndim == 3:
            canvas = gray(canvas, rng, strength or self.strength)
        return degrade.view(canvas, self.corners[index], rng, strength or self.strength)


def gray(canvas: np.ndarray, rng: np.random.Generator, strength: degrade.Strength) -> np.ndarray:
    """Luma, its weights varied, since coloured plates have another contrast under every light and sensor."""
    weights = np.array([0.299, 0.587, 0.114])
    if strength.optics > 0:
        weights = weights * np.exp(strength.optics * rng.normal(0, 0.6, 3))
        weights = weights / weights.sum()
    return cv2.transform(canvas, weights[None, :].astype(np.float32))


def rendered(folders: list[Path]) -> Canvases:
    """All shards of the folders; their pixels stay on the disk until they are looked at."""
    files = sorted(file for folder in folders for file in folder.glob("**/canvas.npy"))
    if not files:
        names = ", ".join(str(folder) for folder in folders)
        raise SystemExit(f"no canvas.npy under {names}: `python -m synth.canvas` writes shards")
    texts = [text for file in files for text in file.with_name("texts.txt").read_text(encoding="ascii").split()]
    parts = Parts(files)
    corners = np.concatenate([np.load(file.with_name("corners.npy")) for file in files])
    if not len(corners) == len(texts) == len(parts):
        told = f"{len(corners)} plates' corners, {len(texts)} texts"
        raise SystemExit(f"shards hold {told}: they are not whole; delete them and render anew")
    return Canvases(parts, corners, texts, degrade.RENDERED)


class Parts:
    """Arrays in files one after another, indexed as one. Their pixels stay on the disk, also in the processes that it is
    handed to: a mapped array would be copied there as a whole."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.parts = [np.load(file, mmap_mode="r") for file in files]
        self.ends = np.cumsum([len(part) for part in self.parts])

    def __getstate__(self) -> list[Path]:
        return self.files

    def __setstate__(self, files: list[Path]) -> None:
        self.__init__(files)

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, index: int) -> np.ndarray:
        part = int(np.searchsorted(self.ends, index, side="right"))
        return self.parts[part][index - (self.ends[part] - len(self.parts[part]))]


def real(held_back: bool) -> Canvases:
    """The real crops with a text: those to train on, or those that are held back."""
    arrays = crops.load(paths.part("reader") / "crops.npz")
    known = (arrays["text"] != UNKNOWN) & (arrays["held_back"] == held_back)
    texts = [str(text)[:TEXT_MAX] for text in arrays["text"][known]]
    return Canvases(arrays["canvas"][known], arrays["corners"][known], texts, degrade.REAL)


def encode(texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Classes of all texts one after the other, and the length of each, as `ctc_loss` takes them."""
    classes = [CLASS[character] for text in texts for character in text]
    return torch.tensor(classes), torch.tensor([len(text) for text in texts])


def decode(classes: np.ndarray) -> str:
    """The text of the best path: repeats merged, blanks dropped."""
    merged = classes[np.concatenate([[True], classes[1:] != classes[:-1]])]
    return "".join(CHARACTERS[index - 1] for index in merged if index > 0)


def scaled(views: np.ndarray | torch.Tensor) -> torch.Tensor:
    """uint8 [batch, 64, 160] to the network's input, [batch, 1, 64, 160] from -1 to 1."""
    return torch.as_tensor(views).unsqueeze(1).float() / 127.5 - 1.0


class Mixture(IterableDataset):
    """Endless batches of views and texts, each worker with a stream of its own."""

    def __init__(self, pools: list[Canvases], shares: list[float], batch: int, seed: int) -> None:
        self.pools, self.batch, self.seed = pools, batch, seed
        self.shares = np.array(shares) / sum(shares)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, list[str]]]:
        cv2.setNumThreads(0)
        worker = get_worker_info()
        rng = np.random.default_rng((self.seed, worker.id if worker else 0))
        while True:
            chosen = rng.choice(len(self.pools), self.batch, p=self.shares)
            views = np.empty((self.batch, degrade.HEIGHT, degrade.WIDTH), np.uint8)
            texts = []
            for place, pool in enumerate(chosen):
                canvases = self.pools[pool]
                index = int(rng.integers(len(canvases)))
                views[place] = canvases.view(index, rng)
                texts.append(canvases.text[index])
            yield torch.from_numpy(views), texts
