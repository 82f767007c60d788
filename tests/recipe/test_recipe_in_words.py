"""Recipes as text: what `--inspect` and `--settings` say of them, and their JSON, to the letter."""

from __future__ import annotations

import base64
import dataclasses
import json
import zlib

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise
from helpers.refusals import refusal

import napari_tif2video as t2v
from napari_tif2video.recipe import CONTRASTS, RecipeChannel, RecipePanel, RecipeSource, load_json

PLAIN = t2v.Recipe(
    source="pos1",
    first_frame="a.tif",
    last_frame="b.tif",
    source_size=(100, 60),
    source_type="uint16",
    settings={"width": 200, "fps": "30000/1001", "contrast": "global"},
    contrast="global",
    channels=(RecipeChannel("", 0, ((7.0, 900.5),)),),
    clipped=0.0057,
    frames=4,
    indices=range(2, 12, 3),
    crop=t2v.CropBox(100, 60, 0, 0),
    width=200,
    height=120,
    versions={"napari-tif2video": "0.1", "x264": "165"},
)
IN_WORDS = """\
source:    pos1, 100x60 uint16
frames:    4, from 2 (a.tif) to 11 (b.tif) in steps of 3
shown:     whole frame -> 200x120, 29.97 fps
contrast:  global (measured over the whole sequence)
channel:   0: black at 7 counts, white at 900.5 counts
clipped:   0.57 % of the values
counts:    black + grey / 255 * (white - black), for grey levels from 0 to 255
settings:  width 200, fps 30000/1001, contrast global
made with: napari-tif2video 0.1, x264 165
"""
AS_JSON = """\
{
  "tif2video": 1,
  "source": {
    "name": "pos1",
    "first_frame": "a.tif",
    "last_frame": "b.tif",
    "width": 100,
    "height": 60,
    "type": "uint16"
  },
  "frames": {
    "count": 4,
    "first": 2,
    "last": 11,
    "step": 3
  },
  "crop": {
    "x": 0,
    "y": 0,
    "width": 100,
    "height": 60
  },
  "size": {
    "width": 200,
    "height": 120
  },
  "contrast": "global",
  "batch": [],
  "unit": "counts",
  "clipped": 0.0057,
  "channels": [
    {
      "name": "",
      "number": 0,
      "limits": [7, 900.5],
      "gamma": 1,
      "inverted": false,
      "colours": ""
    }
  ],
  "calibration": {},
  "settings": {
    "width": 200,
    "fps": "30000/1001",
    "contrast": "global"
  },
  "versions": {
    "napari-tif2video": "0.1",
    "x264": "165"
  }
}
"""
GREEN = RecipeChannel("GFP", 1, ((0.0, 1.0),), gamma=0.5, inverted=True, colours="#00ff00")
OWN = RecipeChannel("", 0, ((5.0, 90.0), (np.inf, -np.inf), (2.5, 80.0)), colours="AAAA")
LEFT = RecipeSource(
    *("left", "l0", "l2", (100, 60), "uint16", 3, range(3), t2v.CropBox(50, 60, 50, 0)),
    panels=(RecipePanel(0, 0, 50, 60, (2, 0)), RecipePanel(0, 60, 50, 60, (1,))),
    shown=(0, 1, 1, 2),
    moves=((0.0, 1.0), (2.5, -1.0), (0.0, 0.0)),
    calibration={"pixel_size_um": 0.5, "pixel_size_origin": "given"},
)
RIGHT = RecipeSource(
    *("right", "r9", "r5", (90, 60), "uint8", 2, range(9, 3, -2), t2v.CropBox(90, 60, 0, 0)),
    panels=(RecipePanel(50, 0, 90, 60, (3,)),),
    shown=(9, 9, 5, 5),
    bad_frames=(7,),
)
DRAWN = (
    {"kind": "tracks", "name": "n", "file": "t.csv", "objects": 1, "left_out": 2, "sha256": "e3"},
    {"kind": "shapes", "name": "cells", "objects": 3, "left_out": 0},
    {"kind": "points", "name": ""},
)


def words(**lines):
    """The text of the plain recipe with other lines, which may be several or none."""
    rows = []
    for line in IN_WORDS.splitlines():
        rows += lines.get(line.partition(":")[0].replace(" ", "_"), [line])
    return "\n".join(rows) + "\n"


