"""Bad frames among good ones: left out on demand, counted and listed, times unchanged."""

from __future__ import annotations

import json
import os

import dask.array as da
import numpy as np
import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import numbered
from helpers.video import media, numbers

import napari_tif2video as t2v

FRAMES = numbered(70)
BAD = [0, 3, 52, 69]
GOOD = [i for i in range(70) if i not in BAD]
CONTRASTS = ["local", "global", "smooth", "batch", "auto"]
SKIP = {"on_error": "skip", "width": "full"}


def spoil(path):
    """Half a file, which nobody is writing any more."""
    path.write_bytes(path.read_bytes()[:3000])
    os.utime(path, (1e9, 1e9))


@pytest.fixture
def folder(tmp_path):
    made = write_folder(tmp_path / "pos", FRAMES, name="t{:02}.tif")
    for number in BAD:
        spoil(made / f"t{number:02}.tif")
    return made


def whole(tmp_path, frames, **options):
    """The video of good frames alone."""
    folder = write_folder(tmp_path / "whole" / "pos", frames)
    return t2v.convert(folder, tmp_path / "whole.mp4", width="full", **options)


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_the_video_is_that_of_the_good_frames(tmp_path, folder, contrast):
    expected = whole(tmp_path, FRAMES[GOOD], contrast=contrast)
    video = t2v.convert(folder, tmp_path / "o.mp4", contrast=contrast, **SKIP)
    assert numbers(video.path) == GOOD
    assert media(video.path) == media(expected.path)
    assert video.limits == expected.limits
    assert (video.frames, [bad.frame for bad in video.bad_frames]) == (66, BAD)


@pytest.mark.parametrize("contrast", ["local", "global"])
def test_any_number_of_workers_gives_the_same_bytes(tmp_path, folder, contrast):
    made = {
        t2v.convert(
            folder, tmp_path / f"{workers}.mp4", contrast=contrast, workers=workers, **SKIP
        ).path.read_bytes()
        for workers in (1, 2, 5)
    }
    assert len(made) == 1


@pytest.mark.parametrize("count", [20, 21])
def test_of_many_the_first_twenty_are_named(tmp_path, cli, count):
    folder = write_folder(tmp_path / "pos", numbered(count + 2), name="t{:02}.tif")
    for number in range(count):
        (folder / f"t{number:02}.tif").write_bytes(b"II*\0 damaged")
    cli(folder, "-o", tmp_path / "o.mp4", "--on-error", "skip", "--width", "full")
    listed = ", ".join(map(str, range(20))) + ", ..." * (count > 20)
    said = cli("--inspect", tmp_path / "o.mp4").out
    assert f"left out:  {count} that cannot be read: {listed}\n" in said


def test_it_is_counted_and_listed_everywhere(tmp_path, folder, cli):
    out = tmp_path / "o.mp4"
    ended = cli(folder, "-o", out, "--on-error", "skip", "--json")
    assert ended.code == 0
    (source,) = json.loads(ended.out)["sources"]
    assert (source["status"], source["frames"]) == ("ok", 66)
    assert [(bad["frame"], bad["name"]) for bad in source["bad_frames"]] == [
        (number, f"t{number:02}.tif") for number in BAD
    ]
    assert all(bad["name"] in bad["error"] for bad in source["bad_frames"])
    assert "4 of 70 frames cannot be read, and are left out: t00.tif, t03.tif, t52.tif" in ended.err
    (line,) = (line for line in ended.err.splitlines() if line.startswith("  ok:"))
    assert line.endswith("4 bad frames left out")
    recipe = t2v.read_recipe(out)
    assert (recipe.frames, recipe.bad_frames) == (66, tuple(BAD))
    assert (recipe.first_frame, recipe.last_frame) == ("t01.tif", "t68.tif")
    assert t2v.Recipe.from_json(recipe.to_json()) == recipe
    said = cli("--inspect", out).out
    assert "left out:  4 that cannot be read: 0, 3, 52, 69" in said
    assert "66, from 1 (t01.tif) to 68 (t68.tif)" in said
    # The video is no different from what would be made now.
    again = cli(folder, "-o", out, "--on-error", "skip", "--skip-existing")
    assert (again.code, "use --overwrite" in again.err) == (0, False)


