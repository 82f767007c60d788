"""Each setting is declared once; the help, the docstring and the page of options agree on it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

import napari_tif2video as t2v
from napari_tif2video.settings import RAW_TAKES, SETTINGS, option_of, title_of

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = REFERENCE / "options.md"
AGAIN = "run python docs/make_options.py"


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
    assert meaning.startswith(setting.help), AGAIN
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


def test_the_docstring_says_what_each_setting_is():
    for field in dataclasses.fields(t2v.VideoSettings):
        assert f"\n{field.name} : " in t2v.VideoSettings.__doc__


def test_declarations_fit_together():
    for setting in SETTINGS.values():
        assert setting.title
        assert set(setting.replaces) <= set(SETTINGS)
        assert not setting.implies or SETTINGS[setting.implies].is_switch
        assert bool(setting.metavar or setting.choices) != setting.is_switch
    assert title_of("max_size") == "Max. size"


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
    if name in RAW_TAKES and name not in ("codec", "quality"):
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
