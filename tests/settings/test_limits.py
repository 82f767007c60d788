"""Where what a setting takes begins and ends, and what is said beyond."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest

import napari_tif2video as t2v
from napari_tif2video import CropBox
from napari_tif2video.settings import (
    CODECS,
    CONTAINERS,
    DEFAULT_CODEC,
    RAW_CODEC,
    SETTINGS,
    Given,
    check_ending,
    limits_of_channels,
    pairs_of,
)

# The last values that are taken, and the first ones that are not, with what is said of these.
LIMITS = [
    ("width", [100, 4000], [99, 4001], "must be between 100 and 4000 px, or 'full', got {}"),
    ("fps", [1, 120], ["0.999", "120.001"], "must be between 1 and 120, got {}"),
    ("fps", [Fraction(999_999, 500_000), Fraction(1_000_000, 999_999)],
     [Fraction(2_000_001, 1_000_000), Fraction(1_000_001, 1_000_000)],
     "use at most four decimals, got {}"),
    ("gamma", [0.05, 20], [0.049, 20.1], "must be between 0.05 and 20, got {}"),
    ("crf", [0, 63], [-1, 64], "must be between 0 and 63, got {}"),
    ("max_size", [1000], [999], "{} bytes are too few for a video; write 10MB, say"),
    ("anchor_size", [6], [5], "expected a whole number of pixels, at least 6, got {}"),
    ("pixel_size", [1e-9, 1e12], [9e-10, 1.1e12, float("nan"), True],
     "expected a length in µm, such as 0.65, got {}"),
    ("um_per_pixel", [1e-9, 1e12], [0.0], "expected a length in µm, such as 0.65, got {}"),
    ("percentile", [(0, 100), (0, 1e-9)], [], ""),
    ("tracks_tail", [0, 1_000_000], [-1, 1_000_001, "x", 1.5],
     "expected a number of frames from 0 on, got {!r}"),
    ("points_size", [0.1, 10_000], [0.09, 10_001, "x", float("nan")],
     "expected pixels from 0.1 to 10000, got {!r}"),
    ("segmentation", ["a"], ["", " ", "a\0b"], "expected the path of a file, got {!r}"),
    ("segmentation_style", ["fill", "contour"], ["", "Fill"],
     "must be one of fill, contour, got {!r}"),
    ("channel", [0], [-1], "expected a number from 0, a name, 'all' or 'each', got {}"),
    ("channel", ["x"], ["", " ", "-x", 1.5, True],
     "expected a number from 0, a name, 'all' or 'each', got {!r}"),
    ("position", [0], [-1], "expected a number from 0, a name or 'each', got {}"),
    ("z", [0, "max", "mean", "sum", "median"], [-1, "min", "each"],
     "expected a slice from 0, max, mean, sum or median, got {!r}"),
    ("play", ["T", "z", "q"], ["Y", "x", "S", "TZ", "", "1", "Ä", 0],
     "expected the letter of an axis such as T, Z or C, got {!r}"),
    ("axes", ["YX", "xyt", "QTCZYXS"], ["Y", "X", "YXX", "T YX", "ÄYX", ""],
     "expected different letters with Y and X among them, such as TCZYX, got {!r}"),
    ("frames", ["::2", "-10:", "3:5:-1", slice(1, None, 2)], ["5", "::0", "a:b", "1:2:3:4", 5],
     ""),
    ("follow_smooth", [1, 3, 999], [0, -1, 2, 998, 1000, 1001, 1.5, "x"],
     "expected an odd number of frames, 1 to 999, got {!r}"),
    ("follow_id", [0, -3, "each"], ["x", 1.5, True],
     "expected the number of a track, or 'each', got {!r}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "taken", "refused", "said"), LIMITS)
def test_the_last_value_that_is_taken_and_the_first_that_is_not(name, taken, refused, said):
    others = {"follow": "t.csv", "crop": "5x5"} if name.startswith("follow_") else {}
    for value in taken:
        assert getattr(t2v.VideoSettings(**{name: value}, **others), name) is not None
    for value in refused:
        with pytest.raises(t2v.SettingsError) as caught:
            t2v.VideoSettings(**{name: value}, **others)
        assert str(caught.value).startswith(f"{name}: {said.format(value)}")


LACKS = "the font (Open Sans) has no '薬' (U+85AC); write it with Latin, Greek or Cyrillic letters"
REFUSED = [
    ({"width": "half"}, "width: expected a whole number of pixels or 'full', got 'half'"),
    ({"width": True}, "width: expected a whole number of pixels or 'full', got True"),
    ({"fps": "1e999"}, "fps: expected a number such as 10, 29.97 or 30000/1001, got '1e999'"),
    ({"limits": (5, 5)}, "limits: LO must be below HI, got 5 and 5"),
    ({"limits": (0, float("inf"))}, "limits: both must be finite, got 0 and inf"),
    ({"limits": (float("-inf"), 0)}, "limits: both must be finite, got -inf and 0"),
    ({"limits": (1, 2, 3)}, "limits: expected two grey values LO HI, got (1, 2, 3)"),
    ({"limits": ("1", "2", "3")}, "limits: expected two grey values LO HI, got ('1', '2', '3')"),
    ({"limits": ((1, 2), (3, 3))}, "limits: LO must be below HI, got 3 and 3"),
    ({"percentile": (-1, 5)}, "percentile: expected 0 <= LO < HI <= 100, got -1 and 5"),
    ({"percentile": (0, 101)}, "percentile: expected 0 <= LO < HI <= 100, got 0 and 101"),
    ({"percentile": (5,)}, "percentile: expected two percentages LO HI such as 1 99.9, got (5,)"),
    ({"percentile": (5, 5)}, "percentile: expected 0 <= LO < HI <= 100, got 5 and 5"),
    ({"crf": "20.5"}, "crf: expected a whole number such as 23, got '20.5'"),
    ({"codec": "xvid"}, "codec: must be one of h264, h265, av1, vp9, ffv1, prores, mpeg4, gif, got "
                        "'xvid'"),
    ({"contrast": "fixed"}, "contrast: must be one of local, global, batch, smooth, auto, "),
    ({"contrast": "raw"}, "contrast: must be one of "),
    ({"colormap": "nothing"}, "colormap: "),
    ({"frames": "x"}, "frames: expected START:STOP:STEP such as 10:50 or ::2, got 'x'"),
    ({"frames": "::0"}, "frames: expected START:STOP:STEP, got '::0'"),
    ({"frames": "-5"}, "frames: expected START:STOP:STEP such as"),
    ({"gamma": "x"}, "gamma: expected a number such as 0.5, got 'x'"),
    ({"max_size": "10XB"}, "max_size: expected a size such as 10MB, 900kB or 1.5GB, got '10XB'"),
    ({"max_size": True}, "max_size: expected a size such as 10MB, 900kB or 1.5GB, got True"),
    ({"crop": CropBox}, "crop: give a string such as '250x250' or a CropBox, got "),
    ({"crop": "1x1" + 97 * " "}, "crop: expected WxH or WxH+X+Y such as 250x250, got '1x1 "),
    ({"label": " "}, "label: expected a text, got ' '"),
    ({"label": 5}, "label: expected a text, got 5"),
    ({"label": "a\nb"}, "label: must be a single line of text, got 'a\\nb'"),
    ({"label": "薬"}, f"label: {LACKS}"),
    ({"title": "a\n薬"}, f"title: {LACKS}"),
    ({"event": "1=薬"}, f"event: {LACKS}"),
    ({"label": "{"}, "label: '{' has a brace without its partner; {{ and }} stand for braces, "
                     "fields are {name}, {time}, {frame}, {channel}"),
    ({"label": "{times}"}, "label: there is no field {times}; fields are {name}, {time}, {frame}, "
                           "{channel}, and {{ and }} stand for braces"),
    ({"label": "{time:5}"}, "label: there is no field {time:5}"),
    ({"label": "{time!r}"}, "label: there is no field {time!r}"),
    ({"event": "5"},
     "event: expected TIME=TEXT or TIME..TIME=TEXT such as '05:00=+ drug', got '5'"),
    ({"event": "5= "}, "event: expected TIME=TEXT or TIME..TIME=TEXT"),
    ({"event": ()}, "event: expected at least one TIME=TEXT"),
    ({"event": "5..5=x"}, "event: 5..5 ends before it begins"),
    ({"event": "2min..1min=x"}, "event: 2min..1min ends before it begins"),
    ({"event": "x=x"}, "event: expected a time such as 300, 5min, 1.5h or 500ms, got 'x'"),
    ({"arrow": ()}, "arrow: expected X,Y or X,Y@TIME..TIME such as 120,85@05:00..10:00, got None"),
    ({"arrow": "5"}, "arrow: expected X,Y or X,Y@TIME..TIME such as 120,85@05:00..10:00, got '5'"),
    ({"arrow": "5,5@3s..3s"}, "arrow: 3s..3s ends before it begins"),
    ({"label_corner": "top-left"}, "label_corner: there is no label to place; give one too"),
    ({"event_corner": "top-left"}, "event_corner: there is no event to place; give one too"),
    ({"um_per_pixel": 1, "width": 300}, "um_per_pixel: gives the video its width; leave out width"),
    ({"limits": (1, 2), "contrast": "local"},
     "limits: fixed limits and a contrast rule exclude each other"),
    ({"limits": (1, 2), "percentile": (1, 2)},
     "limits: fixed limits and percentiles exclude each other"),
    ({"percentile": (1, 2), "contrast": "auto"},
     "percentile: is for contrast local, global, batch or smooth, not for 'auto'"),
    ({"crf": 20, "quality": "high"}, "crf: sets the quality by itself; leave out quality"),
    ({"crf": 20, "max_size": "1MB"}, "max_size: finds the rate factor by itself; leave out crf"),
    ({"raw": True, "width": 300, "gamma": 2},
     "raw: counts are written as they are; leave out width, gamma, or leave out raw"),
    ({"codec": "h264", "quality": "lossless"},
     "quality: players would refuse lossless H.264; use codec ffv1 (.mkv) to keep every pixel, or "
     "quality high"),
    ({"codec": "gif", "quality": "draft"}, "quality: GIF has only one; leave out 'draft'"),
    ({"codec": "gif", "crf": 3}, "crf: GIF has no rate factor; leave it out"),
    ({"codec": "mpeg4", "crf": 3}, "crf: MPEG-4 Part 2 has no rate factor; use quality"),
    ({"codec": "gif", "max_size": "1MB"},
     "max_size: GIF has no rate factor to find; use h264, h265, av1, vp9"),
    ({"codec": "h264", "raw": True}, "raw: H.264 cannot hold counts as they are; use ffv1 (.mkv)"),
    ({"codec": "gif", "fps": "50.1"},
     "fps: players slow down GIFs of more than 50 frames a second; use 50 or less, or another "
     "codec"),
    ({"codec": "mpeg4", "fps": "65536/1001"},
     "fps: 65536/1001 is finer than the 16-bit clock of MPEG-4 Part 2; the nearest that it can "
     "hold is "),
    ({"anchor_colour": "nothing"}, "anchor_colour: "),
    ({"title_duration": 2}, "title_duration: there is no title to show; give one too"),
    ({"title": " "}, "title: expected a text, got ' '"),
    ({"title": 5}, "title: expected a text, got 5"),
    ({"title": "a\tb"}, "title: must be a single line of text, got 'a\\tb'"),
    ({"sync": "time"}, "sync: is for panels of sources; give --panels sources too"),
    ({"sync_interval": 5, "panels": "channels"},
     "sync_interval: is for panels of sources; give --panels sources too"),
    ({"panel_marks": "once"}, "panel_marks: is for panels; give --panels too"),
    ({"panels": "sources", "sync": "frame", "sync_interval": 5},
     "sync_interval: is for --sync time; leave out one of them"),
    ({"follow_id": 3}, "follow_id: there is nothing to follow; name tracks too"),
    ({"follow_smooth": 3}, "follow_smooth: there is nothing to follow; name tracks too"),
    ({"follow": "t.csv"}, "follow: say how large the box is with --crop, such as 100x100"),
    ({"follow": "t.csv", "crop": "5x5+1+1"}, "follow: moves the crop box; leave out its corner"),
    ({"follow": "t.csv", "crop": "5x5", "stabilise": True},
     "stabilise: a box that follows takes drift along; leave it out"),
    ({"follow": [1, 2, 3]},
     "follow: expected a file of tracks or an array of track, t, y, x (its shape is (3,))"),
    ({"follow": np.zeros((0, 4))},
     "follow: expected a file of tracks or an array of track, t, y, x (its shape is (0, 4))"),
    ({"follow": [[1, 10**400]]}, "follow: expected a file of tracks or an array of track, t, y, x"),
    ({"follow": "t.csv", "crop": "5x5", "follow_id": "all"},
     "follow_id: expected the number of a track, or 'each', got 'all'"),
    ({"shapes": np.zeros((2, 2))},
     "shapes: expected a path, got a ndarray; arrays are for the functions convert, convert_batch "
     "and render_frame"),
    ({"raw": True, "quality": "draft"}, "quality: FFV1 has only one; leave out 'draft'"),
    ({"um_per_pixel": 1, "raw": True}, "raw: counts are written as they are; leave out "
                                       "um_per_pixel, or leave out raw"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "said"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_is_said_of_what_is_refused(values, said):
    with pytest.raises(t2v.SettingsError) as caught:
        t2v.VideoSettings(**values)
    assert str(caught.value).startswith(said)


def test_numbers_and_names_as_they_may_be_written():
    for whole in (300, 300.0, "300", " 300 ", np.int64(300), np.float32(300)):
        settings = t2v.VideoSettings(width=whole, tracks_tail=whole, points_size=whole)
        assert (settings.width, settings.tracks_tail) == (300, 300)
        assert type(settings.width) is int
    for none in ("3e2", "300.0", "٣٠٠", 300.5, None, [300], b"300", "1" * 19):
        with pytest.raises(t2v.SettingsError, match=r"^width: expected a whole number of pixels"):
            t2v.VideoSettings(width=none)
    assert t2v.VideoSettings(channel="1" * 18).channel == int("1" * 18)
    assert t2v.VideoSettings(channel="1" * 19).channel == "1" * 19
    assert t2v.VideoSettings(codec="H265", play="z", axes="tcyx").changed() == {
        "codec": "h265", "play": "Z", "axes": "TCYX",
    }  # fmt: skip
    assert t2v.VideoSettings(raw=True).width == "full"
    assert t2v.VideoSettings(colormap=" viridis ").colormap == "viridis"
    assert t2v.VideoSettings(title="a\\nb\n", width="full").changed() == {
        "title": "a\nb", "width": "full",
    }  # fmt: skip
    rates = {29.97: "2997/100", "29.97": "2997/100", "30000/1001": "30000/1001", 25: "25"}
    rates |= {np.float32(12.5): "25/2", Fraction(24): "24", "1e1": "10", np.int8(5): "5"}
    for rate, fraction in rates.items():
        assert t2v.VideoSettings(fps=rate).fps == Fraction(fraction)


def test_codecs_take_what_is_at_their_limits():
    ranges = {"h264": (1, 51), "h265": (0, 51), "av1": (1, 63), "vp9": (0, 63)}
    for codec, (low, high) in ranges.items():
        for crf in (low, high):
            assert t2v.VideoSettings(codec=codec, crf=crf).crf == crf
        for crf in {low - 1, high + 1} & set(range(64)):
            with pytest.raises(t2v.SettingsError, match=f"between {low} and {high}, got {crf}"):
                t2v.VideoSettings(codec=codec, crf=crf)
    assert t2v.VideoSettings(codec="gif", fps=50).fps == 50
    assert t2v.VideoSettings(codec="mpeg4", fps="65535/1001").fps == Fraction(65535, 1001)


def test_sizes_in_all_units():
    units = {"": 1, "B": 1, "kB": 1000, "k": None, "MB": 10**6, "GB": 10**9}
    units |= {"KiB": 1024, "MiB": 1 << 20, "GiB": 1 << 30, "iB": None}
    for unit, size in units.items():
        if size is None:
            with pytest.raises(t2v.SettingsError, match="max_size: expected a size"):
                t2v.VideoSettings(max_size=f"2000{unit}")
        else:
            assert t2v.VideoSettings(max_size=f" 2000.5 {unit} ").max_size == int(2000.5 * size)


def test_limits_of_channels():
    assert t2v.VideoSettings(limits=[(1, 2)]).limits == (1, 2)
    two = t2v.VideoSettings(limits=[(1, 2), [3, 4]]).limits
    assert two == ((1, 2), (3, 4))
    assert pairs_of((1, 2)) == ((1, 2),)
    assert pairs_of(two) == two
    assert limits_of_channels(None, 2) == (None, None)
    assert limits_of_channels((1, 2), 3) == ((1, 2),) * 3
    assert limits_of_channels(two, 2) == two
    for channels, are in ((1, "1 is"), (3, "3 are")):
        with pytest.raises(t2v.SettingsError) as caught:
            limits_of_channels(two, channels)
        assert str(caught.value) == (
            f"limits are those of 2 channels, but {are} shown; give one pair, or one for each"
        )
    for value in ([], [[1, 2], "ab"], [[1, 2], 3], ["ab", "cd"]):
        with pytest.raises(t2v.SettingsError) as caught:
            t2v.VideoSettings(limits=value)
        assert str(caught.value) == f"limits: expected two grey values LO HI, got {value!r}"


def test_plain_values_of_settings():
    settings = t2v.VideoSettings(limits=((1, 2), (3, 4)), fps="30000/1001", crop="5x6+1+2")
    values = settings.to_dict()
    assert (values["limits"], values["fps"], values["crop"], values["width"]) == (
        [[1, 2], [3, 4]], "30000/1001", "5x6+1+2", 500,
    )  # fmt: skip
    assert settings.to_json().startswith('{\n  "width": 500,\n  "fps": "30000/1001",\n')
    assert settings.to_json().endswith("\n}\n")
    given = t2v.VideoSettings(follow=np.zeros((1, 4)), crop="5x5", event=["1=x"])
    assert given.changed() == {"crop": "5x5", "event": ["1=x"], "follow": "array"}


class PathOfBytes:
    def __fspath__(self):
        return b"a"


def test_paths_are_text():
    with pytest.raises(t2v.SettingsError, match=r"^tracks: expected the path of a file, got <"):
        t2v.VideoSettings(tracks=PathOfBytes())


def test_two_widths_on_top_of_others_exclude_each_other():
    message = "^um_per_pixel: gives the video its width; leave out width$"
    with pytest.raises(t2v.SettingsError, match=message):
        t2v.VideoSettings().updated(width=300, um_per_pixel=2)
    assert t2v.VideoSettings(width=300).updated(width=200, um_per_pixel=None).width == 200


def test_all_frames_are_no_choice():
    for value in (":", "::", slice(None)):
        assert t2v.VideoSettings(frames=value).frames is None
    for value in ("1::", ":1", "::-1"):
        assert t2v.VideoSettings(frames=f" {value} ").frames == value
    assert t2v.VideoSettings(frames=slice(-10, None, 2)).frames == "-10::2"


class Layer:
    """As much of a layer of napari as is asked: a map from its own axes to the world."""

    name, units = "spots", ("s", "px", "px")

    def __init__(self, data, scale, translate):
        self.data, self.scale, self.translate = np.asarray(data, float), scale, translate
        self.ndim = len(scale)

    def data_to_world(self, place):
        return tuple(np.array(place) * self.scale + self.translate)


def test_an_array_in_place_of_a_file():
    rows = [[1, 0, 5, 6], [1, 1, 7, 8.5]]
    given = t2v.VideoSettings(follow=rows, crop="5x5").follow
    assert given == t2v.VideoSettings(follow=np.array(rows), crop="5x5").follow
    assert given != t2v.VideoSettings(follow=[[1, 0, 5, 6]], crop="5x5").follow
    assert given.array.tolist() == rows
    assert (str(given), repr(given), given.has_ids) == ("array", "<array, 2x4>", True)
    assert not given.is_moved
    assert not Given.of(np.zeros((2, 3))).has_ids
    for columns, has_ids in ((4, False), (5, True)):  # of a layer of four axes
        layer = dataclasses.replace(Given.of(np.zeros((2, columns))), units=("px",) * 4)
        assert layer.has_ids == has_ids
    assert t2v.VideoSettings(follow=given, crop="5x5").follow is given
    plain = Given.of_layer(Layer(np.array(rows)[:, 1:], (1, 1, 1), (0, 0, 0)))
    assert plain.affine == ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0))
    assert (plain.is_moved, plain.has_ids, plain.units) == (False, False, ("s", "px", "px"))
    moved = t2v.VideoSettings(follow=Layer(rows, (2, 0.5, 3), (10, 0, 7)), crop="5x5").follow
    assert (str(moved), repr(moved)) == ("spots", "<spots, 2x4>")
    assert (moved.is_moved, moved.has_ids) == (True, True)
    origin, axes = moved.to_world
    assert origin.tolist() == [10, 0, 7]
    assert axes.tolist() == [[2, 0, 0], [0, 0.5, 0], [0, 0, 3]]
    for scale, place in (((1, 1, 2), (0, 0, 0)), ((1, 1, 1), (0, 1, 0))):
        assert Given.of_layer(Layer(rows, scale, place)).is_moved
    with pytest.raises(t2v.SettingsError, match=r"t, y, x \(spots has no axis of time\)$"):
        t2v.VideoSettings(follow=Layer(rows, (1, 1), (0, 0)), crop="5x5")


def test_values_in_files_are_checked_for_what_they_are():
    with pytest.raises(t2v.SettingsError, match=r"^anchor: expected true or false, got 1$"):
        t2v.VideoSettings.from_dict({"anchor": 1})
    assert t2v.VideoSettings.from_dict({"anchor": True}).anchor
    label = 1998 * "x"  # 2,000 characters with its quotes
    assert t2v.VideoSettings.from_dict({"label": label}).label == label
    with pytest.raises(t2v.SettingsError, match=r"^label: is longer than any value of it$"):
        t2v.VideoSettings.from_dict({"label": label + "x"})
    with pytest.raises(t2v.SettingsError, match=r"^settings: expected a JSON object$"):
        t2v.VideoSettings.from_json("[]")


@pytest.mark.parametrize(
    ("start", "shown"),
    [({}, True), ({"label": "x"}, True), ({"label": "{time}"}, False), ({"event": "5=x"}, False)],
)
def test_a_start_is_shown_unless_something_else_shows_times(start, shown):
    assert t2v.VideoSettings(time_start=5, **start).timestamp is shown


def test_what_stands_for_a_value_in_the_name_of_a_video():
    def token(**values):
        (name,) = values
        return SETTINGS[name].token_for(getattr(t2v.VideoSettings(**values), name))

    assert token(anchor_colour="#00ff00") == "_00ff00"
    assert token(crop="40x30") == "_crop_40x30"
    assert token(crop="40x30+0+7") == "_crop_40x30_at_0_7"
    assert token(scale_bar_corner="bottom-left") == "_bl"
    assert token(scale_bar_length=0.5) == "_0.5um"
    assert token(um_per_pixel=0.25) == "_0.25um_per_px"
    assert token(frame_interval="5min") == "_every_300s"
    assert token(time_start="-10s") == "_from_-10s"
    assert token(percentile=(0.1, 99.9)) == "_percentile_0.1-99.9"
    assert token(channel="all") == "_merged"
    assert token(channel=0) == "_ch0"
    assert token(position="A 1") == "_posA 1"
    assert token(play="Z") == "_play_z"
    assert token(axes="TCYX") == "_tcyx"
    assert token(quality="standard") == ""
    assert token(invert=False) == ""
    assert token(anchor_style="cross") == "_cross"
    assert token(anchor_size=8) == "_8px"
    assert SETTINGS["frames"].token(range(3, 10)) == "_frames_3-9"
    assert SETTINGS["frames"].token(range(3, 10, 2)) == "_frames_3-9_step_2"


def test_files_of_settings(tmp_path):
    settings = t2v.VideoSettings(width=300, limits=(1, 2), anchor=True)
    path = tmp_path / "s.json"
    settings.save(path)
    assert path.read_text("utf-8") == settings.to_json()
    assert t2v.VideoSettings.load(path) == settings
    wrong = {
        "no JSON": ("{", "settings: are not JSON ("),
        "no object": ("[]", "settings: expected a JSON object"),
        "unknown": (
            '{"width": 300, "b": 1, "a": 2}',
            f"settings: unknown option 'a', 'b'; known are {', '.join(sorted(SETTINGS))}",
        ),
        "no switch": ('{"anchor": 1}', "anchor: expected true or false, got 1"),
        "refused": ('{"width": 5}', "width: must be between 100 and 4000 px, or 'full', got 5"),
    }
    for text, said in wrong.values():
        path.write_text(text)
        with pytest.raises(t2v.SettingsError) as caught:
            t2v.VideoSettings.load(path)
        assert str(caught.value).startswith(f"{path}: {said}")
    path.write_text(settings.to_json())
    for reuse in ("rule", "numbers"):
        with pytest.raises(t2v.SettingsError) as caught:
            t2v.VideoSettings.load(path, reuse=reuse)
        assert (
            str(caught.value) == f"{path}: holds settings, and no recipe whose limits were measured"
        )
    with pytest.raises(t2v.SettingsError) as caught:
        settings.save(tmp_path / "no" / "s.json")
    assert str(caught.value) == (
        f"{tmp_path / 'no' / 's.json'}: cannot be written (No such file or directory)"
    )
    many = json.dumps({f"{'x' * 50}{n}": n for n in range(12)})
    with pytest.raises(t2v.SettingsError) as caught:
        t2v.VideoSettings.from_json(many)
    assert str(caught.value).split("; ")[0] == "settings: unknown option " + ", ".join(
        [repr("x" * 40)] * 9
    )


@pytest.mark.parametrize(
    ("asked", "ending", "raw", "codec"),
    [
        (None, "", False, "h264"), (None, "", True, "ffv1"), (None, ".webm", False, "vp9"),
        (None, ".mkv", True, "ffv1"), (None, ".mkv", False, "ffv1"),
        ("h265", ".mkv", False, "h265"),
        ("av1", ".mp4", False, "av1"), ("av1", "", False, "av1"), ("ffv1", ".mkv", True, "ffv1"),
    ],
)  # fmt: skip
def test_the_codec_of_an_ending(asked, ending, raw, codec):
    assert t2v.VideoSettings(codec=asked, raw=raw).codec_for(ending).name == codec


@pytest.mark.parametrize(
    ("asked", "ending", "raw", "said"),
    [
        ("vp9", ".mp4", False, "vp9 cannot be written to a file ending in .mp4; use .webm or .mkv"),
        (None, ".mp4", True, "ffv1 (raw counts) cannot be written to a file ending in .mp4; use "
         ".mkv"),
        ("ffv1", ".gif", True, "ffv1 cannot be written to a file ending in .gif; use .mkv"),
        ("av1", ".gif", False, "av1 cannot be written to a file ending in .gif; use .mp4 or .webm "
         "or .mkv"),
    ],
)  # fmt: skip
def test_a_codec_that_does_not_fit_the_ending(asked, ending, raw, said):
    with pytest.raises(t2v.SettingsError) as caught:
        t2v.VideoSettings(codec=asked, raw=raw).codec_for(ending)
    assert str(caught.value) == f"codec: {said}"


def test_endings_of_files():
    for ending in (".mp4", ".mov", ".webm", ".mkv", ".gif"):
        assert check_ending(ending, "o") is None
    with pytest.raises(t2v.SettingsError) as caught:
        check_ending(".avi", "o.avi")
    assert str(caught.value) == (
        "output: o.avi must end in .mp4, .mov, .webm, .mkv or .gif, which chooses the format"
    )


ANY, ONE = ("draft", "standard", "high"), ("standard",)
# Endings, qualities, shortest and longest side, frames for each key frame, and what else differs.
FORMATS = {
    "h264": (".mp4 .mkv", ANY, (2, 16384), 50, {"crf_range": (1, 51)}),
    "h265": (".mp4 .mkv", ANY, (16, 16384), 50, {"crf_range": (0, 51), "tag": "hvc1"}),
    "av1": (".mp4 .webm .mkv", ANY, (16, 8192), 50, {"crf_range": (1, 63)}),
    "vp9": (".webm .mkv", ANY, (2, 16384), 50, {"crf_range": (0, 63)}),
    "ffv1": (".mkv", (*ONE, "lossless"), (1, 16384), 1, {"holds_counts": True}),
    "prores": (".mov", ANY, (2, 16384), 1, {}),
    "mpeg4": (".mp4", ANY, (2, 8190), 50, {"max_ticks": 65535}),
    "gif": (".gif", ONE, (2, 16384), 50, {"has_palette": True, "max_fps": 50}),
}
USUAL = {
    "crf_range": None, "tag": "", "holds_counts": False, "max_ticks": None, "max_fps": None,
    "has_palette": False,
}  # fmt: skip


def test_what_formats_can_hold():
    assert (list(CODECS), DEFAULT_CODEC.name, RAW_CODEC.name) == (list(FORMATS), "h264", "ffv1")
    for name, (endings, qualities, sides, key_frames, others) in FORMATS.items():
        codec = CODECS[name]
        assert (" ".join(codec.endings), codec.qualities) == (endings, qualities)
        assert (codec.name, codec.sides_px, codec.key_frames) == (name, sides, key_frames)
        assert {fact: getattr(codec, fact) for fact in USUAL} == USUAL | others
        assert codec.is_lossless == (name == "ffv1")
        assert codec.rate("standard") is None or codec.rate("lossless") is None
        tags = {"ffv1": (("color_range", 2),), "gif": ()}  # ITU-T H.273: 1 is BT.709
        bt709 = ("color_range", "color_primaries", "color_trc", "colorspace")
        assert codec.colour_tags == tags.get(name, tuple((tag, 1) for tag in bt709))


def test_what_kinds_of_files_can_hold():
    found = {
        ending: (each.codec, each.muxer, each.tolerance_s, each.has_codec_tags, each.has_metadata)
        for ending, each in CONTAINERS.items()
    }
    assert found == {
        ".mp4": ("h264", "mp4", 0, True, True),
        ".mov": ("prores", "mov", 0, True, True),
        ".webm": ("vp9", "webm", Fraction(1, 500), False, True),
        ".mkv": ("ffv1", "matroska", Fraction(1, 500), False, True),
        ".gif": ("gif", "gif", Fraction(1, 50), False, False),
    }
    assert all(each.ending == ending for ending, each in CONTAINERS.items())


def test_the_header_of_a_segment():
    gif = CODECS["gif"]
    for flags in range(256):  # a palette that is there, of 256 colours, and not sorted
        header = b"GIF89a" + bytes(4) + bytes([flags]) + bytes(2) + bytes(768)
        if flags & 0x8F == 0x87:
            assert gif.split(header + b"x") == (header, b"x")
        else:
            with pytest.raises(ValueError, match=r"^a segment begins without its header$"):
                gif.split(header + b"x")
    header = b"GIF89a" + 4 * b"\n" + b"\xf7" + 770 * b"\n"
    assert gif.split(header + b"\n") == (header, b"\n")
    assert CODECS["h264"].split(b"GIF") == (b"", b"GIF")
