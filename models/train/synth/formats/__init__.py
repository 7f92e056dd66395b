"""Plate formats of the world as data: one module a region, one `PlateFormat` a layout."""

from __future__ import annotations

from synth.formats import africa, americas, asia, europe, motorcycles, oceania
from synth.formats.base import PlateFormat


def all_formats() -> list[PlateFormat]:
    """Every format with a pattern of its own, in a fixed order and with unique names."""
    modules = (europe, americas, asia, africa, oceania, motorcycles)
    return [plate_format for module in modules for plate_format in module.FORMATS]
