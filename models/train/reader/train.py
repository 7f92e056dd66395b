"""Trains the reader: `python -m reader.train --samples 1500000`.

Goes on from $OVR_TRAIN/reader/NAME.pt when it is there. The log is $OVR_TRAIN/reader/NAME.log, one line for each
measurement: samples, loss, exact texts on held-back real crops and on held-back rendered ones.
"""

import argparse
import copy
import math
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import distributed, multiprocessing
from torch.nn import functional
from torch.utils.data import DataLoader

import paths
import weights
from reader import data
from reader.model import STEPS, Reader
from synth import degrade

BATCH = 128
WARM_UP_SAMPLES = 20_000
LEARNING_RATE_END = 2e-5
WEIGHT_DECAY = 0.02
GRADIENT_NORM_MAX = 5.0
LOSS_MAX = 20.0
"""A text's loss counts no more than this, once so many views have been seen."""
TRUSTING_SAMPLES = 300_000
EMA_STEPS = 1_000
"""Weights that are measured and exported are an average over about so many steps."""
MEASURE_EVERY_SAMPLES = 64_000
HOLD_OUT_MAX = 1_500


def options() -> argparse.Namespace:
    """Command line of the training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="reader", help="of the checkpoint and the log")
    parser.add_argument("--samples", type=int, default=2_500_000, help="views in all; the rate falls towards them")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--real", type=float, default=0.3, help="share of views that are of real crops")
    parser.add_argument("--synth", nargs="+", default=["synth/a"], help="folders of shards under $OVR_TRAIN")
    parser.add_argument("--hold-out", default="synth/holdout", help="folder of shards that are never trained on")
    parser.add_argument("--start", help="weights to start from, another checkpoint; the learning rate starts anew")
    parser.add_argument("--processes", type=int, default=2, help="each with one thread, their gradients averaged")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def rate_at(samples: int, wanted: argparse.Namespace) -> float:
    """Linear warm-up, then a cosine."""
    warm = min(1.0, samples / WARM_UP_SAMPLES)
    done = min(1.0, samples / wanted.samples)
    return warm * (LEARNING_RATE_END + (wanted.rate - LEARNING_RATE_END) * (1 + math.cos(math.pi * done)) / 2)


class Run:
    """The network, its average and its optimiser, and where they are kept."""

    def __init__(self, wanted: argparse.Namespace, folder: Path) -> None:
        self.wanted = wanted
        self.file = folder / f"{wanted.name}.pt"
        self.log_file = folder / f"{wanted.name}.log"
        self.reader = Reader().to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.reader).eval()
        self.optimiser = torch.optim.AdamW(self.reader.parameters(), lr=wanted.rate, weight_decay=WEIGHT_DECAY)
        self.samples = 0
        self.seconds = 0.0
        if self.file.is_file():
            kept = torch.load(self.file, weights_only=True)
            self.reader.load_state_dict(kept["reader"])
            self.average.load_state_dict(kept["average"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.samples, self.seconds = kept["samples"], kept["seconds"]
        elif wanted.start:
            kept = torch.load(folder / f"{wanted.start}.pt", weights_only=True)
            self.reader.load_state_dict(kept["average"])
            self.average.load_state_dict(kept["average"])

    def step(self, views: torch.Tensor, texts: list[str]) -> float:
        """One batch; returns its loss."""
        self.reader.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.samples, self.wanted)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.reader(data.scaled(views).contiguous(memory_format=torch.channels_last))
        classes, lengths = data.encode(texts)
        steps = torch.full((len(texts),), STEPS)
        log_probabilities = logits.float().log_softmax(-1).transpose(0, 1)
        loss = functional.ctc_loss(log_probabilities, classes, steps, lengths, reduction="none", zero_infinity=True)
        if self.samples > TRUSTING_SAMPLES:
            # Some texts of the pool are wrong: what cannot be learned shall not pull without end.
            loss = loss.clamp(max=LOSS_MAX)
        loss = loss.mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._average_gradients()
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), GRADIENT_NORM_MAX)
        self.optimiser.step()
        self.samples += len(texts) * self.wanted.processes
        self._follow()
        return loss.item()

    def _average_gradients(self) -> None:
        """Over all processes. Two processes of one thread hold up on a loaded machine, two threads of one do not."""
        if self.wanted.processes == 1:
            return
        gradients = [parameter.grad for parameter in self.reader.parameters()]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.wanted.processes
        for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients])):
            gradient.copy_(mean.view_as(gradient))

    def _follow(self) -> None:
        """Moves the average a little towards the present weights."""
        # Early on the average forgets faster, so that it does not drag the start along.
        keep = min(1 - 1 / EMA_STEPS, self.samples / BATCH / (self.samples / BATCH + 50))
        weights.follow(self.average, self.reader, keep)

    def keep(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        parts = {"reader": self.reader.state_dict(), "average": self.average.state_dict(),
                 "optimiser": self.optimiser.state_dict(), "samples": self.samples, "seconds": self.seconds}
        weights.save(parts, self.file)

    def log(self, line: str) -> None:
        """Prints a line and keeps it."""
        print(line, flush=True)
        with open(self.log_file, "a", encoding="utf-8") as file:
            file.write(line + "\n")


@torch.no_grad()
def exact(reader: Reader, views: np.ndarray, texts: list[str]) -> float:
    """Share of views whose best path is their text."""
    right = 0
    for start in range(0, len(texts), 256):
        classes = reader(data.scaled(views[start : start + 256])).argmax(-1).numpy()
        right += sum(data.decode(row) == text for row, text in zip(classes, texts[start : start + 256]))
    return right / max(1, len(texts))


def hold_outs(wanted: argparse.Namespace, work: Path) -> list[tuple[str, np.ndarray, list[str]]]:
    """Views that never change: real crops as they are, and rendered ones degraded."""
    rng = np.random.default_rng(77)
    real = data.real(held_back=True)
    kept = [i for i in range(len(real)) if real.text[i]]
    sets = [("real", np.stack([real.view(i, rng, degrade.PLAIN) for i in kept]), [real.text[i] for i in kept])]
    if (work / wanted.hold_out).is_dir():
        synth = data.rendered([work / wanted.hold_out])
        some = range(min(HOLD_OUT_MAX, len(synth)))
        sets.append(("rendered", np.stack([synth.view(i, rng) for i in some]), [synth.text[i] for i in some]))
    return sets


def work(rank: int, wanted: argparse.Namespace) -> None:
    """One process: its own views, the gradients of all. The first measures and keeps."""
    torch.set_num_threads(1)
    torch.manual_seed(wanted.seed)
    if wanted.processes > 1:
        meeting = f"file://{wanted.meeting}"
        distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=wanted.processes)
    folder = paths.work()
    run = Run(wanted, folder / "reader")
    measured = hold_outs(wanted, folder) if rank == 0 else []
    pools = [data.rendered([folder / name for name in wanted.synth]), data.real(held_back=False)]
    if rank == 0:
        run.log(f"# {len(pools[0])} rendered, {len(pools[1])} real; from {run.samples} samples on")
    mixture = data.Mixture(pools, [1 - wanted.real, wanted.real], BATCH, wanted.seed + run.samples + rank)
    batches = iter(DataLoader(mixture, batch_size=None, num_workers=1, prefetch_factor=4))
    losses: list[float] = []
    began = time.monotonic() - run.seconds
    step = BATCH * wanted.processes
    while run.samples < wanted.samples:
        losses.append(run.step(*next(batches)))
        run.seconds = time.monotonic() - began
        if rank == 0 and (run.samples % MEASURE_EVERY_SAMPLES < step or run.samples >= wanted.samples):
            figures = [f"{name} {100 * exact(run.average, views, texts):.1f}" for name, views, texts in measured]
            done = f"{run.samples} samples, {run.seconds:.0f} s, loss {np.mean(losses):.3f}"
            run.log(f"{done}, exact % {', '.join(figures)}")
            losses.clear()
            run.keep()


def main() -> None:
    """Starts the processes."""
    wanted = options()
    with tempfile.TemporaryDirectory() as folder:
        wanted.meeting = Path(folder) / "meeting"
        multiprocessing.spawn(work, (wanted,), nprocs=wanted.processes)


if __name__ == "__main__":
    main()
