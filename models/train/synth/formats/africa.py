"""Formats of Africa."""

from __future__ import annotations

from synth.formats.base import WHITE_YELLOW, PlateFormat

_ANY = ("din", "grotesque", "strokes", "condensed")

FORMATS = [
    PlateFormat("za-gauteng", (520, 113), ("AA 99 AA@GP", "AAA 999 GP", "AA 99 AA GP", "AA99AA@\"MP\""), (("white", "black"), ("white", "blue"), ("white", "red")), _ANY, 0.5, weight=1.5),
    PlateFormat("za-cape", (520, 113), ("CA 999-999", "CA 999999", "\"CY\"99999", "\"ND\" 999-999"), (("white", "black"), ("white", "blue"), ("yellow", "black")), _ANY, 0.5),
    PlateFormat("za-square", (250, 205), ("AA 99/AA@GP", "AAA 999/GP"), (("white", "black"),), _ANY, 0.5),
    PlateFormat("ng-standard", (400, 135), ("AAA-999 AA", "AAA 99 AA", "AAA-999AA"), (("white", "navy"), ("white", "red")), _ANY, 0.6, top=("LAGOS", "ABUJA", "CENTRE OF EXCELLENCE", "OGUN"), bottom=("FEDERAL REPUBLIC OF NIGERIA",), char_height=0.52, graphic=0.3),
    PlateFormat("gh-standard", (520, 120), ("AA 9999-99", "AA 999-99", "AS 9999 A"), WHITE_YELLOW, _ANY, 0.5, band_right="?white:GH"),
    PlateFormat("ke-standard", (520, 112), ("AAA 999A", "AAA 999 A"), (("white", "black"), ("yellow", "black"), ("black", "white")), _ANY, 0.6, band_left="?white:KE"),
    PlateFormat("ug-tz-standard", (520, 112), ("AAA 999A", "T 999 AAA", "UAA 999A"), WHITE_YELLOW + (("white", "green"),), _ANY, 0.6),
    PlateFormat("ma-standard", (520, 110), ("99999|~k:arabic~|99", "99999|A|9", "9999|~k:arabic~|9"), (("white", "black"),), _ANY, 0.5),
    PlateFormat("dz-standard", (520, 110), ("99999 999 99", "99999 199 16", "9999999999"), (("white", "black"), ("yellow", "black")), ("helvetica", "din", "condensed"), 0.3),
    PlateFormat("tn-standard", (520, 110), ("999 ~k:arabic~ 9999", "99 ~TUNIS~ 9999"), (("black", "white"), ("white", "black")), _ANY, 0.5),
    PlateFormat("eg-standard", (350, 170), ("9999~k:arabic~", "9999|~k:arabic~", "999 AAA"), (("white", "black"),), _ANY, 0.6, top=("bar:EGYPT",), char_height=0.5, weight=0.5),
    PlateFormat("ci-sn-cm", (520, 110), ("9999 AA 99", "AA-9999-A", "AA 999 AA", "999 AAA 99"), (("white", "black"), ("orange", "black"), ("black", "white"), ("blue", "white")), _ANY, 0.4, band_left="?blue:CI"),
    PlateFormat("ao-mz-standard", (520, 112), ("AA-99-99-AA", "AAA-999-AA", "AAA 999 MC"), (("white", "black"), ("black", "white"), ("yellow", "black")), _ANY, 0.6),
    PlateFormat("zw-zm-bw", (520, 112), ("AAA 9999", "B 999 AAA", "AAA 999"), (("yellow", "black"), ("white", "black")), _ANY, 0.6, band_left="?white:ZW"),
]
