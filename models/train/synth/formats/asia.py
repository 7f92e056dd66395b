"""Formats of Asia and the Middle East; other scripts are drawn as blocks that are not read."""

from __future__ import annotations

from synth.formats.base import OLD_DARK, WHITE_YELLOW, PlateFormat

_IN = ("AA 99 AA 9999", "AA99AA9999", "AA 99 A 9999", "AA-99-A-9999", "AA 99AA9999", "\"DL\"9AA9999", "AA 9 AA 9999")
_ANY = ("din", "grotesque", "strokes", "condensed")

FORMATS = [
    PlateFormat("in-white", (500, 120), _IN, (("white", "black"),), _ANY, 0.5, band_left="?blue:IND", weight=3),
    PlateFormat("in-yellow", (500, 120), _IN, (("yellow", "black"), ("black", "yellow"), ("green", "white"), ("green", "yellow"), ("red", "white")), _ANY, 0.5, weight=1.5),
    PlateFormat("in-two-line", (340, 200), ("AA 99/AA 9999", "AA99A/9999", "AA 99 A/9999", "AA-99/A-9999"), WHITE_YELLOW, _ANY, 0.5, band_left="?blue:IND", weight=2),
    PlateFormat("in-custom", (400, 130), ("AA 99 AA 9999", "AA.99.AA.999", "AA-99-AA-999"), (("white", "black"), ("white", "blue"), ("white", "red")), ("serif", "slab", "rounded", "wide", "mono"), 0.3, bottom=("dealer", "")),
    PlateFormat("pk-punjab", (330, 160), ("AAA ~-18~/9999", "AAA~-07~/999", "AA/9999"), (("white", "black"), ("cream", "black")), ("grotesque", "mono", "din", "slab"), 0.4, band_left="green:PUNJAB", weight=1.5),
    PlateFormat("pk-islamabad", (330, 160), ("AA-999", "AAA-999", "AA.999", "AA - 999", "#AA-999", "#AAA-999"), (("white", "black"), ("offwhite", "charcoal")), ("grotesque", "din", "wide", "rounded"), 0.4, top=("ICT", ""), bottom=("ISLAMABAD", "ICT-ISLAMABAD", "SINDH"), char_height=0.44, weight=1.5),
    PlateFormat("pk-sindh", (330, 160), ("AAA/999", "AAA-999", "AAA 999"), (("yellow", "black"), ("white", "black")), ("grotesque", "din", "serif"), 0.4, bottom=("SINDH", "")),
    PlateFormat("bd-standard", (520, 120), ("~k:bengali~ 99-9999", "~k:bengali~/99-9999"), (("white", "black"), ("green", "black")), _ANY, 0.4, weight=0.6),
    PlateFormat("lk-standard", (520, 120), ("AA AAA-9999", "~WP~AAA-9999", "AAA-9999", "999-9999"), WHITE_YELLOW, _ANY, 0.6, weight=0.8),
    PlateFormat("cn-blue", (440, 140), ("~k:cjk~A.99999", "~k:cjk~A.A9999", "~k:cjk~A.999A9", "~k:cjk~A.9AA99", "~k:cjk~A.99A99", "~k:cjk~A.AA999", "~k:cjk~A.9999A", "~k:cjk~A.9A999", "~k:cjk~A.A999A", "~k:cjk~A.A9A99"), (("blue", "white"),), ("strokes-cn", "strokes-cn", "strokes-cn", "strokes", "din", "condensed", "grotesque"), 0.8, weight=6),
    PlateFormat("cn-yellow", (440, 140), ("~k:cjk~A.99999", "~k:cjk~A.A9999"), (("yellow", "black"),), ("strokes-cn", "strokes-cn", "strokes-cn", "strokes", "din", "condensed"), 0.8),
    PlateFormat("cn-green", (480, 140), ("~k:cjk~A.A99999", "~k:cjk~A.D9999A", "~k:cjk~A 999999"), (("mint", "black"), ("brightgreen", "black")), ("strokes-cn", "strokes-cn", "strokes-cn", "strokes", "din", "condensed"), 0.5),
    PlateFormat("cn-two-line", (440, 220), ("~k:cjk~ A/99999", "~k:cjk~.A/9999A"), (("yellow", "black"), ("blue", "white")), ("strokes-cn", "strokes-cn", "strokes-cn", "strokes", "din"), 0.8, line_share=0.4),
    PlateFormat("cn-old-black", (440, 140), ("~k:cjk~A.99999",), (("black", "white"), ("white", "black")), ("strokes-cn", "strokes-cn", "strokes-cn", "strokes", "din"), 0.8, weight=0.6),
    PlateFormat("hk-mo", (520, 110), ("AA 9999", "AA 999", "AA-99-99"), WHITE_YELLOW + (("black", "white"),), ("grotesque", "din", "strokes-uk"), 0.4),
    PlateFormat("tw-standard", (380, 160), ("AAA-9999", "9999-AA", "AA-9999"), (("white", "black"), ("white", "red"), ("white", "green")), ("strokes", "din", "condensed"), 0.3, top=("", "~k:cjk~"), char_height=0.6, weight=1.2),
    PlateFormat("jp-standard", (330, 165), ("~k:cjk~ ~300~/99-99", "~k:cjk~ ~500~/9999", "~k:cjk~ ~48~/99-99"), (("white", "green"), ("yellow", "black"), ("black", "yellow")), ("grotesque", "rounded", "din"), 0.5, line_share=0.33, weight=0.7),
    PlateFormat("kr-standard", (520, 110), ("99~k:cjk~ 9999", "999~k:cjk~ 9999"), (("white", "black"), ("white", "black"), ("skyblue", "black"), ("yellow", "black"), ("green", "white")), ("grotesque", "din", "rounded"), 0.6, band_left="?blue:KOR", weight=1.5),
    PlateFormat("kr-two-line", (335, 170), ("~k:cjk~ 99/9999", "99/~k:cjk~ 9999"), (("green", "white"), ("yellow", "black"), ("white", "black")), ("grotesque", "din"), 0.6, line_share=0.35),
    PlateFormat("sg-standard", (520, 110), ("AAA 9999 A", "AAA9999A", "AA 999 A"), OLD_DARK + (("white", "black"), ("yellow", "black")), ("grotesque", "condensed", "din", "strokes-uk"), 0.4, weight=1.5),
    PlateFormat("my-standard", (520, 110), ("AAA 9999", "A 9999 A", "AA 999", "AAA 9999 A"), OLD_DARK, ("helvetica", "condensed", "grotesque"), 0.2, weight=1.3),
    PlateFormat("my-two-line", (330, 200), ("AAA/9999", "AA/999"), OLD_DARK, ("helvetica", "condensed", "grotesque"), 0.2),
    PlateFormat("id-standard", (430, 135), ("A 9999 AA", "AA 9999 AA", "A 9999 AAA", "A 999 AA"), OLD_DARK + (("white", "black"), ("white", "black"), ("yellow", "black"), ("red", "white")), ("strokes", "din", "condensed"), 0.7, bottom=("03.27", "08.25", "11.24"), char_height=0.58, weight=1.5),
    PlateFormat("th-standard", (340, 150), ("~k:thai~ 9999", "9~k:thai~ 9999", "9~k:thai~ 999"), (("white", "black"), ("white", "green"), ("yellow", "black")), ("din", "grotesque"), 0.7, bottom=("~k:thai~",), char_height=0.52),
    PlateFormat("ph-standard", (390, 140), ("AAA 9999", "AAA 999", "AA 99999"), (("white", "black"), ("white", "green"), ("yellow", "black")), _ANY, 0.5, top=("", "PILIPINAS"), bottom=("REGION 3", "NCR", "Matatag na Republika", "PILIPINAS"), char_height=0.54, graphic=0.2),
    PlateFormat("vn-standard", (470, 110), ("99A-999.99", "99A-9999", "99A 999,99"), (("white", "black"), ("blue", "white"), ("yellow", "black"), ("white", "red")), ("din", "strokes", "condensed"), 0.7, weight=1.5),
    PlateFormat("vn-two-line", (280, 200), ("99A/999.99", "99-A9/9999", "99A-/999.99"), (("white", "black"), ("blue", "white"), ("yellow", "black")), ("din", "strokes", "condensed"), 0.7),
    PlateFormat("kh-la-mm", (360, 150), ("9A-9999", "9AA-9999", "A/9999"), (("white", "navy"), ("black", "white"), ("yellow", "black")), _ANY, 0.6, top=("~k:thai~", ""), bottom=("PHNOM PENH", "YGN", ""), char_height=0.5),
    PlateFormat("kz-standard", (520, 112), ("999 AAA|99", "999AAA 99", "A 999 AAA"), (("white", "black"), ("yellow", "black")), _ANY, 0.7, band_left="?skyblue:KZ"),
    PlateFormat("uz-kg-standard", (520, 112), ("99|A 999 AA", "99 999 AAA", "99|999 AAA"), (("white", "black"),), _ANY, 0.7, band_right="?skyblue:UZ"),
    PlateFormat("ir-az", (520, 112), ("99-AA-999", "99 ~k:arabic~ 999|99", "99 AA 999"), (("white", "black"), ("red", "white")), _ANY, 0.7, band_left="?blue:AZ"),
    PlateFormat("il-standard", (520, 111), ("99-999-99", "999-99-999", "99.999.99"), (("yellow", "black"),), ("din", "strokes", "grotesque"), 0.5, band_left="blue:IL", weight=0.7),
    PlateFormat("ae-dubai", (520, 110), ("A ~DUBAI~ 99999", "A ~k:arabic~ 9999", "AA ~DUBAI~ 9999", "A ~k:arabic~ 99999"), (("white", "black"),), ("condensed", "din", "grotesque"), 0.6, weight=1.5),
    PlateFormat("ae-abudhabi", (520, 110), ("99#99999", "9 # 99999", "99 ~k:arabic~ 99999"), (("white", "black"),), ("condensed", "din"), 0.6, band_left="?red:5"),
    PlateFormat("sa-standard", (320, 160), ("~k:arabic~ ~k:arabic~/9999 AAA", "9999|AAA"), (("white", "black"), ("yellow", "black")), ("din", "grotesque"), 0.6, band_right="?white:KSA", line_share=0.42),
    PlateFormat("qa-kw-bh", (330, 160), ("~k:arabic~ 999999", "99 ~k:arabic~ 99999", "99-99999", "~k:arabic~/999999"), (("white", "black"), ("white", "navy"), ("white", "red")), ("din", "grotesque"), 0.5, band_left="?maroon:QATAR", top=("", "KUWAIT", "BAHRAIN")),
    PlateFormat("om-jo-lb", (440, 110), ("9999 AA ~k:arabic~", "99-99999", "A 999999", "~OMAN~9999 A"), (("yellow", "black"), ("white", "black")), ("din", "grotesque"), 0.6),
]