TOLD = {
    "plain": ({}, words()),
    "what is drawn, a title, calibration": (
        {
            "drawn": DRAWN,
            "title_frames": 1,
            "calibration": {
                "pixel_size_um": 0.12345678,
                "pixel_size_origin": "given",
                "frame_interval_s": 90.0,
                "frame_interval_origin": "from names",
            },
            "moves": ((0.0, 0.0),) * 4,
            "settings": {},
        },
        words(
            shown=[
                "title:     1 frame before those of the data",
                "shown:     whole frame, moved -> 200x120, 10 fps",
            ],
            contrast=[
                "contrast:  global (measured over the whole sequence)",
                "tracks:    t.csv, 1 object, 2 of its rows left out, SHA-256 e3",
                "shapes:    cells, 3 objects",
                "points:    an array, 0 objects",
            ],
            clipped=[
                "clipped:   0.57 % of the values",
                "pixel:     0.123457 µm (given)",
                "interval:  90 s (from names)",
            ],
            settings=["settings:  the defaults"],
        ),
    ),
    "limits of each frame, colours of its own, a rate that is none": (
        {
            "channels": (OWN, dataclasses.replace(GREEN, inverted=False, gamma=1.0)),
            "contrast": "smooth",
            "crop": t2v.CropBox(80, 60, 20, 0),
            "moves": ((0.0, 0.0),) * 4,
            "settings": {"fps": "fast", "invert": True, "gamma": None, "anchor": False},
        },
        words(
            shown=["shown:     crop 80x60+20+0, moved -> 200x120, fast fps"],
            contrast=[
                "contrast:  smooth (each frame from its own counts, smoothed over time)",
            ],
            channel=[
                "channel:   0: black at 2.5 to inf counts, white at -inf to 90 counts, for each "
                "frame another (--json lists them), in colours of its own",
                "channel:   1 GFP: black at 0 counts, white at 1 counts, #00ff00",
            ],
            settings=["settings:  fps fast, invert on"],
        ),
    ),
    "a batch of inverted channels with a colormap": (
        {
            "channels": (GREEN, dataclasses.replace(GREEN, number=2, name="")),
            "contrast": "batch",
            "batch": ("pos1", "pos2"),
            "source_size": (120, 60),
            "indices": range(4),
            "settings": {"colormap": "magma", "limits": [1, 2]},
        },
        words(
            source=["source:    pos1, 120x60 uint16"],
            frames=["frames:    4, from 0 (a.tif) to 3 (b.tif)"],
            shown=["shown:     crop 100x60+0+0 -> 200x120, 10 fps"],
            contrast=[
                "contrast:  batch (measured over all sources of the call)",
                "batch:     pos1, pos2",
            ],
            channel=[
                "channel:   1 GFP: black at 0 counts, white at 1 counts, gamma 0.5, "
                "inverted, magma",
                "channel:   2: black at 0 counts, white at 1 counts, gamma 0.5, inverted, magma",
            ],
            counts=[
                "counts:    black + ((255 - grey) / 255) ** (1 / gamma) * (white - black), for "
                "grey levels from 0 to 255",
            ],
            settings=["settings:  colormap magma, limits 1 2"],
        ),
    ),
    "one of two channels is inverted, too many limits, a rule nobody knows": (
        {
            "channels": (GREEN, dataclasses.replace(OWN, limits=(), colours="")),
            "contrast": "by moonlight",
            "indices": range(24),
            "frames": 3,
            "bad_frames": tuple(range(21)),
        },
        words(
            frames=[
                "frames:    3, from 21 (a.tif) to 23 (b.tif)",
                "left out:  21 that cannot be read: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
                "14, 15, 16, 17, 18, 19, ...",
            ],
            contrast=["contrast:  by moonlight (by an unknown rule)"],
            channel=[
                "channel:   1 GFP: black at 0 counts, white at 1 counts, gamma 0.5, inverted, "
                "#00ff00",
                "channel:   0: limits of too many frames for a video; a sidecar has them",
            ],
            counts=[
                "counts:    black + (grey / 255) ** (1 / gamma) * (white - black), for grey levels "
                "from 0 to 255",
            ],
        ),
    ),
    "raw counts and twenty frames left out": (
        {
            "channels": (dataclasses.replace(GREEN, gamma=1.0, inverted=False, limits=()),),
            "contrast": "raw",
            "clipped": 0.0,
            "indices": range(24),
            "bad_frames": tuple(range(4, 24)),
        },
        words(
            frames=[
                "frames:    4, from 0 (a.tif) to 3 (b.tif)",
                "left out:  20 that cannot be read: 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, "
                "17, 18, 19, 20, 21, 22, 23",
            ],
            contrast=["contrast:  raw (the video holds the counts themselves)"],
            channel=["channel:   1 GFP: counts as they are, #00ff00"],
            clipped=["clipped:   0 % of the values"],
            counts=["counts:    are the samples of the video"],
        ),
    ),
    "sources side by side": (
        {"sources": (LEFT, RIGHT), "moves": ((0.0, 0.0),) * 4},
        words(
            source=[
                "panel:     0, of channel 0, 1, 2",
                "source:    left, 100x60 uint16",
                "frames:    3, from 0 (l0) to 2 (l2)",
                "crop:      50x60+50+0",
                "panel:     1, of channel 3",
                "source:    right, 90x60 uint8",
                "frames:    2, from 9 (r9) to 5 (r5) in steps of -2",
                "left out:  1 that cannot be read: 7",
                "frames:    4, in which the panels are side by side",
            ],
            frames=[],
            shown=["shown:     2 sources -> 200x120, 29.97 fps"],
        ),
    ),
}


