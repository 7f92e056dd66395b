"""The training's log as a small picture."""

from __future__ import annotations

import re
from pathlib import Path


def draw_curve(log: Path, picture: Path) -> None:
    """Draws losses and held-back figures over steps from a log of `detector.train`."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    losses: dict[str, list[tuple[int, float]]] = {"score": [], "box": [], "corner": []}
    held: dict[str, list[tuple[int, float]]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        step = re.search(r"step (\d+)", line)
        if not step:
            continue
        if line.startswith("held"):
            for name, value in re.findall(r"(\S+)=([\d.]+)", line):
                held.setdefault(name, []).append((int(step[1]), float(value)))
        for name in losses:
            found = re.search(rf" {name} ([\d.]+)", line)
            if found and line.startswith("step"):
                losses[name].append((int(step[1]), float(found[1])))
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4), dpi=80)
    for axis, lines, title in ((left, losses, "loss"), (right, held, "held-back pictures, %")):
        for name, points in lines.items():
            if points:
                axis.plot(*zip(*points, strict=True), label=name, linewidth=1)
        axis.set_xlabel("step")
        axis.set_title(title)
        if any(lines.values()):
            axis.legend(fontsize=7)
        axis.grid(alpha=0.3)
    left.set_yscale("log")
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)
