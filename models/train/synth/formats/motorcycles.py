"""Small two-line plates of motorcycles and scooters."""

from __future__ import annotations

from synth.formats.base import OLD_DARK, WHITE_YELLOW, PlateFormat

_ANY = ("din", "strokes", "condensed", "strokes-fe")

FORMATS = [
    PlateFormat("moto-eu-square", (220, 200), ("AA 9/99", "AA@/A 99", "AA 99/99", "A@/9999", "AA/99999"), WHITE_YELLOW, _ANY, 0.8, band_left="?eu:D"),
    PlateFormat("moto-eu-wide", (280, 200), ("AA@/A 999", "AAA/9999", "99 A/AA", "9A/9999"), WHITE_YELLOW, _ANY, 0.8, band_left="?eu:PL"),
    PlateFormat("moto-it", (177, 177), ("@AA/99999", "AA@/99999"), (("white", "black"),), _ANY, 0.5),
    PlateFormat("moto-gb", (229, 178), ("AA99/AAA", "A999/AAA"), WHITE_YELLOW, ("strokes-uk", "din", "condensed"), 0.3),
    PlateFormat("moto-br", (200, 170), ("AAA/9999", "AAA/9A99"), (("silver", "black"), ("white", "black"), ("red", "white")), ("din", "strokes", "strokes-fe", "road"), 0.6, top=("SP-SAO PAULO", "bar:BRASIL", "RJ-RIO DE JANEIRO"), char_height=0.8, weight=4),
    PlateFormat("moto-in", (285, 150), ("AA 99 A/9999", "AA 99/AA 9999", "AA99/A9999"), WHITE_YELLOW, ("grotesque", "din", "rounded", "condensed"), 0.4, weight=1.5),
    PlateFormat("moto-th-la", (220, 172), ("~k:thai~/9999", "9~k:thai~/9999", "9AA/9999"), (("white", "black"),), _ANY, 0.6, weight=0.6),
    PlateFormat("moto-vn", (190, 140), ("99-A9/999.99", "99-AA/9999", "99-A9/9999"), (("white", "black"), ("blue", "white")), ("din", "strokes", "condensed"), 0.7, weight=1.5),
    PlateFormat("moto-id", (275, 110), ("A 9999 AA", "AA 9999 AA"), OLD_DARK + (("white", "black"),), _ANY, 0.6, bottom=("05.26", "09.23"), char_height=0.58),
    PlateFormat("moto-cn", (220, 140), ("~k:cjk~.A/99999", "~k:cjk~A/9999A"), (("yellow", "black"), ("blue", "white")), ("strokes", "din"), 0.7, line_share=0.42),
    PlateFormat("moto-us", (178, 102), ("99999", "AA 999", "[MC]99999", "999AAA", "A99999"), (("white", "black"), ("white", "navy"), ("white", "green")), ("strokes-us", "strokes", "condensed"), 0.4, top=("FLORIDA", "TEXAS", "OHIO"), bottom=("MOTORCYCLE", ""), char_height=0.5),
    PlateFormat("moto-co-ar", (240, 160), ("AAA/99A", "A999/AAA", "999/AAA", "AAA/999"), (("yellow", "black"), ("white", "black"), ("black", "white")), _ANY, 0.7, top=("", "ARGENTINA"), bottom=("BOGOTA", "")),
    PlateFormat("moto-my-sg", (230, 150), ("AAA/9999", "AA/999A", "FAA/9999A"), OLD_DARK, ("helvetica", "condensed", "grotesque"), 0.3),
    PlateFormat("truck-number-board", (420, 260), ("AA 99/AA 9999", "99 AA/999", "AAA/9999", "AA 999/AA"), WHITE_YELLOW + (("black", "yellow"),), ("grotesque", "stencil", "slab", "heavy", "condensed"), 0.3),
]