@pytest.mark.parametrize(("changes", "text"), TOLD.values(), ids=TOLD)
def test_inspect_to_the_letter(tmp_path, cli, changes, text):
    recipe = dataclasses.replace(PLAIN, **changes)
    path = tmp_path / "o.json"
    path.write_text(recipe.to_json(), encoding="utf-8")
    ended = cli("--inspect", path)
    assert (ended.code, ended.out) == (0, text)
    as_json = cli("--inspect", path, "--json", "--quiet", "--nogui").out
    assert as_json == recipe.to_json()
    assert t2v.read_recipe(path) == t2v.Recipe.from_json(recipe.to_text()) == recipe


def test_a_sidecar_to_the_letter():
    assert PLAIN.to_json() == AS_JSON
    assert PLAIN.to_text() == json.dumps(json.loads(AS_JSON), separators=(",", ":"))
    values = dataclasses.replace(
        PLAIN,
        sources=(LEFT, RIGHT),
        drawn=DRAWN,
        title_frames=3,
        batch=("a", "b"),
        channels=(OWN, GREEN),
        moves=((0.0, -1.5), (3.0, 0.25)),
        bad_frames=(5,),
        calibration={"pixel_size_um": 2},
    ).to_dict()
    taken = {"frames": {"count": 4, "first": 2, "last": 11, "step": 3, "left_out": [5]}}
    taken["crop"] = {"x": 0, "y": 0, "width": 100, "height": 60}
    taken["crop"]["moves"] = {"down": [0, 3], "right": [-1.5, 0.25]}
    assert values == json.loads(AS_JSON) | taken | {
        "tif2video": 2,
        "batch": ["a", "b"],
        "channels": [
            {
                "name": "",
                "number": 0,
                "gamma": 1,
                "inverted": False,
                "colours": "AAAA",
                "limits": {"low": [5, None, 2.5], "high": [90, None, 80]},
            },
            {
                "name": "GFP",
                "number": 1,
                "gamma": 0.5,
                "inverted": True,
                "colours": "#00ff00",
                "limits": [0, 1],
            },
        ],
        "calibration": {"pixel_size_um": 2},
        "drawn": list(DRAWN),
        "title": {"frames": 3},
        "sources": [
            {
                "source": {
                    "name": "left",
                    "first_frame": "l0",
                    "last_frame": "l2",
                    "width": 100,
                    "height": 60,
                    "type": "uint16",
                },
                "frames": {"count": 3, "first": 0, "last": 2, "step": 1},
                "crop": {
                    "x": 50,
                    "y": 0,
                    "width": 50,
                    "height": 60,
                    "moves": {"down": [0, 2.5, 0], "right": [1, -1, 0]},
                },
                "calibration": {"pixel_size_um": 0.5, "pixel_size_origin": "given"},
                "panels": [
                    {"x": 0, "y": 0, "width": 50, "height": 60, "channels": [2, 0]},
                    {"x": 0, "y": 60, "width": 50, "height": 60, "channels": [1]},
                ],
                "shown": [0, 1, 1, 2],
            },
            {
                "source": {
                    "name": "right",
                    "first_frame": "r9",
                    "last_frame": "r5",
                    "width": 90,
                    "height": 60,
                    "type": "uint8",
                },
                "frames": {"count": 2, "first": 9, "last": 5, "step": -2, "left_out": [7]},
                "crop": {"x": 0, "y": 0, "width": 90, "height": 60},
                "calibration": {},
                "panels": [{"x": 50, "y": 0, "width": 90, "height": 60, "channels": [3]}],
                "shown": [9, 9, 5, 5],
            },
        ],
    }
    assert dataclasses.replace(LEFT, panels=(RecipePanel(0, 0, 1, 1, (8, 1)),)).channels == [1, 8]
    for needs in (
        {"drawn": DRAWN},
        {"title_frames": 1},
        {"sources": (LEFT,)},
        {"moves": ((0, 0),)},
    ):
        assert dataclasses.replace(PLAIN, **needs).to_dict()["tif2video"] == 2


