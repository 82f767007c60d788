"""Settings and recipes that nobody should have to trust: one line, at once, in little memory."""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
import zlib
from functools import cache

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import numbered
from helpers.process import measured

import napari_tif2video as t2v

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the usage of a child")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pos"), numbered(3))


@pytest.fixture(scope="module")
def recipe(folder, tmp_path_factory):
    """The recipe of a video, as plain values."""
    video = t2v.convert(folder, tmp_path_factory.mktemp("out") / "o.mp4", sidecar=True)
    return json.loads(video.sidecar.read_text())


def said(*argv):
    """The one line of a call that is refused, within the bounds that are promised."""
    used = measured(*argv)
    (line,) = used.err.splitlines()
    assert used.code in (1, 2)
    assert "unexpected" not in line
    assert "Traceback" not in line
    assert len(line) < 5000
    assert used.cpu_s < 3  # less than a second on an idle machine
    assert used.grown_mb < 150  # loading takes 50
    return line


MEGABYTES = 7_900_000
SETTINGS = {
    "a number of a hundred million digits": '{"fps": "1e99999999"}',
    "a tiny number": '{"fps": "1e-99999999"}',
    "by zero": '{"fps": "1/0"}',
    "Infinity": '{"gamma": Infinity}',
    "beyond floats": '{"gamma": 1e400}',
    "an integer beyond floats": f'{{"gamma": {"9" * 400}}}',
    "more digits than Python reads": f'{{"width": {"9" * 5000}}}',
    "digits as text": f'{{"max_size": "{"9" * 5000}"}}',
    "deep lists": '{"label": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep enough": '{"label": ' + "[" * 900 + "]" * 900 + "}",
    "deep objects": '{"label":' * 100_000 + "1" + "}" * 100_000,
    "a list for a text": '{"codec": ["h264"]}',
    "a list for a flag": '{"anchor": []}',
    "a text for a flag": '{"invert": "no"}',
    "an object for a number": '{"width": {"a": 1}}',
    "millions of numbers": '{"limits": [' + "0," * (MEGABYTES // 2) + "0]}",
    "a million numbers": '{"limits": [' + "12345.6," * (MEGABYTES // 8) + "0]}",
    "millions of lists": '{"limits": [' + "[]," * (MEGABYTES // 3) + "[]]}",
    "millions of objects": '{"limits": [' + "{}," * (MEGABYTES // 3) + "{}]}",
    "millions of names": "{" + ",".join(f'"{i}":0' for i in range(700_000)) + "}",
    "a long text": '{"label": "' + "a" * MEGABYTES + '"}',
    "too large a file": '{"label": "' + "a" * 100_000_000 + '"}',
    "no object": "[1, 2]",
    "half a file": '{"width": 12',
}


@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
def test_settings(folder, tmp_path, text):
    path = tmp_path / "s.json"
    path.write_text(text)
    assert str(path) in said(folder, "--settings", path)
    assert list(tmp_path.iterdir()) == [path]


@cache
def bomb(nbytes):
    """Limits that inflate to so many bytes."""
    deflate = zlib.compressobj(9)
    parts = [deflate.compress(b'{"low":[0')]
    parts += [deflate.compress(b",0" * 500_000) for _ in range(nbytes // 1_000_000)]
    return {"zlib": base64.b64encode(b"".join((*parts, deflate.flush()))).decode()}


def alternating(count):
    return {"low": [0.12345, 1.2] * (count // 4), "high": [1000.5] * (count // 2)}


def deep(value):
    for _ in range(900):
        value = [value]
    return value


# A change to a recipe, and a word that the message about it has.
RECIPES = {
    "a million limits": (
        lambda r: (r["channels"][0].update(limits=alternating(980_000)), r.update(versions=1)),
        "damaged",
    ),
    "limits that inflate": (lambda r: r["channels"][0].update(limits=bomb(400_000_000)), ""),
    "limits that are cut": (lambda r: r["channels"][0].update(limits=bomb(1_000_000)), ""),
    "deep settings": (lambda r: r["settings"].update(label=deep(1)), ""),
    "many frames": (lambda r: r["frames"].update(count=10**300, last=10**300), ""),
    "no frames": (lambda r: r["frames"].update(last=-1), ""),
    "steps of nothing": (lambda r: r["frames"].update(step=0), "damaged"),
    "a text for a pixel size": (lambda r: r.update(calibration={"pixel_size_um": "x"}), "damaged"),
    "a list for a size": (lambda r: r.update(size=[1, 2]), "damaged"),
    "a text for channels": (lambda r: r.update(channels="abc"), "damaged"),
}


@pytest.mark.parametrize(("change", "word"), RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("option", ["--inspect", "--settings"])
def test_recipes(folder, tmp_path, recipe, change, word, option):
    values = json.loads(json.dumps(recipe))
    change(values)
    path = tmp_path / "o.json"
    path.write_text(json.dumps(values))
    argv = [folder, option, path] if option == "--settings" else [option, path]
    line = said(*argv)
    assert str(path) in line or "recipe" in line
    assert word in line


@pytest.mark.parametrize("fps", ["1e99999999", "1/0", "fast", [1], {}])
def test_a_recipe_with_an_impossible_rate_is_still_shown(tmp_path, recipe, cli, fps):
    path = tmp_path / "o.json"
    path.write_text(json.dumps(recipe | {"settings": {"fps": fps}}))
    ended = cli("--inspect", path)
    assert ended.code == 0
    assert f"{fps} fps" in ended.out


def test_limits_of_a_hundred_thousand_frames_are_read_back(tmp_path, recipe):
    """What is bounded leaves room for the longest of movies."""
    rng = np.random.default_rng(0)
    low, high = rng.uniform(100, 1000, 100_000), rng.uniform(10_000, 60_000, 100_000)
    limits = {"low": [float(f"{v:.9g}") for v in low], "high": [float(f"{v:.9g}") for v in high]}
    values = json.loads(json.dumps(recipe))
    values["channels"][0]["limits"] = limits
    values["frames"] = {"count": 100_000, "first": 0, "last": 99_999, "step": 1}
    path = tmp_path / "o.json"
    path.write_text(json.dumps(values))
    found = t2v.read_recipe(path).channels[0].limits
    assert found == tuple(zip(limits["low"], limits["high"], strict=True))


def test_any_option_takes_any_value_or_says_why():
    """Each option with values of any kind: taken and kept, or refused in one line of ours."""
    odd = [
        *([], {}, [[]], [[1, 2], [3]], [1, 2, 3], ["a", "b"], [None, None], {"a": 1}, True, None),
        *("", " ", "x", "nan", "1/0", "1e99999999", "9" * 1900, "²", "\0", "\x1b[31m", "1e1000MB"),
        *(-1, 0, 0.5, 1e99, 10**1000, "{", "{name.__class__}", "{:>99999}", "9" * 1000 + ":"),
    ]
    taken = 0
    for field in dataclasses.fields(t2v.VideoSettings):
        for value in odd:
            try:
                settings = t2v.VideoSettings.from_json(json.dumps({field.name: value}))
            except t2v.SettingsError:
                continue
            assert t2v.VideoSettings.from_json(settings.to_json()) == settings
            taken += 1
    assert taken > len(dataclasses.fields(t2v.VideoSettings))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--fps", "1e99999999"),
        ("--width", "9" * 5000),
        ("--crop", "9" * 5000 + "x10"),
        ("--max-size", "9" * 5000 + "MB"),
        ("--frames", "9" * 5000 + ":"),
        ("--gamma", "1e999"),
        ("--frame-interval", "1e999s"),
        ("--anchor-size", "9" * 5000),
    ],
)
def test_options_typed_by_hand(folder, option, value):
    used = measured(folder, f"{option}={value}")
    assert used.code == 2
    assert "unexpected" not in used.err
    assert used.cpu_s < 3
