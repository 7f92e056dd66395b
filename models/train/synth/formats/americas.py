"""Formats of North, Central and South America."""

from __future__ import annotations

from synth.formats.base import PlateFormat

_US = (305, 152)
_DIES = ("strokes-us", "strokes", "din", "condensed", "rounded")
_FE = ("strokes-fe", "din", "strokes")
_STATES = ("CALIFORNIA", "California", "California", "North Carolina", "Florida", "Minnesota", "Mississippi", "Idaho", "Kansas", "Texas", "FLORIDA", "New York", "OHIO", "Pennsylvania", "ILLINOIS", "GEORGIA", "Michigan", "NORTH CAROLINA",
           "New Jersey", "VIRGINIA", "Washington", "ARIZONA", "Tennessee", "INDIANA", "MISSOURI", "Maryland", "WISCONSIN", "Colorado",
           "MINNESOTA", "South Carolina", "ALABAMA", "Louisiana", "KENTUCKY", "OREGON", "Oklahoma", "Connecticut", "UTAH", "IOWA", "NEVADA",
           "Arkansas", "KANSAS", "MISSISSIPPI", "New Mexico", "IDAHO", "HAWAII", "Maine", "MONTANA", "Delaware", "ALASKA", "WYOMING", "Vermont")
_SLOGANS = ("dmv.ca.gov", "THE LONE STAR STATE", "SUNSHINE STATE", "EMPIRE STATE", "Land of Lincoln", "visitPA.com", "First in Flight",
            "Garden State", "EVERGREEN STATE", "GRAND CANYON STATE", "The Volunteer State", "Amber Waves of Grain", "SHOW-ME STATE",
            "America's Dairyland", "10,000 lakes", "Heart of Dixie", "BLUEGRASS STATE", "Native America", "CONSTITUTION STATE",
            "Life Elevated", "The Natural State", "Land of Enchantment", "FAMOUS POTATOES", "ALOHA STATE", "Vacationland", "Big Sky",
            "THE FIRST STATE", "THE LAST FRONTIER", "Green Mountain State", "Live Free or Die", "Sheriff", "IN GOD WE TRUST", "")
_PROVINCES = ("ONTARIO", "Quebec", "BRITISH COLUMBIA", "Alberta", "MANITOBA", "Saskatchewan", "NOVA SCOTIA", "New Brunswick")
_BR_CITIES = ("SP-SAO PAULO", "RJ-RIO DE JANEIRO", "MG-BELO HORIZONTE", "PR-CURITIBA", "RS-PORTO ALEGRE", "BA-SALVADOR", "SC-JOINVILLE",
              "PE-RECIFE", "DF-BRASILIA", "GO-GOIANIA", "CE-FORTALEZA", "ES-VITORIA", "SP-CAMPINAS", "MG-UBERLANDIA")


def _state(name: str, patterns: tuple[str, ...], colours: tuple[tuple[str, str], ...], **more: object) -> PlateFormat:
    """A layout of a US state: name above, slogan below, stickers in the corners."""
    options: dict[str, object] = {"border": 0.3, "top": _STATES, "bottom": _SLOGANS, "char_height": 0.5, "stickers": 0.5, "weight": 1.7}
    return PlateFormat(f"us-{name}", _US, patterns, colours, _DIES, **(options | more))


