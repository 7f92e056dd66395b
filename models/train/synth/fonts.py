"""Fonts for the plate renderer: fetches the pinned packages and serves glyph masks.

`python -m synth.fonts` downloads every package of `fonts.txt` with the ordinary package clients
(`npm pack`, `apt-get download`) into `$OVR_TRAIN/fonts/PACKAGE/`. Font files are never committed.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import paths

SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
GLYPH_HEIGHT = 96
"""Height in pixels of a capital letter in a glyph mask."""
LIST_FILE = Path(__file__).with_name("fonts.txt")
LICENCES = ("OFL-1.1", "OFL", "Apache-2.0", "MIT", "CC0-1.0", "Bitstream Vera")
FONT_SUFFIXES = (".woff", ".ttf", ".otf", ".ttc")
SCRIPT_PREFIX = "script-"
"""Groups of faces of other scripts, which only ornament plates."""
NPM_BATCH = 24


class FontsMissing(RuntimeError):
    """The font folder is empty or absent."""


@dataclass(frozen=True)
class Package:
    """One line of `fonts.txt`: a package with the faces wanted from it."""

    registry: str
    name: str
    version: str
    groups: tuple[str, ...]
    pick: str


@dataclass(frozen=True)
class Face:
    """One font file and the groups (condensed, mono, ...) by which formats ask for it."""

    path: Path
    groups: tuple[str, ...]


def fonts_dir() -> Path:
    """Folder of the fetched fonts, made when it is not there."""
    return paths.part("fonts")


def packages() -> list[Package]:
    """The pinned packages of `fonts.txt`."""
    found = []
    for line in LIST_FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        registry, name, version, groups, pick = line.split()
        found.append(Package(registry, name, version, tuple(groups.split(",")), pick))
    return found


def faces() -> list[Face]:
    """Every usable face on disk, in a fixed order. Raises FontsMissing when there is none."""
    index = fonts_dir() / "faces.json"
    if not index.is_file():
        raise FontsMissing(f"looking for fonts: {index} does not exist; run `python -m synth.fonts` first")
    rows = json.loads(index.read_text(encoding="utf-8"))
    if not rows:
        raise FontsMissing(f"looking for fonts: {index} lists none; run `python -m synth.fonts` again")
    return [Face(fonts_dir() / row["file"], tuple(row["groups"])) for row in rows]


@functools.lru_cache(maxsize=1024)
def _font(path: str) -> ImageFont.FreeTypeFont:
    """The face at the size at which a capital H is GLYPH_HEIGHT pixels high."""
    probe = ImageFont.truetype(path, 100)
    left, top, right, bottom = probe.getbbox("H")
    return ImageFont.truetype(path, max(8, round(100 * GLYPH_HEIGHT / max(bottom - top, 1))))


@functools.lru_cache(maxsize=40_000)
def glyph(path: str, symbol: str) -> np.ndarray:
    """Mask of one symbol, uint8 [GLYPH_HEIGHT, width], ink box cut out and its height normalised.

    Rounded letters overshoot the capital height a little: they are squeezed to it, as plate dies do.
    The tail of Q and J may hang below the line in text faces, and digits may be lower than capitals:
    the whole ink is squeezed likewise, so every symbol fills the line as on a plate.
    """
    font = _font(path)
    left, top, right, bottom = font.getbbox(symbol)
    width, height = right - left, bottom - top
    if width < 2 or height < 2:
        raise ValueError(f"rendering {symbol!r} of {path}: the glyph is empty; it should have ink")
    image = Image.new("L", (width + 4, height + 4))
    ImageDraw.Draw(image).text((2 - left, 2 - top), symbol, font=font, fill=255)
    box = image.getbbox()
    if box is None:
        raise ValueError(f"rendering {symbol!r} of {path}: the glyph is empty; it should have ink")
    ink = image.crop(box)
    if ink.height != GLYPH_HEIGHT:
        ink = ink.resize((max(2, ink.width), GLYPH_HEIGHT), Image.Resampling.BILINEAR)
    return np.asarray(ink)


def usable(path: Path) -> bool:
    """Whether the face has all 36 symbols as different shapes (no missing-glyph boxes, no empty ones)."""
    try:
        shapes = {}
        for symbol in SYMBOLS:
            mask = glyph(str(path), symbol)
            shapes[symbol] = mask.tobytes()
            # A bar-shaped I or 1 fills its whole box, and nothing else may.
            bar = symbol in "1I" and mask.shape[1] <= GLYPH_HEIGHT // 2
            if (mask.shape[1] > 3 * GLYPH_HEIGHT or mask.mean() > 235) and not bar:
                return False
        # A 7 leaves half of its box empty, unless the face draws every symbol reversed on a tile.
        if glyph(str(path), "7").mean() > 185:
            return False
        distinct = len(set(shapes.values()))
        return distinct >= len(SYMBOLS) - 2
    except (OSError, ValueError):
        return False


def _take_npm(batch: list[Package], target: Path) -> None:
    """Downloads tarballs of several @fontsource packages and keeps the picked latin weights."""
    with tempfile.TemporaryDirectory() as scratch:
        names = [f"@fontsource/{package.name}@{package.version}" for package in batch]
        subprocess.run(["npm", "pack", "--silent", *names], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        for package in batch:
            tarball = Path(scratch) / f"fontsource-{package.name}-{package.version}.tgz"
            with tarfile.open(tarball) as archive:
                manifest = json.load(archive.extractfile("package/package.json"))
                if manifest.get("license") not in LICENCES:
                    print(f"left out {package.name}: licence {manifest.get('license')!r}", file=sys.stderr)
                    continue
                folder = target / package.name
                folder.mkdir(parents=True, exist_ok=True)
                subset, _, weights = package.pick.rpartition(":")
                stem = f"{package.name}-{subset or 'latin'}"
                wanted = {f"{stem}-{weight}-normal.woff" for weight in weights.split(",")}
                for member in archive.getmembers():
                    if Path(member.name).name in wanted:
                        (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())


def _take_deb(package: Package, target: Path) -> None:
    """Downloads and unpacks one Debian font package and keeps the picked upright faces."""
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        wanted = f"{package.name}={package.version}"
        subprocess.run(["apt-get", "download", "-qq", wanted], cwd=scratch, check=True)
        deb = next(Path(scratch).glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", str(deb), f"{scratch}/x"], check=True)
        folder = target / package.name
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(Path(scratch, "x").rglob("*")):
            if path.suffix.lower() not in FONT_SUFFIXES or re.search("italic|oblique|slant", path.name, re.I):
                continue
            if re.search(package.pick, path.name) and path.is_file() and not (folder / path.name).exists():
                shutil.copyfile(path, folder / path.name)


def fetch() -> int:
    """Fetches what is missing, writes the index of usable faces and returns their number."""
    target = fonts_dir()
    missing = [package for package in packages() if not (target / package.name).is_dir()]
    npm = [package for package in missing if package.registry == "npm"]
    for start in range(0, len(npm), NPM_BATCH):
        _take_npm(npm[start : start + NPM_BATCH], target)
        print(f"npm {min(start + NPM_BATCH, len(npm))} of {len(npm)}", file=sys.stderr)
    for package in missing:
        if package.registry == "deb":
            _take_deb(package, target)
    rows = []
    for package in packages():
        script = package.groups[0].startswith(SCRIPT_PREFIX)
        for path in sorted((target / package.name).glob("*")):
            if package.registry == "deb" and not re.search(package.pick, path.name):
                continue
            if path.suffix.lower() in FONT_SUFFIXES and (script or usable(path)):
                rows.append({"file": f"{package.name}/{path.name}", "groups": list(package.groups)})
            glyph.cache_clear()
    (target / "faces.json").write_text(json.dumps(rows, indent=0), encoding="utf-8")
    return len(rows)


def main() -> None:
    """Command line: fetches every pinned font."""
    try:
        count = fetch()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"fetching fonts: {error}; the pinned versions of fonts.txt must be on the registries")
    print(f"{count} faces in {fonts_dir()}")


if __name__ == "__main__":
    main()