TWO = (PLAIN.channels[0], dataclasses.replace(GREEN, limits=((10.0, 2e10),)))
ANEW = "limits are measured anew"
TAKES = "--reuse numbers takes those of the video,"
USED = "the limits of the video are used as they are:"
NOTES = [
    ({}, [], f"contrast global: {ANEW}; {TAKES} 7 900.5"),
    (
        {"channels": (*TWO[:1], dataclasses.replace(GREEN, limits=()))},
        [],
        f"contrast global: {ANEW}; {TAKES} 7 900.5",
    ),
    ({"channels": TWO}, [], f"contrast global: {ANEW}; {TAKES} 7 900.5, 10 2e+10"),
    ({}, ["--reuse", "rule"], f"contrast global: {ANEW}; {TAKES} 7 900.5"),
    ({}, ["--reuse", "numbers"], f"{USED} 7 900.5"),
    ({"contrast": "auto"}, [], f"contrast auto: {ANEW}; {TAKES} 7 900.5"),
    (
        {"contrast": "batch", "batch": ("a",)},
        [],
        f"contrast batch: {ANEW} over the 1 source of this call; {TAKES} 7 900.5",
    ),
    (
        {"contrast": "batch", "batch": ("a", "b")},
        [],
        f"contrast batch: {ANEW} over the 1 source of this call, where the video shared them with "
        f"others (2 in all): only together these are the same again; {TAKES} 7 900.5",
    ),
    ({"contrast": "displayed"}, [], f"{USED} 7 900.5"),
    ({"contrast": "smooth"}, [], f"contrast smooth: {ANEW} for each frame"),
    ({"contrast": "local"}, ["--reuse", "rule"], f"contrast local: {ANEW} for each frame"),
    ({"contrast": "stored"}, [], ""),
    ({"contrast": "fixed"}, [], ""),
    ({"contrast": "fixed"}, ["--reuse", "numbers"], ""),
    ({}, ["--quiet"], ""),
    ({}, ["--contrast", "local"], ""),
    ({}, ["--percentile", "0", "99"], ""),
    ({}, ["--limits", "0", "99"], ""),
]


@pytest.mark.parametrize(("changes", "options", "note"), NOTES)
def test_what_settings_of_a_video_do_with_its_limits(tmp_path, cli, changes, options, note):
    folder = write_folder(tmp_path / "in", noise((2, 60, 100)))
    contrast = changes.get("contrast", "global")
    asked = {"contrast": None, "limits": [7, 900.5]} if contrast == "fixed" else changes
    settings = {"width": 200, "contrast": contrast} | {
        name: value for name, value in asked.items() if name in ("contrast", "limits")
    }
    path = tmp_path / "o.json"
    path.write_text(dataclasses.replace(PLAIN, **changes | {"settings": settings}).to_json())
    ended = cli(folder, "--settings", path, *options, "--dry-run")
    assert ended.err == (f"Settings of {path}: {note}\n" if note else "")