def test_a_damaged_first_file_does_not_decide_what_all_are(tmp_path):
    """Its first page is whole, and of another size; the file is cut off before its second."""
    folder = write_folder(tmp_path / "pos", FRAMES[:4])
    first = write_pages(folder / "t0.tif", numbered(2)[:, :20])
    spoil(first)
    with tifffile.TiffFile(first) as tif:
        assert tif.pages.first.shape == (20, 160)
    video = t2v.convert(folder, tmp_path / "o.mp4", **SKIP)
    assert numbers(video.path) == [1, 2, 3]
    assert [bad.frame for bad in video.bad_frames] == [0]


def test_without_being_asked_the_source_fails(folder, cli):
    ended = cli(folder, "--quiet", "--on-error", "fail")
    assert ended.code == 1
    assert "t00.tif" in ended.error_line


def test_each_frame_keeps_its_time_and_number(tmp_path):
    """A clock in the corner shows what it shows where no frame is bad."""
    options = {
        "on_error": "skip", "width": "full", "frame_interval": "30s", "timestamp": True,
        "label": "{frame}", "limits": (0, 65535),
    }  # fmt: skip
    folder = write_folder(tmp_path / "pos", np.ones((8, 100, 200), np.uint16))
    undisturbed = [t2v.render_frame(folder, i, **options) for i in range(8)]
    assert len({picture.tobytes() for picture in undisturbed}) == 8
    shown = t2v.convert(folder, tmp_path / "whole.mkv", **options | {"codec": "ffv1"})
    spoil(folder / "t2.tif")
    spoil(folder / "t5.tif")
    video = t2v.convert(folder, tmp_path / "o.mkv", **options | {"codec": "ffv1"})
    kept = [0, 1, 3, 4, 6, 7]
    packets = [packet[0] for packet in media(shown.path)[0]]
    assert [packet[0] for packet in media(video.path)[0]] == [packets[i] for i in kept]
    assert video.frame_interval_s == 30


@pytest.mark.parametrize("contrast", ["local", "global", "smooth"])
def test_a_rendered_frame_is_that_of_the_video(tmp_path, folder, contrast):
    video = t2v.convert(folder, tmp_path / "o.mkv", contrast=contrast, codec="ffv1", **SKIP)
    import av

    with av.open(str(video.path)) as container:
        planes = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    for place, number in ((0, 1), (2, 4), (50, 53), (65, 68)):
        picture = t2v.render_frame(folder, number, contrast=contrast, **SKIP)
        np.testing.assert_array_equal(picture[..., 0], planes[place])
    with pytest.raises(t2v.SourceError, match=r"t52\.tif"):
        t2v.render_frame(folder, 52, contrast=contrast, **SKIP)


def test_merged_channels_lose_the_time_point(tmp_path):
    """A bad plane of one channel takes that moment out of both."""
    planes = np.stack([FRAMES[:10], FRAMES[10:20]], axis=1)
    folder = tmp_path / "pos"
    folder.mkdir()
    for t, c in np.ndindex(10, 2):
        tifffile.imwrite(folder / f"img_t{t}_c{c}.tif", planes[t, c])
    spoil(folder / "img_t4_c1.tif")
    kept = [t for t in range(10) if t != 4]
    options = {"channel": "all", "contrast": "global", **SKIP}
    video = t2v.convert(folder, tmp_path / "o.mp4", **options)
    expected = t2v.convert(planes[kept], tmp_path / "e.mp4", axes="TCYX", **options)
    assert [bad.frame for bad in video.bad_frames] == [4]
    assert (video.frames, video.limits) == (9, expected.limits)
    assert video.frames == expected.frames


def test_slices_of_a_bad_file_are_left_out_together(tmp_path):
    volumes = FRAMES[:24].reshape(8, 3, *FRAMES.shape[1:])
    folder = write_folder(tmp_path / "pos", volumes, photometric="minisblack")
    spoil(folder / "t5.tif")
    video = t2v.convert(folder, tmp_path / "o.mp4", z=1, **SKIP)
    assert numbers(video.path) == [3 * t + 1 for t in range(8) if t != 5]


