"""`VideoSettings`: checked, frozen, and the same after a way through JSON."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import napari_tif2video as t2v
from napari_tif2video import CropBox, VideoSettings

corners = st.integers(0, 9999)
boxes = st.one_of(
    st.builds(CropBox, st.integers(1, 9999), st.integers(1, 9999)),
    st.builds(CropBox, st.integers(1, 9999), st.integers(1, 9999), corners, corners),
)
finite = st.floats(-1e9, 1e9, allow_nan=False)
limits = st.tuples(finite, finite).filter(lambda pair: pair[0] < pair[1])
shared = {
    "width": st.one_of(st.integers(100, 4000), st.just("full")),
    "fps": st.fractions(1, 120, max_denominator=5000),
    "crop": st.one_of(st.none(), boxes),
    "anchor": st.booleans(),
    "channel": st.sampled_from([None, 0, 3, "2", "GFP", "all", "each"]),
    "z": st.sampled_from([None, 0, "7", "max", "mean", "sum"]),
    "play": st.sampled_from([None, "T", "z"]),
    "axes": st.sampled_from([None, "TCZYX", "zyx"]),
}
any_settings = st.one_of(
    st.builds(
        VideoSettings, contrast=st.sampled_from([None, "local", "global", "batch"]), **shared
    ),
    st.builds(VideoSettings, limits=limits, **shared),
)


@given(any_settings)
def test_the_way_through_json_changes_nothing(settings):
    text = json.dumps(settings.to_dict())
    again = VideoSettings.from_dict(json.loads(text))
    assert again == settings
    assert hash(again) == hash(settings)
    assert again.to_dict() == settings.to_dict()


def test_every_option_is_in_the_dictionary():
    names = {field.name for field in dataclasses.fields(VideoSettings)}
    later = {"colour_bar_corner": "top-left", "legend_corner": "top-left", "event": "5=x"}
    later |= {"panels": "sources", "sync": "time", "sync_interval": 60, "arrow": "3,5"}
    later |= {"title": "x", "title_duration": 3}
    later |= {"tracks_ids": True, "tracks_tail": 5}
    later |= dict.fromkeys(("segmentation", "tracks", "points", "shapes"), "a.csv")
    later |= {"segmentation_style": "contour", "points_size": 8, "panel_marks": "once"}
    later |= {"follow": "t.csv", "follow_id": 3, "follow_smooth": 5, "crop": "9x9"}
    settings = VideoSettings(position=0, on_error="skip", event_corner="top-left", **later)
    # A box that follows takes drift along.
    assert set(settings.to_dict()) | {"stabilise"} == names


def test_settings_are_frozen():
    settings = VideoSettings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.width = 800
    with pytest.raises(dataclasses.FrozenInstanceError):
        CropBox(5, 5).width = 6


def test_unknown_names_are_refused():
    with pytest.raises(t2v.SettingsError, match="'colour'"):
        VideoSettings.from_dict({"width": 500, "colour": "blue"})


def test_defaults():
    settings = VideoSettings()
    assert (settings.width, settings.fps) == (500, 10)
    assert (settings.crop, settings.limits, settings.anchor) == (None, None, False)
    assert VideoSettings.from_dict({}) == settings


@given(boxes)
def test_boxes_are_what_they_print(box):
    assert CropBox.parse(str(box)) == box
    assert VideoSettings(crop=str(box)).crop == box


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("250x200", CropBox(250, 200)),
        ("250X200", CropBox(250, 200)),
        (" 250x200+3+4 ", CropBox(250, 200, 3, 4)),
        ("250x200+0+0", CropBox(250, 200, 0, 0)),
    ],
)
def test_text_of_boxes(text, box):
    assert CropBox.parse(text) == box


@pytest.mark.parametrize(
    "text", ["", "x", "250", "250x", "x200", "250x200+3", "-1x5", "2.5x5", "1x1x1", "٣x٤", "0x5"]
)
def test_text_that_is_no_box(text):
    with pytest.raises(t2v.SettingsError, match="crop"):
        VideoSettings(crop=text)


@pytest.mark.parametrize("crop", [(250, 250), [1, 2], {"width": 5}, 250, 5.5], ids=repr)
def test_boxes_whose_order_would_be_a_guess_are_refused(crop):
    with pytest.raises(t2v.SettingsError, match="CropBox"):
        VideoSettings(crop=crop)


@pytest.mark.parametrize(
    "values", [(0, 5), (5, -1), (5, 5, 3), (5, 5, -1, 0), (5.5, 5), ("5", 5)], ids=str
)
def test_wrong_boxes(values):
    with pytest.raises(t2v.SettingsError, match="crop"):
        CropBox(*values)


@pytest.mark.parametrize(
    ("value", "fps"),
    [
        (10, Fraction(10)),
        ("10", Fraction(10)),
        (29.97, Fraction(2997, 100)),
        ("29.97", Fraction(2997, 100)),
        ("30000/1001", Fraction(30000, 1001)),
        (Fraction(24000, 1001), Fraction(24000, 1001)),
        (np.int64(12), Fraction(12)),
        (np.float64(29.97), Fraction(2997, 100)),
        (np.float32(12.5), Fraction(25, 2)),
        (1, Fraction(1)),
        (120, Fraction(120)),
    ],
    ids=repr,
)
def test_rates_are_exact(value, fps):
    assert VideoSettings(fps=value).fps == fps


@pytest.mark.parametrize("value", [0, 0.5, 121, -10, "fast", None, float("nan"), "1/0", "", 1j])
def test_wrong_rates(value):
    with pytest.raises(t2v.SettingsError, match="fps"):
        VideoSettings(fps=value)


@given(st.fractions(1, 120, max_denominator=5000))
def test_any_rate_is_kept(fps):
    assert VideoSettings(fps=fps).fps == fps
    assert VideoSettings(fps=str(fps)).fps == fps


@pytest.mark.parametrize("value", [500, "500", 500.0, np.int64(500), np.uint16(500)], ids=repr)
def test_widths(value):
    width = VideoSettings(width=value).width
    assert width == 500
    assert type(width) is int


@pytest.mark.parametrize("value", [99, 4001, 500.5, "half", None, True, float("inf"), float("nan")])
def test_wrong_widths(value):
    with pytest.raises(t2v.SettingsError, match="width"):
        VideoSettings(width=value)


@pytest.mark.parametrize(
    "value", [(5, 5), (6, 5), (1,), (1, 2, 3), 5, "ab", (0, float("nan")), (float("-inf"), 0)]
)
def test_wrong_limits(value):
    with pytest.raises(t2v.SettingsError, match="limits"):
        VideoSettings(limits=value)


def test_limits_may_be_any_pair():
    for value in ((0, 9), [0, 9], np.array([0, 9], np.uint16)):
        assert VideoSettings(limits=value).limits == (0.0, 9.0)


def test_contrast_is_one_of_a_list():
    with pytest.raises(t2v.SettingsError, match="local, global, batch"):
        VideoSettings(contrast="bright")
    for contrast in ("local", "global", "batch"):
        with pytest.raises(t2v.SettingsError, match="limits"):
            VideoSettings(contrast=contrast, limits=(0, 9))


HUGE = 10**400  # more than a float holds


@pytest.mark.parametrize(
    "values",
    [
        {"fps": HUGE}, {"fps": "1e99999999"}, {"fps": "9" * 5000}, {"width": HUGE},
        {"width": "9" * 5000}, {"limits": (0, HUGE)}, {"percentile": (0, HUGE)}, {"gamma": HUGE},
        {"crf": HUGE}, {"max_size": "9" * 5000}, {"z": "9" * 5000}, {"pixel_size": HUGE},
        {"frame_interval": HUGE}, {"anchor_size": "9" * 5000},
    ],
    ids=str,
)  # fmt: skip
def test_numbers_beyond_all_measure_are_refused_in_one_line(values):
    (name,) = values
    with pytest.raises(t2v.SettingsError, match=f"^{name}: "):
        VideoSettings(**values)


@pytest.mark.parametrize("axes", ["1YX", "T-YX", "ÄYX", "TTYX", "TCY", "", 5])
def test_axes_are_letters_each_once_with_y_and_x(axes):
    with pytest.raises(t2v.SettingsError, match="axes: expected"):
        t2v.VideoSettings(axes=axes)


def test_a_codec_is_found_however_its_name_is_written():
    assert t2v.VideoSettings(codec="VP9").codec == "vp9"


@pytest.mark.parametrize("pair", [(5, 5), (0, 0), (100, 100)])
def test_percentiles_that_are_one_are_refused(pair):
    with pytest.raises(t2v.SettingsError, match="0 <= LO < HI <= 100"):
        t2v.VideoSettings(percentile=pair)
