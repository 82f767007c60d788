"""Sources side by side in one video: each panel is the picture of its own video, at its time."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import noise, number_of, numbered, smooth
from helpers.video import media

import napari_tif2video as t2v
from napari_tif2video.data import FrameFormat, Stack

FRAMES = {"a": 10, "b": 4, "c": 6}
SIZES = {"a": (60, 90), "b": (80, 80), "c": (120, 60)}
INTERVALS = {"a": 60, "b": 150, "c": 60}
PIXELS = {"a": 0.5, "b": 0.25, "c": 1.0}


def waves(count, size):
    """Frames whose range grows with time."""
    return np.stack([smooth(size, low=50 + t, high=900 + 100 * t) for t in range(count)])


def write(path, frames, **metadata):
    """A file of ImageJ with its calibration."""
    path.parent.mkdir(exist_ok=True)
    pixel = metadata.pop("pixel", None)
    resolution = {} if pixel is None else {"resolution": (1 / pixel, 1 / pixel)}
    metadata |= {} if pixel is None else {"unit": "um"}
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX"} | metadata, **resolution)
    return path


def recorded(path, times_s, frames):
    """An OME-TIFF that says of each frame when it was taken."""
    plane = {"DeltaT": list(times_s), "DeltaTUnit": ["s"] * len(times_s)}
    tifffile.imwrite(path, frames, metadata={"axes": "TYX", "Plane": plane})
    return path


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    folder = tmp_path_factory.mktemp("three")
    return [
        write(
            folder / f"{name}.tif",
            waves(FRAMES[name], SIZES[name]),
            finterval=INTERVALS[name],
            pixel=PIXELS[name],
        )
        for name in FRAMES
    ]


def nearest(times, moment):
    """The frame that was recorded nearest to a moment, and of two the earlier one."""
    return min(range(len(times)), key=lambda i: (abs(times[i] - moment), i))


def cut(picture, panel):
    return picture[panel.y : panel.y + panel.height, panel.x : panel.x + panel.width]


CASES = {
    "local": {},
    "global": {"contrast": "global"},
    "auto": {"contrast": "auto"},
    "smooth": {"contrast": "smooth", "timestamp": True},
    "fixed": {"limits": (100, 800), "invert": True},
    "percentile": {"percentile": (1, 90), "crop": "40x50", "timestamp": True},
    "drawn": {"scale_bar": True, "timestamp": True, "anchor": True, "label": "{name} {frame}"},
    "scaled": {"um_per_pixel": 0.25, "width": None, "colormap": "viridis", "contrast": "global"},
}


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_each_panel_is_the_picture_of_its_own_video(tmp_path, three, options):
    options = {"width": 160, "label": "{name}"} | options
    options = {name: value for name, value in options.items() if value is not None}
    t2v.convert(three, tmp_path / "o.mp4", panels="sources", **options)
    recipe = t2v.read_recipe(tmp_path / "o.mp4")
    assert [source.source for source in recipe.sources] == ["a.tif", "b.tif", "c.tif"]
    for moment in (0, 2, 4, 5):
        picture = t2v.render_frame(three, moment, panels="sources", **options)
        assert picture.shape == (recipe.height, recipe.width, 3)
        outside = np.ones(picture.shape[:2], bool)
        for path, source, name in zip(three, recipe.sources, FRAMES, strict=True):
            times = INTERVALS[name] * np.arange(FRAMES[name])
            shown = nearest(times, 60 * moment)
            assert source.shown[moment] == shown
            own = t2v.render_frame(path, shown, **options)
            (panel,) = source.panels
            np.testing.assert_array_equal(cut(picture, panel), own)
            assert panel.x % 2 == panel.y % 2 == 0
            cut(outside, panel)[:] = False
        assert (picture[outside] == 255).all()


def test_panels_have_the_names_of_their_sources(three):
    picture = t2v.render_frame(three, 1, panels="sources", width=160)
    named = t2v.render_frame(three, 1, panels="sources", width=160, label="{name}")
    np.testing.assert_array_equal(picture, named)


def test_sources_of_one_name_are_told_apart(tmp_path):
    paths = [write_folder(tmp_path / name / "raw", waves(2, (60, 90))) for name in ("x", "y")]
    picture = t2v.render_frame(paths, 1, panels="sources", width=160)
    for number, name in enumerate(["x_raw", "y_raw"]):
        own = t2v.render_frame(paths[number], 1, label=name, width=160)
        left = number * (160 + 2)
        np.testing.assert_array_equal(picture[:106, left : left + 160], own)
    arrays = [waves(2, (60, 90))] * 2
    picture = t2v.render_frame(arrays, 1, panels="sources", width=160)
    own = t2v.render_frame(arrays[1], 1, label="array 1", width=160)
    np.testing.assert_array_equal(picture[:106, 162:], own)


def test_one_contrast_for_all(tmp_path, three):
    options = {"width": 120, "panels": "sources"}
    video = t2v.convert(three, tmp_path / "o.mp4", contrast="batch", **options)
    lows, highs = zip(*(((50, 900 + 100 * (n - 1))) for n in FRAMES.values()), strict=True)
    assert video.limits == ((min(lows), max(highs)),) * 3
    fixed = t2v.convert(three, tmp_path / "f.mp4", limits=(min(lows), max(highs)), **options)
    assert media(video.path)[0] == media(fixed.path)[0]
    assert t2v.read_recipe(video.path).batch == ("a.tif", "b.tif", "c.tif")
    picture = t2v.render_frame(three, 3, contrast="batch", **options)
    same = t2v.render_frame(three, 3, limits=(min(lows), max(highs)), **options)
    np.testing.assert_array_equal(picture, same)


def test_a_source_of_other_channels_keeps_its_own_range(tmp_path, three):
    both = channels(tmp_path / "both.ome.tif")
    options = {"width": 120, "panels": "sources", "channel": "all"}
    video = t2v.convert([*three[:2], both], tmp_path / "o.mp4", contrast="batch", **options)
    alone = t2v.convert(both, tmp_path / "a.mp4", contrast="global", channel="all")
    assert video.limits[0] == video.limits[1]
    assert video.limits[2:] == alone.limits


def test_another_contrast_rule_for_each_is_refused(three):
    stack = t2v.open_stack(three[0])
    shown = Stack.of(stack.frames, "shown")
    channel = shown.channels[0]
    display = type(channel.display)(limits=(0, 900))
    shown = type(shown)((type(channel)(channel.frames, display),), "shown")
    with pytest.raises(t2v.SourceError, match=r"different contrast rules \(a local, shown display"):
        t2v.render_frame([three[0], shown], 0, panels="sources")


IRREGULAR = {
    "offset": ([0, 10, 20, 30], [16, 26, 36, 46]),
    "recorded times": ([0, 9.2, 20.1, 30.7, 39.9, 50.3], [3, 30, 57]),
    "a burst": ([0, 1, 2, 3, 4], [0, 10, 20]),
    "ties": ([0, 10, 20, 30, 40], [0, 20, 40]),
    "fractions": (np.arange(11) * 0.1, np.arange(4) * 0.3),
    "one frame": ([0, 10, 20], [10]),
}


@pytest.mark.parametrize("times", IRREGULAR.values(), ids=IRREGULAR)
def test_what_was_recorded_nearest_is_shown(tmp_path, ffmpeg, times):
    paths = [
        recorded(tmp_path / f"{n}.ome.tif", each, numbered(len(each), first=100 * n))
        for n, each in enumerate(times)
    ]
    video = t2v.convert(paths, tmp_path / "o.mp4", panels="sources", width=320, label="x")
    steps = [np.median(np.diff(each)) for each in times if len(each) > 1]
    step = min(steps)
    fastest = times[steps.index(step)]
    moments = list(fastest)
    # Continued at its step until no other is nearer to the end.
    first, last = (min(t[0] for t in times), max(t[-1] for t in times))
    while abs(moments[-1] + step - last) <= abs(moments[-1] - last) + 1e-9:
        moments.append(moments[-1] + step)
    while abs(moments[0] - step - first) <= abs(moments[0] - first) + 1e-9:
        moments.insert(0, moments[0] - step)
    assert video.frames == len(moments)
    recipe = t2v.read_recipe(video.path)
    shown = ffmpeg.pictures(video.path, (recipe.height, recipe.width))[..., 0]
    for number, each in enumerate(times):
        (panel,) = recipe.sources[number].panels
        expected = [nearest(np.round(each, 6), round(moment, 6)) for moment in moments]
        found = [number_of(cut(picture, panel)) - 100 * number for picture in shown]
        assert found == expected == list(recipe.sources[number].shown)
        assert set(found) == set(range(len(each)))


def test_the_interval_may_be_given(tmp_path):
    paths = [write(tmp_path / f"{i}.tif", waves(7, (60, 60)), finterval=i) for i in (10, 15)]
    video = t2v.convert(paths, tmp_path / "o.mp4", panels="sources", sync_interval="30s", width=100)
    sources = t2v.read_recipe(video.path).sources
    assert [source.shown for source in sources] == [(0, 3, 6, 6), (0, 2, 4, 6)]
    assert any("10: 4 of 7 frames" in note for note in video.notes)
    assert (video.frames, video.frame_interval_s) == (4, 30)


def test_what_has_ended_or_not_begun_is_marked(tmp_path):
    times = [np.arange(6) * 10, 20 + np.arange(2) * 10]
    paths = [
        recorded(tmp_path / f"{n}.ome.tif", each, waves(len(each), (60, 90)))
        for n, each in enumerate(times)
    ]
    options = {"width": 200, "timestamp": True, "label": "x"}
    own = [t2v.render_frame(paths[1], n, **options) for n in range(2)]
    for moment, (shown, is_marked) in enumerate([(0, 1), (0, 1), (0, 0), (1, 0), (1, 1), (1, 1)]):
        picture = t2v.render_frame(paths, moment, panels="sources", **options)
        differs = (picture[:, 202:] != own[shown]).any(-1)
        assert differs.any() == is_marked
        rows, columns = np.nonzero(differs)
        if is_marked:  # in the middle, and nowhere else
            assert abs(rows.mean() - 67) < 6
            assert abs(columns.mean() - 100) < 8
            assert (
                differs[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].mean() > 0.3
            )
            assert columns.max() - columns.min() < 120
            assert rows.max() - rows.min() < 40
    words = [
        t2v.render_frame(paths, moment, panels="sources", **options)[:, 202:] for moment in (1, 4)
    ]
    marks = [(word != own[n]).any(-1).any(0) for n, word in enumerate(words)]
    assert marks[0].sum() > marks[1].sum()  # "not begun" is longer than "ended"


def test_frame_by_frame_where_times_are_not_known(tmp_path, three):
    plain = write_folder(tmp_path / "plain", waves(3, (60, 90)))
    sources = [three[1], plain]
    video = t2v.convert(sources, tmp_path / "o.mp4", panels="sources", width=100)
    assert [s.shown for s in t2v.read_recipe(video.path).sources] == [(0, 1, 2, 3), (0, 1, 2, 2)]
    assert any("frame by frame, as the times of plain are not known" in n for n in video.notes)
    own = t2v.render_frame(plain, 2, width=100, label="{name}")
    pictures = [t2v.render_frame(sources, n, panels="sources", width=100) for n in (2, 3)]
    (panel,) = t2v.read_recipe(video.path).sources[1].panels
    np.testing.assert_array_equal(cut(pictures[0], panel), own)
    assert (cut(pictures[1], panel) != own).any()  # it has ended
    given = t2v.convert(
        sources, tmp_path / "g.mp4", panels="sources", width=100, frame_interval="1min"
    )
    assert not any("frame by frame" in note for note in given.notes)


def test_frame_by_frame_where_it_is_asked_for(tmp_path, three):
    video = t2v.convert(three, tmp_path / "o.mp4", panels="sources", width=100, sync="frame")
    shown = [source.shown for source in t2v.read_recipe(video.path).sources]
    assert shown == [tuple(min(m, n - 1) for m in range(10)) for n in FRAMES.values()]
    assert not any("match" in note for note in video.notes)


def test_reversed_frames_go_frame_by_frame(tmp_path, three):
    video = t2v.convert(three, tmp_path / "o.mp4", panels="sources", width=100, frames="::-1")
    source = t2v.read_recipe(video.path).sources[0]
    assert source.shown == tuple(range(9, -1, -1))
    assert any("do not grow" in note for note in video.notes)


def channels(path, count=2, frames=5):
    stack = np.stack(
        [
            [smooth((60, 90), low=c, high=900 * (c + 1) + t) for c in range(count)]
            for t in range(frames)
        ]
    )
    tifffile.imwrite(path, stack, photometric="minisblack", metadata={"axes": "TCYX"})
    return path


def test_rows_of_sources_and_columns_of_channels(tmp_path):
    paths = [channels(tmp_path / f"{name}.ome.tif") for name in "ab"]
    options = {"width": 120, "contrast": "global"}
    video = t2v.convert(paths, tmp_path / "o.mp4", panels="both", verify=True, **options)
    recipe = t2v.read_recipe(video.path)
    assert [len(source.panels) for source in recipe.sources] == [3, 3]
    assert [[p.y for p in s.panels] for s in recipe.sources] == [[0] * 3, [82] * 3]
    assert [p.channels for p in recipe.sources[1].panels] == [(2,), (3,), (2, 3)]
    picture = t2v.render_frame(paths, 2, panels="both", **options)
    for path, source in zip(paths, recipe.sources, strict=True):
        for panel, channel in zip(source.panels, (0, 1, "all"), strict=True):
            own = t2v.render_frame(path, 2, channel=channel, legend=True, label="{name}", **options)
            np.testing.assert_array_equal(cut(picture, panel), own)


def test_merged_channels_side_by_side(tmp_path):
    paths = [channels(tmp_path / f"{name}.ome.tif") for name in "ab"]
    options = {"width": 120, "channel": "all"}
    picture = t2v.render_frame(paths, 2, panels="sources", **options)
    own = t2v.render_frame(paths[1], 2, label="{name}", **options)
    np.testing.assert_array_equal(picture[:, 122:], own)


def test_a_panel_of_each_channel(tmp_path):
    path = channels(tmp_path / "a.ome.tif", 3)
    video = t2v.convert(path, tmp_path / "o.mp4", panels="sources", channel="each", width=120)
    recipe = t2v.read_recipe(video.path)
    picture = t2v.render_frame([path], 2, panels="sources", channel="each", width=120)
    for channel, source in enumerate(recipe.sources):
        own = t2v.render_frame(path, 2, channel=channel, label="{name} {channel}", width=120)
        np.testing.assert_array_equal(cut(picture, source.panels[0]), own)


def test_a_panel_of_each_position(tmp_path):
    path = tmp_path / "p.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for well in range(2):
            frames = waves(3, (60, 90)) + 50 * well
            metadata = {"axes": "TYX", "Name": f"well {well}"}
            writer.write(frames, photometric="minisblack", metadata=metadata)
    options = {"panels": "sources", "position": "each", "width": 120, "contrast": "batch"}
    video = t2v.convert(path, output_dir=tmp_path, **options)
    assert video.channels == ("p well 0", "p well 1")
    assert video.path.name.startswith("p-well-0_p-well-1_120px")
    picture = t2v.render_frame([path], 1, **options)
    limits = (50, 1150)
    own = t2v.render_frame(path, 1, position=1, width=120, limits=limits, label="p well 1")
    np.testing.assert_array_equal(picture[:, 122:], own)


@pytest.mark.parametrize("contrast", ["local", "global", "smooth"])
def test_workers_and_memory_change_no_byte(tmp_path, contrast):
    paths = [
        write(tmp_path / f"{n}.tif", waves(count, (40, 50)), finterval=step)
        for n, (count, step) in enumerate([(130, 10), (40, 35)])
    ]
    made = {
        t2v.convert(
            paths,
            tmp_path / f"{workers}_{budget}.mp4",
            panels="sources",
            width=100,
            contrast=contrast,
            timestamp=True,
            panel_marks="once",
            workers=workers,
            memory_budget=budget,
        ).path.read_bytes()
        for workers, budget in ((1, None), (2, 0), (5, None))
    }
    assert len(made) == 1


def test_a_run_that_was_stopped_is_gone_on_with(tmp_path):
    paths = [
        write(tmp_path / f"{n}.tif", waves(count, (40, 50)), finterval=step)
        for n, (count, step) in enumerate([(230, 10), (60, 35)])
    ]
    options = {
        "panels": "sources",
        "width": 100,
        "contrast": "global",
        "title": "both",
        "workers": 1,
    }
    whole = t2v.convert(paths, tmp_path / "w.mp4", **options)
    kept = tmp_path / "o.mp4"

    def is_enough():
        found = list(tmp_path.glob("*.resume"))
        return bool(found) and found[0].stat().st_size > 5000

    with pytest.raises(t2v.Cancelled):
        t2v.convert(paths, kept, resume=True, cancel=is_enough, **options)
    video = t2v.convert(paths, kept, resume=True, **options)
    assert any("of 5 segments are those of a run that was stopped" in n for n in video.notes)
    assert kept.read_bytes() == whole.path.read_bytes()


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_dask_arrays_are_what_their_frames_are(tmp_path, contrast):
    import dask.array as da

    frames = [waves(60, (40, 60)), waves(25, (60, 60))]
    arrays = [
        da.from_array(each, chunks=chunks)
        for each, chunks in zip(frames, ((10, -1, -1), (7, 30, -1)), strict=True)
    ]
    options = {"panels": "sources", "width": 100, "contrast": contrast}
    made = [
        t2v.convert(sources, tmp_path / f"{number}.mp4", **options).path.read_bytes()
        for number, sources in enumerate((frames, arrays))
    ]
    assert made[0] == made[1]


class CountedFrames:
    """Frames that tell how often each was read."""

    format = FrameFormat((40, 60), np.dtype(np.uint16))
    chunk_starts = None

    def __init__(self, numbers, reads):
        self.numbers, self.reads = list(numbers), reads

    def __len__(self):
        return len(self.numbers)

    def label(self, index):
        return f"frame {self.numbers[index]}"

    def select(self, indices):
        return CountedFrames([self.numbers[i] for i in indices], self.reads)

    def read_frames(self, box):
        for number in self.numbers:
            self.reads.append(number)
            yield smooth((40, 60), high=1000 + number)[box.rows, box.columns]


def test_what_is_shown_for_long_is_not_read_for_each_frame(tmp_path):
    reads = ([], [])
    stacks = [
        Stack.of(CountedFrames(range(count), found), name)
        for name, count, found in zip("ab", (100, 2), reads, strict=True)
    ]
    stacks = [
        stack.calibrated(stack.calibration.given(None, step))
        for stack, step in zip(stacks, (1, 60), strict=True)
    ]
    t2v.convert(stacks, tmp_path / "o.mp4", panels="sources", width=100)
    assert sorted(reads[0]) == list(range(100))
    # Once for each task of up to eight frames, not for each of 100.
    assert set(reads[1]) == {0, 1}
    assert len(reads[1]) <= 16


def test_frames_that_cannot_be_read_are_left_out(tmp_path):
    folders = [write_folder(tmp_path / name, waves(8, (60, 90))) for name in "ab"]
    (folders[1] / "t3.tif").write_bytes((folders[1] / "t3.tif").read_bytes()[:300])
    options = {"panels": "sources", "width": 100, "frame_interval": 60}
    with pytest.raises(t2v.SourceError, match="t3"):
        t2v.convert(folders, tmp_path / "o.mp4", **options)
    video = t2v.convert(folders, tmp_path / "o.mp4", on_error="skip", **options)
    recipe = t2v.read_recipe(video.path)
    assert [source.bad_frames for source in recipe.sources] == [(), (3,)]
    # Of the frames before and after it, which are as near, the earlier one.
    assert recipe.sources[1].shown == (0, 1, 2, 2, 4, 5, 6, 7)
    assert [(bad.frame, bad.name) for bad in video.bad_frames] == [(3, "b: t3.tif")]


@pytest.mark.parametrize("ending", [".gif", ".mkv", ".mov", ".webm"])
def test_other_formats(tmp_path, ffmpeg, three, ending):
    options = {"panels": "sources", "width": 120, "timestamp": True, "panel_marks": "once"}
    video = t2v.convert(three, tmp_path / f"o{ending}", verify=True, **options)
    shown = ffmpeg.pictures(video.path, (video.height, video.width))
    assert len(shown) == 10
    for moment in (2, 9):
        expected = t2v.render_frame(three, moment, **options).astype(int)
        assert np.abs(shown[moment].astype(int) - expected).mean() < 3


def test_a_size_is_kept_and_a_width_that_fits_is_named(tmp_path):
    frames = smooth((120, 160), high=3600) + noise((20, 120, 160), high=600)
    paths = [write(tmp_path / f"{n}.tif", frames, finterval=1) for n in range(2)]
    options = {"panels": "sources", "width": 240, "max_size": "25kB", "panel_marks": "once"}
    options |= {"scale_bar": True, "pixel_size": 0.5, "timestamp": True}
    with pytest.raises(t2v.SourceError, match=r"width (\d+) would fit") as caught:
        t2v.convert(paths, tmp_path / "o.mp4", **options)
    width = int(str(caught.value).rpartition("width ")[2].split()[0])
    video = t2v.convert(paths, tmp_path / "o.mp4", **options | {"width": width})
    assert video.path.stat().st_size <= 25_000


def test_the_command_line_its_names_and_its_facts(tmp_path, cli, three):
    folder = three[0].parent
    done = cli(*three, "--panels", "sources", "--dry-run", "--json", "--width", 120)
    (planned,) = json.loads(done.out)["sources"]
    name = "a_b_c_120px_10fps_panels_sources_video.mp4"
    assert planned["output"] == str(folder / name)
    assert planned["frames"] == 10
    assert [source["frames"] for source in planned["sources"]] == [10, 4, 6]
    assert planned["sources"][1]["shown"] == [0, 0, 1, 1, 2, 2, 2, 3, 3, 3]
    words = cli(*three, "--panels", "sources", "--dry-run").out
    assert "3 sources side by side, 10 frames" in words
    assert all(f"  {name}: {n} images" in words for name, n in FRAMES.items())
    out = tmp_path / "o.mp4"
    done = cli(
        *three, "--panels", "sources", "-o", out, "--json", "--contrast", "batch", "--verify"
    )
    assert done.code == 0
    (video,) = json.loads(done.out)["sources"]
    assert (video["status"], video["frames"], len(video["channels"])) == ("ok", 10, 3)
    assert "1 total, 1 successful" in done.err
    again = cli(*three, "--settings", out, "-o", tmp_path / "again.mp4")
    assert again.code == 0
    assert "measured anew over the 3 sources" in again.err
    assert (tmp_path / "again.mp4").read_bytes() == out.read_bytes()
    numbers = cli(*three, "--settings", out, "--reuse", "numbers", "-o", tmp_path / "numbers.mp4")
    assert numbers.code == 0
    assert media(tmp_path / "numbers.mp4")[0] == media(out)[0]
    told = cli("--inspect", out).out
    assert told.count("source: ") == 3
    assert "b.tif, 80x80 uint16" in told


def test_limits_of_each_are_not_those_of_others(tmp_path, three):
    video = t2v.convert(three, tmp_path / "o.mp4", panels="sources", contrast="global", width=100)
    with pytest.raises(t2v.SettingsError, match="each source had limits of its own"):
        t2v.VideoSettings.load(video.path, reuse="numbers")
    assert t2v.VideoSettings.load(video.path).contrast == "global"


def test_many_sources_have_a_short_name(tmp_path, cli):
    for n in range(5):
        write(tmp_path / f"s{n}.tif", waves(2, (60, 60)), finterval=1)
    done = cli(str(tmp_path / "s*.tif"), "--panels", "sources", "--dry-run", "--json")
    (planned,) = json.loads(done.out)["sources"]
    assert planned["output"].endswith("/s0_s1_3_more_500px_10fps_panels_sources_video.mp4")
    assert planned["source"].endswith("s1.tif, 3 more")


def test_a_batch_is_one_video(tmp_path, three):
    (video,) = t2v.convert_batch(three, output_dir=tmp_path, panels="sources", width=100)
    assert (video.status, video.frames) == ("ok", 10)


REFUSED = {
    "one source": (lambda three: three[:1], {}, "for several sources"),
    "times that are not known": (
        lambda three: [three[0], waves(3, (60, 60))],
        {"sync": "time"},
        "of array the times are not known",
    ),
    "a hundred thousand frames": (
        lambda three: three,
        {"sync_interval": "1ms"},
        "sync-interval",
    ),
    "sides that no codec takes": (lambda three: three * 3, {"width": 4000}, "sides of"),
    "one that cannot be read": (lambda three: [*three, "nowhere.tif"], {}, "nowhere"),
    "a channel of one channel": (lambda three: three, {"panels": "both"}, "several channels"),
    "raw": (lambda three: three, {"raw": True}, "leave out"),
    "sync of one picture": (lambda three: three[0], {"panels": None, "sync": "time"}, "sync: is"),
    "times by number": (
        lambda three: three,
        {"sync": "frame", "sync_interval": 3},
        "is for --sync time",
    ),
}


@pytest.mark.parametrize(("sources", "options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path, three, sources, options, message):
    with pytest.raises(t2v.Tif2VideoError, match=message):
        t2v.convert(sources(three), tmp_path / "o.mp4", **{"panels": "sources"} | options)
    assert list(tmp_path.iterdir()) == []


def test_what_is_drawn_is_that_of_each_source(tmp_path):
    paths = []
    for name, count, interval in (("a", 6, 10), ("b", 3, 20)):
        paths.append(write(tmp_path / f"{name}.tif", waves(count, (60, 90)), finterval=interval))
        rows = [f"{n},{t},{9 + 4 * t},{20 * n + 5 * t}" for n in (1, 2, 3) for t in range(count)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["track_id,frame,y,x", *rows]))
        write_folder(tmp_path / f"masks_{name}", waves(count, (60, 90)) // 300)
    options = {"width": 180, "tracks": str(tmp_path / "{name}.csv"), "tracks_ids": True}
    for more in ({}, {"segmentation": str(tmp_path / "masks_{name}"), "frames": ":3"}):
        chosen = options | more
        video = t2v.convert(
            paths, tmp_path / f"{len(more)}.mp4", panels="sources", verify=True, **chosen
        )
        recipe = t2v.read_recipe(video.path)
        for moment in (0, 2):  # before the first source has ended
            picture = t2v.render_frame(paths, moment, panels="sources", **chosen)
            for path, source in zip(paths, recipe.sources, strict=True):
                own = t2v.render_frame(path, source.shown[moment], label="{name}", **chosen)
                np.testing.assert_array_equal(cut(picture, source.panels[0]), own)
                bare = t2v.render_frame(path, source.shown[moment], label="{name}", width=180)
                assert (own != bare).any()
    track = np.array([[1, t, 30, 20 + 10 * t] for t in range(3)])
    picture, bare = (
        t2v.render_frame(paths, 2, panels="sources", width=180, **drawn)
        for drawn in ({"tracks": track}, {})
    )
    assert (picture[:, :180] != bare[:, :180]).any()
    assert (picture[:, 182:] != bare[:, 182:]).any()


def test_each_source_is_stabilised_by_itself():
    rows, columns = np.mgrid[:80, :100]
    spots = 900 * np.exp(-((rows % 19 - 9) ** 2 + (columns % 23 - 11) ** 2) / 20) + 3 * rows
    scene = spots.astype(np.uint16)
    stacks = [
        np.stack([scene[5 + t : 65 + t, 5:85] for t in range(6)]),
        np.stack([scene[10:60, 2 * t : 70 + 2 * t] for t in range(6)]),
    ]
    options = {"stabilise": True, "width": 120}
    picture = t2v.render_frame(stacks, 4, panels="sources", **options)
    for number, stack in enumerate(stacks):
        own = t2v.render_frame(stack, 4, label=f"array {number}", **options)
        top = (picture.shape[0] - own.shape[0]) // 4 * 2
        left = number * 122
        np.testing.assert_array_equal(picture[top : top + own.shape[0], left : left + 120], own)