def test_numbers_that_are_used_again():
    def again(reuse="numbers", **changes):
        return dataclasses.replace(PLAIN, **changes).settings_again(reuse)

    settings = dict(PLAIN.settings)
    numbers = settings | {"contrast": None, "percentile": None, "limits": [[7, 900.5]]}
    assert again() == numbers
    assert again(None) == again("rule") == settings
    assert again(contrast="fixed") == again(contrast="raw") == settings
    assert again(None, contrast="displayed") == numbers | {"gamma": None}
    assert again("rule", contrast="displayed") == settings
    bent = (dataclasses.replace(TWO[0], gamma=2.0), dataclasses.replace(TWO[1], gamma=2.0))
    pairs = [[7, 900.5], [10, 2e10]]
    assert again(channels=bent) == numbers | {"limits": pairs}
    shown = {"contrast": "displayed", "channels": bent}
    assert again(**shown) == numbers | {"limits": pairs, "gamma": 2.0}
    assert again(**shown | {"channels": TWO}) == numbers | {"limits": pairs}
    stated = settings | {"gamma": 3.0}
    assert again(**shown, settings=stated) == numbers | {"limits": pairs, "gamma": 3.0}
    left, right = (
        dataclasses.replace(LEFT, panels=(p,)) for p in (LEFT.panels[0], RIGHT.panels[0])
    )
    pair = PLAIN.channels[0]
    assert again(channels=(pair,) * 4, sources=(LEFT, LEFT)) == numbers | {
        "limits": [[7, 900.5]] * 3
    }
    unlike = {"channels": (TWO[0], TWO[1], TWO[1], TWO[0]), "sources": (left, right)}
    assert refusal(t2v.SettingsError, again, **unlike) == (
        "reuse: each source had limits of its own, and these numbers fit no others; use the rule, "
        "or give --limits LO HI"
    )
    none = (*TWO, dataclasses.replace(GREEN, limits=()))
    for contrast, more in (("local", {}), ("smooth", {}), ("global", {"channels": none})):
        assert refusal(t2v.SettingsError, again, contrast=contrast, **more) == (
            f"reuse: with contrast {contrast} each frame had limits of its own, and these numbers "
            "fit no other frames; use the rule, or give --limits LO HI"
        )
    assert (
        refusal(t2v.SettingsError, again, "both")
        == "reuse: must be one of rule, numbers, got 'both'"
    )


def test_grey_levels_as_counts():
    recipe = dataclasses.replace(PLAIN, channels=(OWN, GREEN), contrast="local")
    assert recipe.counts(255) == 90
    assert recipe.counts(0) == 5
    assert recipe.counts(51, frame=2) == recipe.counts(51, frame=-1) == 2.5 + 77.5 / 5
    assert recipe.counts(51, 1, 1) == recipe.counts(51, channel=1) == pytest.approx(0.64)
    assert recipe.counts(127.5, channel=1, frame=7) == 0.25
    assert recipe.counts(255, frame=-3) == 90
    two = dataclasses.replace(recipe, channels=(dataclasses.replace(OWN, limits=OWN.limits[::2]),))
    assert two.counts(0, frame=1) == 2.5
    for frame in (3, -4):
        reason = f"recipe: has limits of 3 frames, not of {frame}"
        assert refusal(t2v.SettingsError, recipe.counts, 0, frame) == reason
    assert dataclasses.replace(recipe, contrast="raw").counts(70, 9, 9) == 70
    short = dataclasses.replace(PLAIN, channels=(dataclasses.replace(OWN, limits=()),))
    assert refusal(t2v.SettingsError, short.counts, 1) == (
        "recipe: the limits of so many frames do not fit into a video; its sidecar has them"
    )


def changed(path, value):
    """The values of a recipe with all there can be, with another one at a place."""
    recipe = dataclasses.replace(PLAIN, sources=(LEFT, RIGHT), bad_frames=(5,), frames=3)
    values = part = json.loads(recipe.to_json())
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return values


DAMAGED = {
    ("channels",): ([], "ValueError: it has no channels"),
    ("channels", 0, "gamma"): (0, "ValueError: a gamma of 0"),
    ("channels", 0, "limits"): ({"low": [1, 2], "high": [1]}, "ValueError: zip"),
    ("frames", "count"): (4, "ValueError: 4 frames are not those from first to last"),
    ("frames", "step"): (0, "ValueError: range"),
    ("frames", "left_out"): ([4], "ValueError: 3 frames are not those from first to last"),
    ("frames",): (
        {"count": 0, "first": 2, "last": 2, "step": 1, "left_out": [2]},
        "ValueError: it has no frames",
    ),
    ("sources", 0, "crop", "moves"): ({"down": [1], "right": []}, "ValueError: zip"),
    ("sources", 0, "calibration"): ({"pixel_size_um": "wide"}, "ValueError: could not convert"),
    ("sources", 0, "shown"): ([0, 3], "ValueError: it shows frames that it does not have"),
    ("sources", 1, "panels", 0, "x"): (None, "TypeError: int"),
    ("versions",): (5, "TypeError: "),
    ("size",): ({}, "KeyError: 'width'"),
    ("crop", "moves"): ({"zlib": "AAAA"}, "error: Error -3"),
    ("clipped",): (10**400, "OverflowError: "),
    ("title",): ([], "TypeError: "),
    ("sources",): ([[]], "TypeError: "),
    ("calibration",): ([], "AttributeError: "),
}