def test_pages_of_a_stack(tmp_path):
    path = write_pages(tmp_path / "s.tif", FRAMES[:20], compression="zlib")
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[7].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset : offset + 50] = b"\xff" * 50
    path.write_bytes(content)
    video = t2v.convert(path, tmp_path / "o.mp4", **SKIP)
    assert numbers(video.path) == [i for i in range(20) if i != 7]
    assert [bad.name for bad in video.bad_frames] == ["page 8 of s.tif"]


def test_blocks_of_an_array(tmp_path):
    def load(block, block_info=None):
        if block_info[0]["chunk-location"][0] == 2:
            raise OSError("the share is gone")
        return block

    array = da.from_array(FRAMES[:12], chunks=(2, -1, -1)).map_blocks(load, dtype=np.uint16)
    video = t2v.convert(array, tmp_path / "o.mp4", **SKIP)
    assert numbers(video.path) == [0, 1, 2, 3, 6, 7, 8, 9, 10, 11]
    assert [bad.frame for bad in video.bad_frames] == [4, 5]


def test_a_selection_counts_in_frames_of_the_source(tmp_path, folder):
    video = t2v.convert(folder, tmp_path / "o.mp4", frames="60:40:-2", **SKIP)
    assert [bad.frame for bad in video.bad_frames] == [52]
    assert numbers(video.path) == [i for i in range(60, 40, -2) if i != 52]


def test_a_frame_of_another_size_is_bad(tmp_path, cli):
    folder = write_folder(tmp_path / "pos", FRAMES[:6])
    tifffile.imwrite(folder / "t3.tif", FRAMES[3, :20])
    planned = cli(folder, "--dry-run", "--on-error", "skip")
    assert planned.code == 0
    assert "will be left out, among them" in planned.out
    assert "t3.tif" in planned.out
    video = t2v.convert(folder, tmp_path / "o.mp4", **SKIP)
    assert numbers(video.path) == [0, 1, 2, 4, 5]


def test_a_source_without_any_good_frame_fails(tmp_path, cli):
    folder = write_folder(tmp_path / "pos", FRAMES[:3])
    for path in folder.iterdir():
        spoil(path)
    ended = cli(folder, "--quiet", "--on-error", "skip")
    assert ended.code == 1
    assert "t0.tif" in ended.error_line
    assert not list(tmp_path.rglob("*.mp4"))


@pytest.mark.parametrize("contrast", ["batch", "global"])
def test_a_batch_measures_good_frames_only(tmp_path, contrast):
    bright = FRAMES[:6] // 2
    one = write_folder(tmp_path / "one", FRAMES[:6])
    two = write_folder(tmp_path / "two", bright)
    spoil(two / "t2.tif")
    videos = t2v.convert_batch([one, two], contrast=contrast, **SKIP)
    assert [video.status for video in videos] == ["ok", "ok"]
    assert [video.frames for video in videos] == [6, 5]
    assert [len(video.bad_frames) for video in videos] == [0, 1]
    rest = np.delete(bright, 2, axis=0)
    highest = max(FRAMES[:6].max(), rest.max()) if contrast == "batch" else rest.max()
    assert videos[1].limits[1] == highest


def test_raw_counts(tmp_path, folder):
    video = t2v.convert(folder, tmp_path / "o.mkv", raw=True, on_error="skip")
    assert video.frames == 66
    import av

    with av.open(str(video.path)) as container:
        counts = [frame.to_ndarray() for frame in container.decode(video=0)]
    np.testing.assert_array_equal(np.stack(counts), FRAMES[GOOD])


@pytest.mark.parametrize("left_out", [[99], [3, 3], [-1], "x", [[3]], [3, 4]])
def test_a_recipe_that_leaves_out_what_it_has_not_is_damaged(tmp_path, left_out):
    recipe = t2v.read_recipe(
        t2v.convert(FRAMES[:6], tmp_path / "o.mp4", width="full").path
    ).to_dict()
    recipe["frames"] |= {"count": 5, "left_out": left_out}
    with pytest.raises(t2v.SettingsError, match="damaged"):
        t2v.Recipe.from_dict(recipe)
