"""Scale bar, time, events and labels once for all panels, where they hold for all."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import smooth
from helpers.ink import cut, lines, says

import napari_tif2video as t2v

SIZE = (100, 300)  # of black panels, at full size
CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"]
ONCE = {"panel_marks": "once"}


def black(count, size=SIZE):
    return np.zeros((count, *size), np.uint16)


def write(path, frames, *, pixel=None, interval=None):
    """A file of ImageJ with its calibration."""
    metadata = {"axes": "TYX"}
    metadata |= {} if pixel is None else {"unit": "um"}
    metadata |= {} if interval is None else {"finterval": interval}
    resolution = {} if pixel is None else {"resolution": (1 / pixel, 1 / pixel)}
    tifffile.imwrite(path, frames, imagej=True, metadata=metadata, **resolution)
    return path


def panels_of(picture, rows, columns, size=SIZE):
    """Grey panels of a picture in colour that has no other colours than grey."""
    gaps = picture.shape[0] - rows * size[0], picture.shape[1] - columns * size[1]
    gap = gaps[1] // (columns - 1) if columns > 1 else gaps[0] // (rows - 1)
    tops, lefts = (
        [n * (side + gap) for n in range(count)]
        for side, count in zip(size, (rows, columns), strict=True)
    )
    return [
        picture[top : top + size[0], left : left + size[1], 0] for top in tops for left in lefts
    ]


def bars(panel):
    """The widths of the white bars on a black panel, which letters are too thin to be."""
    runs = []
    for row in panel:
        edges = np.flatnonzero(np.diff(np.r_[0, row == 255, 0].astype(int)))
        runs.append(max(edges[1::2] - edges[::2], default=0))
    wide = np.array(runs) > 30
    edges = np.flatnonzero(np.diff(np.r_[0, wide, 0].astype(int)))
    return [max(runs[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def corner_of(panel, corner):
    """A quarter of a panel."""
    half = slice(None, panel.shape[0] // 2), slice(None, panel.shape[1] // 2)
    other = slice(panel.shape[0] // 2, None), slice(panel.shape[1] // 2, None)
    rows = (half if corner.startswith("top") else other)[0]
    return panel[rows, (half if corner.endswith("left") else other)[1]]


@pytest.mark.parametrize("marks", ["each", "once"])
def test_one_bar_one_time_and_one_event_in_decoded_frames(tmp_path, ffmpeg, marks):
    """Of two channels and their merge, in a video that loses nothing."""
    options = {"scale_bar": True, "pixel_size": 0.5, "timestamp": True, "frame_interval": 10}
    options |= {"event": "20s=wash", "axes": "TCYX", "width": "full", "codec": "ffv1"}
    stack = np.stack([black(4)] * 2, axis=1)
    video = t2v.convert(
        stack, tmp_path / "o.mkv", panels="channels", panel_marks=marks, verify=True, **options
    )
    assert video.scale_bar_um == 20
    shown = ffmpeg.pictures(video.path, (video.height, video.width))
    for number, picture in enumerate(shown):
        panels = panels_of(picture, 3, 1)
        # 20 µm of 0.5 µm a pixel.
        assert [bars(p) for p in panels] == ([[40]] * 3 if marks == "each" else [[], [], [40]])
        for place, panel in enumerate(panels):
            clock, event = corner_of(panel, "top-left"), corner_of(panel, "bottom-left")
            has_time, has_event = marks == "each" or place == 0, marks == "each" or place == 2
            assert says(cut(clock), f"{10 * number} s") if has_time else not clock.any()
            is_seen = has_event and number >= 2
            assert says(cut(event), "wash") if is_seen else not event.any()
            assert corner_of(panel, "top-right").any()  # the name of the channel


def test_panels_are_those_of_their_own_videos_without_marks(tmp_path):
    stack = np.stack(
        [[smooth((60, 90), low=c, high=900 * (c + 1) + t) for c in range(2)] for t in range(4)]
    )
    options = {"axes": "TCYX", "width": 240}
    marks = {"timestamp": True, "frame_interval": 1, "scale_bar": True, "pixel_size": 0.3}
    picture = t2v.render_frame(stack, 2, panels="channels", **ONCE, **marks, **options)
    for place, channel in enumerate((0, 1, "all")):
        panel = picture[:, place * 242 : place * 242 + 240]
        own = t2v.render_frame(stack, 2, channel=channel, legend=True, **options)
        differs = (panel != own).any(axis=-1)
        expected = {0: {"top-left"}, 1: set(), 2: {"bottom-right"}}[place]
        assert {corner for corner in CORNERS if corner_of(differs, corner).any()} == expected


@pytest.mark.parametrize("corner", CORNERS)
def test_no_mark_covers_what_is_on_a_panel_or_another_mark(tmp_path, corner):
    """All in one corner, in panels of different heights."""
    paths = [
        write(tmp_path / f"{n}.tif", black(3, size), pixel=0.5, interval=30)
        for n, size in enumerate([(120, 200), (200, 200), (160, 200)])
    ]
    options = {"panels": "sources", "width": 200, "label": "{name}", "label_corner": corner}
    options |= {"anchor": True, "anchor_colour": "white"}
    bare = t2v.render_frame(paths, 2, **options)
    marks = {
        "scale_bar": {"scale_bar_corner": corner},
        "timestamp": {"timestamp_corner": corner},
        "event": {
            "event": "30s=+ drug and more of it than one panel holds",
            "event_corner": corner,
        },
    }
    inks = [bare != 0]
    for chosen in (*marks.values(), {k: v for each in marks.values() for k, v in each.items()}):
        picture = t2v.render_frame(paths, 2, **ONCE, **options, **chosen)
        assert picture.shape == bare.shape
        ink = picture != bare
        assert ink.any()
        assert not (ink & (bare != 0) & (bare != 255)).any()
        inside = np.zeros(bare.shape[:2], bool)
        for column in range(3):
            panel = bare[:, column * 202 : column * 202 + 200, 0]
            rows = np.flatnonzero((panel != 255).any(axis=1))
            inside[rows[0] : rows[-1] + 1, column * 202 : column * 202 + 200] = True
            named = inside & (bare[..., 0] != 0)
            assert not (ink.any(axis=-1) & named).any()
        inks.append(ink)
    # One by one they begin at the same place; together each has its own.
    assert inks[4].sum() >= inks[1].sum() + inks[2].sum()


def test_the_time_is_that_at_which_panels_are_matched(tmp_path, ffmpeg):
    paths = [
        write(tmp_path / "a.tif", black(6), interval=60),
        write(tmp_path / "b.tif", black(2), interval=150),
    ]
    options = {"panels": "sources", "width": "full", "timestamp": True, "codec": "ffv1"}
    video = t2v.convert(paths, tmp_path / "o.mkv", **ONCE, **options)
    for moment, picture in enumerate(ffmpeg.pictures(video.path, (video.height, video.width))):
        first, second = panels_of(picture, 2, 1)
        assert says(cut(corner_of(first, "top-left")), f"{moment:02}:00 min")
        assert not corner_of(second, "top-left")[:30].any()
        assert says(lines(corner_of(second, "bottom-left"))[-1], "b")
        # The second one ends after 150 s, and half a frame more.
        assert second[40:60, 100:200].any() == (moment > 3)


@pytest.mark.parametrize(("start", "first"), [(None, "3 s"), ("2h", "2:00:00 h")])
def test_the_first_source_begins_at_the_time_that_is_given(tmp_path, start, first):
    for name, begin in (("a", 3), ("b", 23)):
        plane = {"DeltaT": [begin + 10 * n for n in range(4)], "DeltaTUnit": ["s"] * 4}
        metadata = {"axes": "TYX", "Plane": plane}
        tifffile.imwrite(tmp_path / f"{name}.ome.tif", black(4), metadata=metadata)
    paths = [tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"]
    options = {"panels": "sources", "width": "full", "timestamp": True, "time_start": start}
    panel, _ = panels_of(t2v.render_frame(paths, 0, **ONCE, **options), 2, 1)
    assert says(cut(corner_of(panel, "top-left")), first)


SCALES = {
    "the same": ((0.5, 0.5), {}, [[], [40]], ""),
    "others": (
        (0.5, 0.2),
        {},
        [[40], [50]],
        "each panel has a scale bar of its own, as the panels",
    ),
    "others, once": ((0.5, 0.2), {"panel_marks": "each"}, [[40], [50]], "the panels show from 0.2"),
    "magnified": ((0.5, 0.25), {"um_per_pixel": 0.5, "width": None}, [[], [40]], ""),
}


@pytest.mark.parametrize(("pixels", "more", "widths", "note"), SCALES.values(), ids=SCALES)
def test_one_bar_only_where_it_is_right_for_all(tmp_path, cli, pixels, more, widths, note):
    paths = [write(tmp_path / f"{n}.tif", black(2), pixel=pixel) for n, pixel in enumerate(pixels)]
    options = {"panels": "sources", "width": "full", "scale_bar": True, "sync": "frame"} | ONCE
    options = {name: value for name, value in (options | more).items() if value is not None}
    video = t2v.convert(paths, tmp_path / "o.mkv", codec="ffv1", **options)
    recipe = t2v.read_recipe(video.path)
    picture = t2v.render_frame(paths, 1, **options)[..., 0]
    found = [
        bars(picture[p.y : p.y + p.height, p.x : p.x + p.width])
        for source in recipe.sources
        for p in source.panels
    ]
    assert found == widths
    assert [n.startswith(note) for n in video.notes if "µm a pixel" in n] == [True] * bool(note)
    assert "--um-per-pixel 0.5" in "".join(video.notes) or not note
    assert video.scale_bar_um == (None if note else 20)


def test_without_a_pixel_size_the_bar_is_refused_as_ever(tmp_path):
    paths = [write(tmp_path / f"{n}.tif", black(2), pixel=p) for n, p in enumerate([0.5, None])]
    with pytest.raises(t2v.SourceError, match=r"1\.tif: scale_bar: the size of a pixel is not"):
        t2v.render_frame(paths, 0, panels="sources", scale_bar=True, **ONCE)


@pytest.mark.parametrize(
    ("intervals", "options", "is_once"),
    [
        ((60, 60), {"sync": "frame"}, True),
        ((60, 61), {"sync": "frame"}, False),
        ((60, 61), {}, True),
        ((60, 60), {"frames": "::-1"}, True),
        ((60, 90), {"frames": "::-1"}, False),
    ],
)
def test_one_time_only_where_it_is_right_for_all(tmp_path, intervals, options, is_once):
    paths = [
        write(tmp_path / f"{n}.tif", black(count), interval=interval)
        for n, (count, interval) in enumerate(zip((5, 3), intervals, strict=True))
    ]
    options = {"panels": "sources", "width": "full", "timestamp": True, "event": "1min=x"} | options
    if "frames" in options:
        paths[0] = write(tmp_path / "2.tif", black(3), interval=intervals[0])
    video = t2v.convert(paths, tmp_path / "o.mkv", codec="ffv1", **ONCE, **options)
    said = [note for note in video.notes if note.startswith("each panel has times of its own")]
    assert len(said) == (not is_once)
    assert all(("; --sync time" in note) == ("sync" in options) for note in said)
    picture = t2v.render_frame(paths, 1, **ONCE, **options)
    first, second = panels_of(picture, 2, 1)
    assert says(cut(corner_of(first, "top-left")), "01:00 min")
    assert corner_of(second, "top-left").any() != is_once
    assert len(lines(corner_of(first, "bottom-left"))) == 2 - is_once


LABELS = {
    "one for all": ("{time}: both", {}, 1),
    "of a source": ("{name} both", {}, 2),
    "of a frame": ("{frame} both", {}, 2),
    "each": ("both", {"panel_marks": "each"}, 2),
}


@pytest.mark.parametrize(("label", "more", "count"), LABELS.values(), ids=LABELS)
def test_a_label_that_names_no_panel_is_written_once(label, more, count):
    stacks = [black(3)] * 2
    options = {"panels": "sources", "width": "full", "label": label, "frame_interval": 10}
    picture = t2v.render_frame(stacks, 1, **options | ONCE | more)
    assert sum(panel.any() for panel in panels_of(picture, 2, 1)) == count


def test_a_single_image_stays_beside_a_movie(tmp_path, ffmpeg):
    """It has no time, and there is nothing to end."""
    paths = [
        write(tmp_path / "movie.tif", black(5), interval=60, pixel=0.5),
        write(tmp_path / "slow.tif", black(3), interval=120, pixel=0.5),
        write(tmp_path / "still.tif", smooth(SIZE)[np.newaxis], pixel=0.5),
    ]
    options = {"panels": "sources", "width": "full", "timestamp": True, "event": "60=x"}
    options |= {"arrow": "9,9@60..120", "codec": "ffv1"}
    own = t2v.render_frame(paths[2], 0, width="full", label="still")
    for marks in ("each", "once"):
        video = t2v.convert(paths, tmp_path / f"{marks}.mkv", panel_marks=marks, **options)
        assert "still: is a single image, shown all the time" in video.notes
        assert "the panels are matched by time" in "".join(video.notes)
        recipe = t2v.read_recipe(video.path)
        assert [s.shown for s in recipe.sources] == [(0, 1, 2, 3, 4), (0, 0, 1, 1, 2), (0,) * 5]
        for number, picture in enumerate(ffmpeg.pictures(video.path, (video.height, video.width))):
            first, second, still = panels_of(picture, 3, 1)
            same = still if marks == "each" else still[:50]
            np.testing.assert_array_equal(same, own[: len(same), :, 0])
            assert (
                says(cut(corner_of(first, "top-left")[:20]), f"{number:02}:00 min") or number == 1
            )
            assert corner_of(second, "top-left").any() == (marks == "each")
    single = t2v.convert(paths[::2], tmp_path / "two.mkv", **options | {"panel_marks": "each"})
    assert not any("frame by frame" in note for note in single.notes)
    with pytest.raises(t2v.SourceError, match="timestamp: the time from frame to frame is not"):
        t2v.render_frame([paths[2]] * 2, 0, panels="sources", timestamp=True)


def test_rows_of_channels_have_one_of_each(tmp_path, ffmpeg):
    paths = []
    for name in "ab":
        paths.append(tmp_path / f"{name}.ome.tif")
        metadata = {"axes": "TCYX", "PhysicalSizeX": 0.5, "TimeIncrement": 10}
        stack = np.stack([black(3)] * 2, axis=1)
        tifffile.imwrite(paths[-1], stack, photometric="minisblack", metadata=metadata)
    options = {"panels": "both", "width": "full", "codec": "ffv1", "scale_bar": True}
    options |= {"timestamp": True, "title": "Both", "verify": True}
    video = t2v.convert(paths, tmp_path / "o.mkv", **ONCE, **options)
    shown = ffmpeg.pictures(video.path, (video.height, video.width))
    panels = panels_of(shown[video.title_frames + 2], 2, 3)
    assert [bars(panel) for panel in panels] == [[]] * 5 + [[40]]
    times = [corner_of(panel, "top-left") for panel in panels]
    assert says(cut(times[0]), "20 s")
    assert not any(time.any() for time in times[1:])
    assert all(corner_of(panel, "bottom-left").any() for panel in panels)  # names of sources


def test_the_command_line_the_name_and_the_recipe(tmp_path, cli):
    paths = [write(tmp_path / f"{n}.tif", black(3), pixel=0.5, interval=10) for n in "ab"]
    chosen = ["--panels", "sources", "--panel-marks", "once", "--scale-bar", "--timestamp"]
    planned = cli(*paths, *chosen, "--dry-run").out
    assert "2 sources side by side, 3 frames, scale bar 20 µm" in planned
    assert "panels_sources_marks_once_video.mp4" in planned
    out = tmp_path / "o.mp4"
    (made,) = json.loads(cli(*paths, *chosen, "-o", out, "--json").out)["sources"]
    assert (made["status"], made["scale_bar_um"]) == ("ok", 20)
    assert t2v.VideoSettings.load(out).panel_marks == "once"
    again = tmp_path / "again.mp4"
    assert cli(*paths, "--settings", out, "-o", again).code == 0
    assert again.read_bytes() == out.read_bytes()
    assert "--panel-marks: is for panels" in cli(paths[0], "--panel-marks", "once").err


def test_a_frame_has_its_own_limits_where_frames_before_it_are_left_out(tmp_path):
    frames = np.stack([smooth((60, 90), low=50 * t, high=900 + 300 * t) for t in range(8)])
    folders = [write_folder(tmp_path / name, frames) for name in "ab"]
    (folders[1] / "t3.tif").write_bytes((folders[1] / "t3.tif").read_bytes()[:300])
    options = {"contrast": "smooth", "on_error": "skip", "width": 120, "label": "{name}"}
    for index in (1, 2, 4, 7):
        picture = t2v.render_frame(folders, index, panels="sources", sync="frame", **options)
        own = t2v.render_frame(folders[1], index, **options)
        np.testing.assert_array_equal(picture[:, 122:], own)