@pytest.mark.parametrize("path", DAMAGED, ids=str)
def test_a_damaged_recipe_says_what_is_wrong(path):
    value, reason = DAMAGED[path]
    said = refusal(t2v.SettingsError, t2v.Recipe.from_dict, changed(path, value))
    assert said.startswith(f"has a damaged recipe ({reason}")


def test_a_box_of_a_recipe_is_checked_like_any_other():
    said = refusal(t2v.SettingsError, t2v.Recipe.from_dict, changed(("crop", "width"), 0))
    assert said == "crop: the box must be at least 1x1, got 0x60+0+0"


@pytest.mark.parametrize("text", ["", "5", "{}", '{"tif2video": 1,}', '{"a": NaN}', "[" * 60000])
def test_other_texts_hold_no_recipe(text):
    assert refusal(t2v.SettingsError, t2v.Recipe.from_json, text) == "holds no recipe of tif2video"


def test_formats_of_later_versions():
    assert t2v.Recipe.from_dict(json.loads(AS_JSON) | {"tif2video": 2}) == PLAIN
    for number in (None, "1", "three"):
        assert t2v.Recipe.from_dict(json.loads(AS_JSON) | {"tif2video": number}) == PLAIN
    said = refusal(t2v.SettingsError, t2v.Recipe.from_dict, {"tif2video": 3})
    assert said == "has a recipe of a later version; update napari-tif2video"


JSON_BOUNDS = [
    ('"' + "x" * 7_999_998 + '"', None),
    ('"' + "x" * 7_999_999 + '"', "more than 8 MB"),
    ('"' + "," * 1_000_000 + '"', None),
    ('"' + "," * 1_000_001 + '"', "too many values"),
    ("[" + "[],{}," * 24_999 + "[]]", None),
    ("[" + "[],{}," * 24_999 + "[],{}]", "too many values"),
    ("[" * 16 + "]" * 16, None),
    ("[" * 17 + "]" * 17, "nested too deeply"),
    ('{"a":' * 16 + "1" + "}" * 16, None),
    ('{"a":' * 17 + "1" + "}" * 17, "nested too deeply"),
    ("[" * 40_000 + "]" * 40_000, "nested too deeply"),
    ("[-Infinity]", "-Infinity is no number of JSON"),
]


@pytest.mark.parametrize("place", range(len(JSON_BOUNDS)))
def test_json_is_read_within_bounds(place):
    text, reason = JSON_BOUNDS[place]
    if reason is None:
        assert load_json(text) == json.loads(text)
    else:
        with pytest.raises(ValueError, match=f"^{reason}$"):
            load_json(text)


@pytest.mark.parametrize("number", [2**53 - 1, 2**53, -(2**53), 0.5, -3])
def test_whole_numbers_have_no_point_as_far_as_they_are_exact(number):
    channel = dataclasses.replace(PLAIN.channels[0], limits=((float(number), 1e300),))
    values = dataclasses.replace(PLAIN, channels=(channel,)).to_dict()
    low, high = values["channels"][0]["limits"]
    is_exact = number == int(number) and abs(number) < 2**53
    assert (low, type(low)) == (number, int if is_exact else float)
    assert type(high) is float


def texts_around(most, make):
    """The two texts of a recipe whose plain one is just as long as allowed, and one more."""
    spare = most - len(json.dumps(make("").to_dict(), separators=(",", ":")))
    assert spare >= 0
    return [json.loads(make("x" * (spare + more)).to_text()) for more in (0, 1)]


