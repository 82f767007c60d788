"""Colour bars, legends and events say what is shown, in its colours, when it is shown."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from cmap import Colormap
from helpers.ink import cut, lines, says

import napari_tif2video as t2v

# Black frames whose corner has the range of each: a video of them shows nothing else.
RANGES = [(0, 1000), (10, 500), (3, 65535)]


def frames(ranges=RANGES, size=(200, 300)):
    stack = np.zeros((len(ranges), *size), np.uint16)
    for frame, (low, high) in zip(stack, ranges, strict=True):
        frame[:] = low
        frame[-1, 0] = high
    return stack


def shown(stack, index=0, **options):
    return t2v.render_frame(stack, index, **{"width": "full", "colour_bar": True} | options)


def bar_of(stack, **options):
    """The colours of the bar at the top right, without the dark line around it."""
    picture, without = (shown(stack, **options, colour_bar=on) for on in (True, False))
    changed = (picture != without).any(axis=2)
    (rows,) = np.nonzero(changed.sum(axis=1) > 40)
    last = rows[-1] - 3  # of the bar, above the dark line
    (columns,) = np.nonzero(changed[last])
    bar = picture[last, columns.min() : columns.max() + 1].astype(int)
    return bar[bar.max(axis=1) > 0]


def counts_of(picture):
    """The ink of the two counts above the bar at the top right."""
    text = lines(picture[:100, 100:, 1])[0]
    (empty,) = np.nonzero(~text.any(axis=0))
    gap = max(np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1), key=len)
    return cut(text[:, : gap[0]]), cut(text[:, gap[-1] :])


@pytest.mark.parametrize("contrast", ["local", "global"])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_counts_are_those_that_are_black_and_white(contrast, index):
    picture = shown(frames(), index, contrast=contrast)
    expected = RANGES[index] if contrast == "local" else (0, 65535)
    for ink, count in zip(counts_of(picture), expected, strict=True):
        assert says(ink, str(count))


def test_fixed_limits_and_negative_counts():
    picture = shown(np.full((1, 200, 300), -20, np.int16), limits=(-20, 333.25))
    for ink, text in zip(counts_of(picture), ("−20", "333.25"), strict=True):
        assert says(ink, text)


@pytest.mark.parametrize("gamma", [1, 0.5, 2])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("name", [None, "viridis", "green"])
def test_the_bar_has_the_colours_of_the_counts(gamma, invert, name):
    """Compared with a ramp of counts that is shown in the same way."""
    options = {"gamma": gamma, "invert": invert, "colormap": name, "limits": (0, 1000)}
    bar = bar_of(frames() * 0, **options)
    ramp = np.tile(np.linspace(0, 1000, 400).astype(np.uint16), (2, 100, 1))
    expected = t2v.render_frame(ramp, 0, width="full", **options)[0].astype(int)
    nearest = np.abs(bar[:, np.newaxis] - expected).max(axis=2).min(axis=1)
    assert nearest.max() <= 3
    assert np.ptp(bar, axis=0).max() > 200
    if name == "viridis" and gamma == 1 and not invert:
        middle = np.array(Colormap("viridis")(0.5).rgba8[:3])
        assert np.abs(bar[len(bar) // 2] - middle).max() <= 6


def merged(channels=3, frames_=4):
    stack = np.zeros((frames_, channels, 300, 400), np.uint16)
    for number in range(channels):
        stack[:, number, -1, number] = 100 * (number + 1)
    return stack


def test_merged_channels_have_a_bar_and_a_name_each_in_their_colours():
    options = {"axes": "TCYX", "channel": "all", "contrast": "global", "legend": True}
    picture = shown(merged(), **options)[:250].astype(int)
    rows = lines(picture.max(axis=2).astype(np.uint8))
    assert len(rows) == 9  # a name, counts and a bar for each
    for number, colour in enumerate(((0, 255, 255), (255, 0, 255), (255, 255, 0))):
        name, counts, _ = rows[3 * number : 3 * number + 3]
        assert says(name, f"channel {number}")
        assert says(cut(counts[:, counts.shape[1] // 2 :]), str(100 * (number + 1)))
        of_colour = (picture == colour).all(axis=2)
        assert of_colour.sum() > 40


def test_at_the_bottom_the_first_channel_is_still_above():
    options = {"axes": "TCYX", "channel": "all", "legend": True, "colour_bar": False}
    picture = shown(merged(), legend_corner="bottom-right", **options)[150:-2].max(axis=2)
    assert [says(ink, f"channel {n}") for n, ink in enumerate(lines(picture))] == [True] * 3


def test_names_are_those_of_the_source(tmp_path):
    path = tmp_path / "t.ome.tif"
    meta = {"axes": "TCYX", "Channel": {"Name": ["GFP", "nuclei {1}"]}}
    tifffile.imwrite(path, merged(2), metadata=meta, photometric="minisblack")
    picture = shown(path, legend=True, colour_bar=False, channel="all").max(axis=2)[:200]
    assert [says(i, t) for i, t in zip(lines(picture), ("GFP", "nuclei {1}"), strict=True)]
    one = shown(path, legend=True, colour_bar=False, channel=1).max(axis=2)[:200]
    assert says(lines(one)[0], "nuclei {1}")


EVENTS = {
    "from then on": (["00:02=+ drug"], {1: "", 2: "+ drug", 9: "+ drug"}),
    "between": (["2s..5s=light"], {1: "", 2: "light", 4: "light", 5: ""}),
    "one after the other": (["0=a", "00:03=b = c"], {0: "a", 2: "a", 3: "b = c"}),
    "the last that began": (["0=a", "2..4=b"], {1: "a", 2: "b", 3: "b", 4: "a"}),
    "before the beginning": (["-1min=early"], {0: "early"}),
}


@pytest.mark.parametrize(("events", "expected"), EVENTS.values(), ids=EVENTS)
def test_events(events, expected):
    stack = np.zeros((10, 100, 200), np.uint8)
    for index, text in expected.items():
        picture = t2v.render_frame(
            stack, index, width="full", limits=(1, 255), event=events, frame_interval="1s"
        )
        if text:
            (ink,) = lines(picture[..., 0])
            assert says(ink, text)
        else:
            assert not picture.any()


@pytest.mark.parametrize(
    ("interval", "event", "index"),
    [("1s", "00:04=x", 4), ("30s", "02:00=x", 4), ("30min", "2:00=x", 4), ("30min", "2:00 h=x", 4),
     ("30min", "00:30 min=x", 1), ("30s", "0:02:00=x", 4), ("30min", "120min=x", 4)],
)  # fmt: skip
def test_times_are_read_as_the_video_writes_them(interval, event, index):
    """02:00 of a video of minutes are two minutes, and of one of hours two hours."""
    stack = np.zeros((9, 100, 200), np.uint8)
    options = {"width": "full", "limits": (1, 255), "event": event, "frame_interval": interval}
    drawn = [t2v.render_frame(stack, i, **options).any() for i in range(9)]
    assert drawn == [i >= index for i in range(9)]


def test_with_a_time_of_the_first_frame(tmp_path):
    """It counts for events, and is not drawn for them."""
    options = {"width": "full", "limits": (1, 255), "frame_interval": "1s", "time_start": "-2s"}
    stack = np.zeros((5, 100, 200), np.uint8)
    drawn = [t2v.render_frame(stack, i, event="0=go", **options).any() for i in range(5)]
    assert drawn == [False, False, True, True, True]


REFUSED = {
    "no text": ({"event": "05:00"}, "expected TIME=TEXT"),
    "nothing behind": ({"event": "05:00= "}, "expected TIME=TEXT"),
    "no time": ({"event": "soon=x"}, "expected a time"),
    "backwards": ({"event": "5..3=x"}, "ends before it begins"),
    "two lines": ({"event": "5=a\nb"}, "single line"),
    "no such letters": ({"event": "5=薬"}, "the font"),
    "a corner alone": ({"event_corner": "top-left"}, "no event to place"),
    "times unknown": ({"event": "5=x"}, "frame-interval"),
    "raw": ({"raw": True, "legend": True}, "leave out legend"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(options, message):
    with pytest.raises(t2v.Tif2VideoError, match=message):
        t2v.render_frame(np.zeros((3, 100, 200), np.uint8), 0, **options)


def test_colours_have_no_counts():
    with pytest.raises(t2v.SourceError, match="colour_bar: is for grey images"):
        t2v.render_frame(np.zeros((2, 100, 200, 3), np.uint8), 0, colour_bar=True)


def test_on_the_command_line_and_in_the_recipe(tmp_path, cli):
    """Events are given one by one, and come back from the video."""
    tifffile.imwrite(tmp_path / "t.tif", frames(), photometric="minisblack")
    out = tmp_path / "o.mp4"
    argv = ["--event", "0=a", "--event", "1s..2s=b", "--frame-interval", "1s", "--legend-corner"]
    done = cli(tmp_path / "t.tif", "-o", out, *argv, "bottom-right", "--colour-bar", "--json")
    assert done.code == 0
    assert json.loads(done.out)["sources"][0]["status"] == "ok"
    settings = t2v.VideoSettings.load(out)
    assert settings.event == ("0=a", "1s..2s=b")
    assert (settings.legend, settings.legend_corner, settings.colour_bar) == (
        True, "bottom-right", True,
    )  # fmt: skip
    assert t2v.VideoSettings.from_json(settings.to_json()) == settings


def test_any_number_of_workers_gives_the_same_bytes(tmp_path):
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 4000, (120, 60, 120), dtype=np.uint16)
    drawn = {"colour_bar": True, "legend": True, "event": "3=x", "frame_interval": 1}
    made = {
        t2v.convert(stack, tmp_path / f"{n}.mp4", workers=n, width=200, **drawn).path.read_bytes()
        for n in (1, 2, 5)
    }
    assert len(made) == 1
