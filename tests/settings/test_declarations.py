"""Each setting is declared once; the help, the docstring and the page of options agree on it."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path

import pytest

import napari_tif2video as t2v
from napari_tif2video.settings import (
    DRAWN_FILES,
    RAW_TAKES,
    SETTINGS,
    arrows_of,
    events_of,
    option_of,
    title_of,
    value_text,
    with_option_names,
)

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = REFERENCE / "options.md"
AGAIN = "run python docs/make_options.py"

# What is declared beside words: what a setting turns on, changes the look of, and takes the place
# of; what can be given several times; what raw counts leave to choose; and what else is to be known
# in Python.
IMPLIES = {
    "anchor_style": "anchor", "anchor_size": "anchor", "anchor_colour": "anchor",
    "scale_bar_length": "scale_bar", "scale_bar_corner": "scale_bar",
    "timestamp_corner": "timestamp", "colour_bar_corner": "colour_bar", "legend_corner": "legend",
}  # fmt: skip
STYLES = {
    "segmentation_style": "segmentation", "tracks_tail": "tracks", "tracks_ids": "tracks",
    "points_size": "points",
}  # fmt: skip
REPLACES = {
    "width": ("um_per_pixel",), "um_per_pixel": ("width",), "contrast": ("limits",),
    "percentile": ("limits",), "limits": ("contrast", "percentile"), "quality": ("crf",),
    "crf": ("quality", "max_size"), "max_size": ("crf",),
}  # fmt: skip
LISTS = {"event", "arrow"}
WITH_RAW = {
    "fps", "crop", "frames", "quality", "codec", "raw", "channel", "z", "play", "axes",
    "pixel_size", "frame_interval", "position", "on_error",
}  # fmt: skip
IN_PYTHON = {
    "crop": "Or a `CropBox`.",
    "contrast": "Or ``displayed``: as the layer of napari shows it, the default for layers without "
    "`percentile`.",
    "limits": "Of several channels, one pair for all or a tuple with one for each.",
    "gamma": "Of a layer of napari, the default is its own.",
    "frames": "Or a `slice`.",
    "time_start": "Implies `timestamp`, unless the label shows the time or there are events.",
    "segmentation": "`convert` also takes an array (T, Y, X).",
    "tracks": "`convert` also takes an array as napari's layer has it.",
    "points": "`convert` also takes an array as napari's layer has it.",
    "shapes": "`convert` also takes a list of arrays, or of pairs of an array and a type.",
    "follow": "Or an array with the columns of napari's tracks or of its points, on the pixels of "
    "the data, or such a layer, which is where it lies among the layers of the source.",
}


@pytest.fixture(scope="module")
def rows():
    """The rows of the page of options: words of the first cell, meaning and default."""
    lines = re.findall(r"^\| `(--.*)` \| (.*?) \| ?(.*?) \|$", PAGE.read_text("utf-8"), re.M)
    return {
        words.split()[0].strip("`"): (words, meaning, default) for words, meaning, default in lines
    }


@pytest.mark.parametrize("field", dataclasses.fields(t2v.VideoSettings), ids=lambda f: f.name)
def test_the_page_has_what_is_declared(rows, field):
    setting = SETTINGS[field.name]
    words, meaning, default = rows[option_of(field.name)]
    pair = setting.metavar if isinstance(setting.metavar, tuple) else (setting.metavar,)
    expected = setting.choices or " ".join(pair).split("|")
    said = words.replace("`", "").removeprefix(option_of(field.name)).strip()
    assert said == ("" if field.default is False else ", ".join(expected)), AGAIN
    implied = f"; implies `{option_of(IMPLIES[field.name])}`" if field.name in IMPLIES else ""
    assert meaning == setting.help + implied, AGAIN
    if field.default is False:
        assert default == "off"
    elif field.default is not None:
        assert default == f"`{field.default}`"
    else:
        assert default == setting.otherwise


def test_the_page_lists_them_as_the_help_does(rows, cli):
    listed = [option for option in rows if option[2:].replace("-", "_") in SETTINGS]
    in_help = re.findall(r"^  (--[a-z-]+)", cli("--help-all").out, re.M)
    assert listed == [option for option in in_help if option in listed]


def test_the_help_says_what_each_value_is_called_and_its_default(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "2000")
    said = " ".join(cli("--help-all").out.split())
    for name, setting in SETTINGS.items():
        called = [setting.metavar] if isinstance(setting.metavar, str) else setting.metavar
        if setting.choices:
            listed = ",".join(setting.choices)
            called = [f"{{{listed}}}" if f"{{{listed}}}" in said else "NAME"]
        start = " ".join([option_of(name), *filter(None, called), setting.help])
        default = f" (default: {setting.default})" if setting.default else ""
        assert f"{start}{default}".replace("`", "") in said


# What recipes always list, in this order: their bytes stay as they were when settings come.
LISTED = [
    "width", "fps", "crop", "contrast", "percentile", "limits", "gamma", "invert", "colormap",
    "anchor", "frames", "quality", "codec", "crf", "max_size", "raw", "channel", "z", "play",
    "axes", "anchor_style", "anchor_size", "anchor_colour", "scale_bar", "scale_bar_length",
    "scale_bar_corner", "pixel_size", "um_per_pixel", "timestamp", "timestamp_corner",
    "frame_interval", "time_start", "label", "label_corner",
]  # fmt: skip
IN_SHORT = [
    "width", "fps", "crop", "contrast", "limits", "colormap", "frames", "channel", "z",
    "anchor", "scale-bar", "timestamp", "label", "pixel-size", "frame-interval", "quality",
    "codec", "max-size",
]  # fmt: skip


def test_json_and_the_short_help_list_the_same_settings_for_good(cli):
    assert list(json.loads(t2v.VideoSettings().to_json())) == LISTED
    options = re.findall(r"^  --([a-z-]+)", cli("--help").out, re.M)
    assert [option for option in options if option.replace("-", "_") in SETTINGS] == IN_SHORT


def test_the_page_of_names_has_their_tokens():
    page = (REFERENCE / "names.md").read_text("utf-8")
    words = [s.token.split("{")[0][1:] for s in SETTINGS.values() if isinstance(s.token, str)]
    assert len([word for word in words if word]) > 15
    assert [word for word in words if f"`{word}" not in page] == []


def test_the_docstring_says_what_each_setting_is(rows):
    begin, said = t2v.VideoSettings.__doc__.split("\n\nParameters\n----------\n")
    assert begin == "Every choice that shapes the picture, in one frozen, serialisable object."
    found = re.findall(r"^(\w+) : (.*)\n((?:    .*\n)+)", said, re.M)
    assert [name for name, _, _ in found] == list(SETTINGS)
    kinds = {name: kind for name, kind, _ in found}
    assert (kinds["width"], kinds["fps"], kinds["anchor"]) == (
        "int or Literal['full']", "Fraction", "bool",
    )  # fmt: skip
    assert (kinds["z"], kinds["contrast"]) == ("int or str, optional", "str, optional")
    for name, _, text in found:
        _, meaning, default = rows[option_of(name)]
        meaning = re.sub("--([a-z-]+)", lambda option: option[1].replace("-", "_"), meaning)
        parts = [f"{meaning}.", IN_PYTHON.get(name), default and f"Default: {default}."]
        assert text.split() == " ".join(filter(None, parts)).split()
        assert max(map(len, text.splitlines())) <= 96


def test_declarations_fit_together():
    for name, setting in SETTINGS.items():
        assert setting.title
        assert bool(setting.metavar or setting.choices) != setting.is_switch
        assert setting.implies == IMPLIES.get(name, "")
        assert setting.styles == STYLES.get(name, "")
        assert setting.replaces == REPLACES.get(name, ())
        assert setting.is_list == (name in LISTS)
    assert RAW_TAKES == WITH_RAW
    assert DRAWN_FILES == ("segmentation", "tracks", "points", "shapes")
    assert title_of("max_size") == "Max. size"


def test_what_a_setting_turns_on():
    for name, switch in IMPLIES.items():
        assert getattr(t2v.VideoSettings(**{name: OTHER[name]}), switch) is True
        assert getattr(t2v.VideoSettings(), switch) is False
    assert t2v.VideoSettings(anchor_colour="lime").changed() == {
        "anchor": True, "anchor_colour": "lime",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "unit", "start", "stop"),
    [
        ("05:00", "min", 300, math.inf),
        ("05:07", "s", 307, math.inf),
        ("05:07", "ms", 307, math.inf),
        ("05:07", "h", 18420, math.inf),
        ("05:07", "d", 18420, math.inf),
        ("1:02:03", "min", 3723, math.inf),
        ("1:02:03", "h", 3723, math.inf),
        ("05:07 min", "h", 307, math.inf),
        ("05:07h", "min", 18420, math.inf),
        ("05:07..06:08 h", "min", 307, 22080),
        ("-00:30", "min", -30, math.inf),
        ("−1:00:30..-00:30", "min", -3630, -30),
        ("90..2min", "h", 90, 120),
        ("0..0.5", "h", 0, 0.5),
    ],
)
def test_times_of_events_and_arrows(text, unit, start, stop):
    assert events_of("event", [f"{text}= a = b ", "1=x"], unit) == (
        (start, stop, "a = b"), (1, math.inf, "x"),
    )  # fmt: skip
    assert arrows_of("arrow", ["7,8", f" 1.5 , 2.@{text}"], unit) == (
        (7, 8, None), (1.5, 2, (start, stop)),
    )  # fmt: skip


def test_words_for_settings_and_their_values():
    values = {True: "on", False: "off", None: "not set", 1.5: "1.5", "x y": "x y"}
    assert {value: value_text(value) for value in values} == values
    assert value_text([1, [None, False], "a"]) == "1 not set off a"
    for said, expected in {
        "width: is wide": "--width: is wide",
        "a.tif: max_size: is small": "a.tif: --max-size: is small",
        "a.tif: width is wide": "a.tif: width is wide",
        "width": "width",
        "my width: is wide": "my width: is wide",
        "leave out um_per_pixel, or my_um_per_pixel": "leave out --um-per-pixel, or "
        "my_um_per_pixel",
        "dir/max_size/max_size.tif, a.max_size": "dir/max_size/max_size.tif, a.max_size",
        "output: is full": "--output: is full",
        "in workers: none, a: workers: none": "in workers: none, a: --workers: none",
        "resume: a": "--resume: a", "reuse: a": "--reuse: a", "scheduler: a": "--scheduler: a",
    }.items():  # fmt: skip
        assert with_option_names(said) == expected


@pytest.mark.parametrize("name", SETTINGS)
def test_a_default_may_be_said(name):
    default = getattr(t2v.VideoSettings(), name)
    assert t2v.VideoSettings(**{name: default}) == t2v.VideoSettings()
    assert t2v.VideoSettings().changed() == {}


# Something that each setting takes and that is not its default, and what else that asks for.
OTHER = {
    "width": 300, "fps": 25, "crop": "30x20", "contrast": "global", "percentile": (1, 99),
    "limits": (5, 900), "gamma": 0.5, "invert": True, "colormap": "viridis", "anchor": True,
    "frames": "1:", "quality": "high", "codec": "h265", "crf": 20, "max_size": "8MiB", "raw": True,
    "channel": 1, "z": "max", "play": "T", "axes": "TCYX", "anchor_style": "cross",
    "anchor_size": 8, "anchor_colour": "lime", "scale_bar": True, "scale_bar_length": 5,
    "scale_bar_corner": "top-left", "pixel_size": 0.5, "um_per_pixel": 2, "timestamp": True,
    "timestamp_corner": "top-right", "frame_interval": "5min", "time_start": "1h",
    "label": "{name}", "label_corner": "top-left", "position": 2, "on_error": "skip",
    "colour_bar": True, "colour_bar_corner": "top-left", "legend": True,
    "legend_corner": "top-left", "event": ("5=x", "1h..2h=y"), "event_corner": "top-left",
    "panels": "channels", "arrow": ("3,5", "7,8.5@2s..4s"), "sync": "frame",
    "sync_interval": "5min", "title": "a\nb", "title_duration": "3s",
    "segmentation": "masks/",
    "segmentation_style": "contour", "tracks": "t.xml", "tracks_tail": 5, "tracks_ids": True,
    "points": "p.csv", "points_size": 8.5, "shapes": "{name}/s.csv",
    "follow": "t.csv", "follow_id": 3, "follow_smooth": 5, "stabilise": True,
    "panel_marks": "once",
}  # fmt: skip


# The parts of automatic names that these values get; the others are in no name, or with others.
IN_NAMES = """
crop_30x20 global_norm percentile_1-99 fixed gamma_0.5 inverted colormap_viridis high h265 crf20
max8MiB raw ch1 zmax play_t tcyx cross 8px lime scalebar 5um tl 0.5um 2um_per_px time tr
every_300s from_3600s label tl pos2 colourbar tl legend tl events tl panels arrows sync_frame
sync_every_300s title 3s segmentation contour tracks tail5 ids points 8.5px shapes follow_3
smoothed5 stabilised marks_once
"""


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_comes_back_from_json_and_goes_with_raw_as_declared(name):
    values = {name: OTHER[name]} | {
        "label_corner": {"label": "x"},
        "event_corner": {"event": "5=x"},
        "sync": {"panels": "sources"},
        "panel_marks": {"panels": "channels"},
        "sync_interval": {"panels": "both"},
        "title_duration": {"title": "x"},
        "follow": {"crop": "9x9"},
        "follow_id": {"crop": "9x9", "follow": "t.csv"},
        "follow_smooth": {"crop": "9x9", "follow": "t.csv"},
    }.get(name, {})
    settings = t2v.VideoSettings(**values)
    if name != "frames":  # these are counted first
        token = SETTINGS[name].token_for(getattr(settings, name))
        assert token.removeprefix("_") in ("", *IN_NAMES.split())
        assert bool(token) == (name not in ("width", "fps", "anchor", "on_error", "follow"))
    assert name in settings.changed()
    assert t2v.VideoSettings.from_json(settings.to_json()) == settings
    if name in WITH_RAW and name not in ("codec", "quality"):
        assert t2v.VideoSettings(**values, **{} if name == "raw" else {"raw": True}).raw
    else:
        with pytest.raises(t2v.SettingsError):
            t2v.VideoSettings(**values, raw=True)


@pytest.mark.parametrize(
    ("before", "options", "after"),
    [
        ({"limits": (5, 9)}, {"contrast": "global"}, {"contrast": "global"}),
        ({"contrast": "batch", "percentile": (1, 99)}, {"limits": (5, 9)}, {"limits": (5, 9)}),
        ({"um_per_pixel": 2}, {"width": 300}, {"width": 300}),
        ({"width": 300}, {"um_per_pixel": 2, "fps": 5}, {"um_per_pixel": 2, "fps": 5}),
        ({"crf": 20}, {"max_size": "8MiB"}, {"max_size": "8MiB"}),
        ({"quality": "high", "max_size": "8MiB"}, {"crf": 20}, {"crf": 20}),
        ({"limits": (5, 9), "gamma": 2}, {"contrast": None}, {"limits": (5, 9), "gamma": 2}),
    ],
)
def test_options_on_top_of_settings_replace_what_they_exclude(before, options, after):
    assert t2v.VideoSettings(**before).updated(**options) == t2v.VideoSettings(**after)