def test_long_lists_of_a_recipe_are_packed(monkeypatch):
    limits = tuple((float(n), float(n + 10_000)) for n in range(1000))
    moves = tuple((float(n), -float(n)) for n in range(1000))

    def made(name, **changes):
        channel = dataclasses.replace(OWN, limits=limits)
        return dataclasses.replace(PLAIN, source=name, channels=(channel,), **changes)

    def parts(text):
        return text["channels"][0]["limits"], text["crop"].get("moves")

    for changes in ({"contrast": "local"}, {"contrast": "smooth", "moves": moves}):
        plain, packed = texts_around(64_000, lambda name, c=changes: made(name, **c))
        assert set(parts(plain)[0]) == {"low", "high"}
        assert set(parts(packed)[0]) == {"zlib"}
        assert [set(part[1] or ()) for part in (parts(plain), parts(packed))] == (
            [{"down", "right"}, {"zlib"}] if "moves" in changes else [set(), set()]
        )
        for text in (plain, packed):
            found = t2v.Recipe.from_dict(text)
            assert found == made(found.source, **changes)
    # Only what there is of each frame is packed.
    plain, packed = texts_around(64_000, lambda name: made(name, contrast="global"))
    assert parts(plain) == parts(packed)
    plain, packed = texts_around(
        64_000, lambda name: dataclasses.replace(PLAIN, source=name, moves=moves)
    )
    assert packed["crop"]["moves"].keys() == {"zlib"}
    assert packed["channels"] == plain["channels"] == PLAIN.to_dict()["channels"]


def test_what_is_too_long_for_a_video_is_left_out():
    def made(name):
        channels = (OWN, dataclasses.replace(OWN, number=1))
        return dataclasses.replace(PLAIN, source=name, channels=channels, contrast="local")

    packed = len(made("x" * 900_000).to_text())
    for spare, is_kept in ((1_000_000 - packed, True), (1_000_001 - packed, False)):
        recipe = made("x" * (900_000 + spare))
        text = recipe.to_text()
        assert len(text) == 1_000_000 if is_kept else len(text) < 1_000_000
        again = t2v.Recipe.from_json(text)
        assert [bool(channel.limits) for channel in again.channels] == [is_kept] * 2
        assert (again == recipe) == is_kept
        assert (again.frames, again.source) == (4, recipe.source)


def test_frames_and_sizes_are_read_back_whatever_their_order():
    values = json.loads(AS_JSON) | {"calibration": {"pixel_size_um": "0.5", "frame_interval_s": 2}}
    for frames in (range(4), range(3, -1, -1), range(9, 0, -3)):
        count = {"count": len(frames), "first": frames[0], "last": frames[-1], "step": frames.step}
        recipe = t2v.Recipe.from_dict(values | {"frames": count})
        assert recipe.indices == frames
        assert recipe.calibration == {"pixel_size_um": 0.5, "frame_interval_s": 2.0}
        assert type(recipe.calibration["frame_interval_s"]) is float
    channel = RecipeChannel("", 0, ())
    assert (channel.gamma, channel.inverted, channel.colours) == (1.0, False, "")


def test_the_rules_of_contrast():
    """Token in names; own limits of each frame; measured before; stated; takes percentiles."""
    assert {
        name: (
            rule.token,
            *(rule.has_own_limits, rule.is_measured, rule.is_stated, rule.takes_percentiles),
        )
        for name, rule in CONTRASTS.items()
    } == {
        "local": ("", True, False, False, True),
        "global": ("_global_norm", False, True, False, True),
        "batch": ("_batch_norm", False, True, False, True),
        "smooth": ("_smooth_norm", True, True, False, True),
        "auto": ("_auto_norm", False, True, False, False),
        "displayed": ("", False, False, True, False),
        "stored": ("_stored", False, False, True, False),
        "fixed": ("", False, False, True, False),
        "raw": ("", False, False, True, False),
    }


def test_numbers_that_inflate_without_end_are_refused():
    packed = base64.b64encode(zlib.compress(b"[" + b"0," * 4_000_000 + b"0]")).decode()
    values = changed(("sources", 0, "shown"), {"zlib": packed})
    said = refusal(t2v.SettingsError, t2v.Recipe.from_dict, values)
    assert said == "has a damaged recipe (ValueError: the numbers of frames are too many)"


def test_many_frames_of_sources_are_packed():
    for count, is_packed in ((500, False), (501, True)):
        source = dataclasses.replace(LEFT, shown=tuple(n % 3 for n in range(count)))
        recipe = dataclasses.replace(PLAIN, sources=(source, RIGHT))
        shown = recipe.to_dict()["sources"][0]["shown"]
        assert isinstance(shown, dict) == is_packed
        assert t2v.Recipe.from_json(recipe.to_text()) == recipe