FORMATS = [
    _state("blue-on-white", ("9AAA999", "AAA 9999", "AAA-9999"), (("white", "blue"), ("white", "navy"))),
    _state("black-on-white", ("AAA-9999", "AAA 9999", "AA9 A9A"), (("white", "black"), ("offwhite", "black")), graphic=0.3),
    _state("show-me", ("AA9 A9A", "AA9@A9A"), (("white", "black"), ("white", "navy"), ("skyblue", "navy"), ("mint", "navy")), graphic=0.5),
    _state("lone-star", ("AAA@9999", "AAA.9999"), (("white", "black"), ("white", "navy"))),
    _state("orange-middle", ("AAA@A99", "999@AAA", "AAAA@99", "A99@9AA"), (("white", "green"), ("white", "teal")), graphic=0.6),
    _state("graphic-sky", ("AAA-9999", "AAA 999", "A99-AAA"), (("skyblue", "black"), ("skyblue", "navy"), ("white", "navy")), graphic=1.0),
    _state("graphic-dusk", ("AAA9999", "AAA 9AA", "999 AAA"), (("orange", "black"), ("pink", "navy"), ("cream", "maroon")), graphic=1.0),
    _state("red-on-white", ("AAA 999", "999-AAA", "99A9999"), (("white", "red"), ("white", "maroon"))),
    _state("green-on-white", ("AAA 999", "AAA-999", "A99-999"), (("white", "green"), ("mint", "green"))),
    _state("white-on-blue", ("AAA-9999", "99 AAA", "AAA 999"), (("navy", "white"), ("blue", "white"), ("blue", "yellow"))),
    _state("white-on-green", ("AAA 999", "999 AAA"), (("green", "white"), ("green", "cream"))),
    _state("gold-on-blue", ("AAA-9999", "999-999"), (("navy", "gold"), ("blue", "amber"), ("black", "gold"), ("navy", "orange"))),
    _state("blue-on-yellow", ("AAA-9999", "AA-9999", "AAA 999"), (("gold", "navy"), ("yellow", "blue"), ("paleyellow", "black"))),
    _state("white-on-black", ("9AAA999", "AAA 999"), (("black", "white"), ("black", "gold"), ("black", "yellow"))),
    _state("stacked-left", ("[AA]99999", "[AA] 9999A", "[DV]99999", "[AAA]9999", "[AA]AAA9"), (("white", "black"), ("white", "navy"), ("white", "red"), ("silver", "black")), weight=2.5),
    _state("stacked-right", ("99999[AA]", "9999[AA]", "AA999[A9]"), (("white", "black"), ("white", "navy"), ("cream", "maroon"))),
    _state("stacked-middle", ("AA[99]999", "99[AA]99", "9A[A]999"), (("white", "black"), ("white", "green"))),
    _state("emblem-left", ("#AAA99", "# 9999A", "#AA 999", "#A9999"), (("white", "black"), ("white", "navy"), ("skyblue", "black")), graphic=0.3, weight=2),
    _state("emblem-right", ("99AAA#", "9999#", "AA 999#"), (("white", "black"), ("white", "red"))),
    _state("emblem-middle", ("AAA#999", "99A#99A", "999#AA9"), (("white", "black"), ("white", "navy"), ("cream", "green")), graphic=0.5, weight=2.5),
    _state("vanity", ("AAAAAAA", "AAAAA", "AAAAAA", "AAA AAA", "AAAA99", "AAAA 9", "AA AAAA", "9AAAA"), (("white", "black"), ("white", "navy"), ("white", "red"), ("skyblue", "navy")), graphic=0.4, weight=3),
    _state("truck", ("99999A", "9A99999", "A999999", "999 999", "99 99999"), (("white", "black"), ("white", "red"), ("cream", "navy"), ("yellow", "black"))),
    _state("wide-digits", ("999999", "99999", "999 9999", "99-9999", "99 9999A"), (("white", "navy"), ("black", "gold"), ("white", "green"))),
    _state("old-embossed", ("AAA 999", "999 AAA", "AA-9999", "9-9999"), (("navy", "yellow"), ("yellow", "black"), ("maroon", "white"), ("orange", "black"), ("cream", "blue")), top=("19 OHIO 61", "CALIFORNIA 56", "TEXAS 72", "MICH"), bottom=("", "1963", "WATER WONDERLAND", "SAFETY")),
    PlateFormat("ca-province", _US, ("AAAA 999", "AAA 999", "AAA-9999", "A99 AAA", "999 AAA", "AA9 99A"), (("white", "blue"), ("white", "red"), ("white", "black"), ("white", "green"), ("skyblue", "blue")), _DIES, 0.3,
                top=_PROVINCES, bottom=("YOURS TO DISCOVER", "Je me souviens", "Beautiful", "Wild Rose Country", "LAND OF LIVING SKIES", ""), char_height=0.52, stickers=0.4, graphic=0.3, weight=2),
    PlateFormat("ca-crown", _US, ("AAAA@999", "AAA@999", "AAA@A99"), (("white", "blue"),), _DIES, 0.5, top=("ONTARIO",), bottom=("YOURS TO DISCOVER", "A PLACE TO GROW"), char_height=0.54, stickers=0.4),
    PlateFormat("mx-state", (300, 150), ("AAA-99-99", "AAA-999-A", "A99-AAA", "999-AAA", "AA-99-999"), (("white", "black"), ("white", "navy"), ("white", "green"), ("pink", "black")), _DIES, 0.4,
                top=("MEXICO", "JALISCO", "NUEVO LEON", "CDMX", "PUEBLA"), bottom=("DELANTERA", "TRASERA", "MEXICO", "TRANSPORTE PRIVADO"), char_height=0.5, graphic=0.5, weight=1.5),
    PlateFormat("br-grey", (400, 130), ("AAA-9999", "AAA.9999", "AAA 9999"), (("silver", "black"), ("silver", "black"), ("grey", "black"), ("red", "white"), ("white", "black"), ("white", "red")),
                ("strokes-br", "strokes-br", "strokes-br", "din", "strokes", "road", "condensed"), 0.6, top=_BR_CITIES, char_height=0.56, weight=8),
    PlateFormat("br-mercosur", (400, 130), ("AAA9A99",), (("white", "black"), ("white", "black"), ("white", "red"), ("white", "blue"), ("white", "green")), _FE, 0.6,
                top=("bar:BRASIL",), char_height=0.55, weight=5),
    PlateFormat("ar-mercosur", (400, 130), ("AA 999 AA", "AA999AA"), (("white", "black"),), _FE, 0.6, top=("bar:REPUBLICA ARGENTINA",), char_height=0.55, weight=1.5),
    PlateFormat("ar-old", (294, 129), ("AAA 999", "AAA@999"), (("black", "white"), ("black", "silver")), ("din", "strokes"), 0.7, top=("ARGENTINA", ""), char_height=0.58, weight=1.5),
    PlateFormat("uy-py-mercosur", (400, 130), ("AAA 9999", "AAAA 999"), (("white", "black"),), _FE, 0.6, top=("bar:URUGUAY", "bar:REPUBLICA DEL PARAGUAY"), char_height=0.55),
    PlateFormat("cl-standard", (360, 130), ("AA@AA@99", "AA.AA.99", "AA-9999", "AAAA-99"), (("white", "black"), ("amber", "black")), ("din", "strokes"), 0.7, bottom=("CHILE",), char_height=0.58, weight=1.3),
    PlateFormat("co-standard", (330, 160), ("AAA@999", "AAA 999", "AAA-999"), (("yellow", "black"), ("yellow", "black"), ("white", "black")), ("strokes", "din", "condensed"), 0.8, bottom=("BOGOTA D.C.", "MEDELLIN", "CALI"), char_height=0.56, weight=1.5),
    PlateFormat("pe-ec-standard", (300, 150), ("A9A-999", "AAA-9999", "AAA-999"), (("white", "black"), ("yellow", "black"), ("orange", "black")), ("din", "strokes"), 0.6, top=("PERU", "ECUADOR"), char_height=0.54),
    PlateFormat("bo-ve-standard", (300, 150), ("9999-AAA", "999 AAA", "AA999AA"), (("white", "blue"), ("white", "black")), ("din", "strokes"), 0.6, top=("BOLIVIA", "REPUBLICA BOLIVARIANA DE VENEZUELA"), bottom=("", "MIRANDA"), char_height=0.5),
    PlateFormat("centroamerica", (305, 152), ("A 999AAA", "P 999-999", "AAA-999", "999999", "A999999"), (("white", "black"), ("white", "blue"), ("cream", "green"), ("yellow", "black")), _DIES, 0.4, top=("GUATEMALA", "COSTA RICA", "PANAMA", "HONDURAS", "EL SALVADOR"), bottom=("CENTRO AMERICA", ""), char_height=0.5, graphic=0.3),
    PlateFormat("cu-standard", (520, 110), ("A 999 999", "A999999", "A 999999"), (("white", "black"), ("blue", "white"), ("brown", "white")), ("grotesque", "din"), 0.6, band_left="?white:CUBA"),
]
