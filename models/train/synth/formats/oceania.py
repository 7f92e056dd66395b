"""Formats of Australia, New Zealand and the Pacific."""

from __future__ import annotations

from synth.formats.base import PlateFormat

_AU = (372, 134)
_ANY = ("din", "strokes", "condensed", "strokes-us")

FORMATS = [
    PlateFormat("au-nsw", _AU, ("AAA.99A", "AAA.999", "AA.99.AA", "AA 99 AA"), (("yellow", "black"), ("white", "black"), ("paleyellow", "black")), _ANY, 0.5, bottom=("NSW", "NEW SOUTH WALES", "NSW - THE PREMIER STATE"), char_height=0.58, weight=1.5),
    PlateFormat("au-vic", _AU, ("AAA.999", "9AA 9AA", "AAA-999", "9AA.9AA"), (("white", "navy"), ("white", "green"), ("white", "blue")), _ANY, 0.6, bottom=("VICTORIA - THE EDUCATION STATE", "VIC - STAY ALERT STAY ALIVE", "VICTORIA - THE PLACE TO BE"), char_height=0.58, weight=1.5),
    PlateFormat("au-qld", _AU, ("999.AAA", "999 AA9", "999-AAA"), (("white", "maroon"), ("white", "green")), _ANY, 0.6, bottom=("QUEENSLAND - SUNSHINE STATE", "QUEENSLAND"), char_height=0.58),
    PlateFormat("au-sa-wa", _AU, ("S999 AAA", "AAA 999", "9AAA 999", "AAA@999"), (("white", "black"), ("white", "blue"), ("yellow", "black")), _ANY, 0.5, top=("", "SOUTH AUSTRALIA", "WESTERN AUSTRALIA"), bottom=("THE FESTIVAL STATE", "", "sa.gov.au"), char_height=0.54),
    PlateFormat("au-act-tas", _AU, ("AAA 99A", "A 99 AA", "YAA 99A"), (("white", "blue"), ("white", "navy"), ("black", "white")), _ANY, 0.5, bottom=("CANBERRA - THE NATION'S CAPITAL", "TASMANIA - EXPLORE THE POSSIBILITIES"), char_height=0.56, graphic=0.2),
    PlateFormat("au-stacked", _AU, ("~VIC~AAA.999", "~VIC~AUR.999", "~NSW~AAA 999", "~S.A~99 AAA"), (("black", "white"), ("white", "black"), ("green", "white"), ("purple", "white")), _ANY, 0.5),
    PlateFormat("nz-standard", (360, 125), ("AAA999", "AAA 999", "AA9999", "AAA@999"), (("white", "black"), ("black", "silver")), ("din", "strokes", "condensed", "grotesque"), 0.4, weight=1.3),
    PlateFormat("pacific", (305, 152), ("AA 999", "AA9999", "AAA 999"), (("white", "blue"), ("yellow", "black"), ("white", "green"), ("skyblue", "navy")), _ANY, 0.4, top=("GUAM", "FIJI", "SAMOA", "TONGA"), bottom=("TANO Y CHAMORRO", "", "HAFA ADAI"), char_height=0.5, graphic=0.4),
]
