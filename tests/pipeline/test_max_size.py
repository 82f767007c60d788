"""Videos that must not exceed a size: they do not, look as good as it lets them, or are refused."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache

import numpy as np
import pytest
import tifffile
from helpers.frames import noise, smooth
from helpers.video import decoded, grey_of, media

import napari_tif2video as t2v


@pytest.fixture(scope="module")
def moving():
    """A pattern that moves below noise: it takes a lot, and it can be taken away bit by bit."""
    pattern = smooth((64, 128), low=8000, high=50000)
    still = noise((230, 64, 128), high=9000, seed=4)
    return np.stack([frame + np.roll(pattern, 2 * i, axis=1) for i, frame in enumerate(still)])


def psnr_of(path, source):
    pictures = np.clip(grey_of(decoded(path)), 0, 255)
    wanted = [t2v.render_frame(source, i, width="full")[..., 0] for i in range(len(source))]
    return 10 * np.log10(255**2 / np.mean((pictures - np.array(wanted, float)) ** 2))


@pytest.mark.parametrize("count", [30, 230])
def test_the_file_is_below_the_size_and_close_to_it(tmp_path, moving, count):
    source = moving[:count]
    free = t2v.convert(source, tmp_path / "free.mp4", width="full")
    for share in (0.8, 0.5):
        size = int(free.path.stat().st_size * share)
        video = t2v.convert(source, tmp_path / "o.mp4", width="full", max_size=size, overwrite=True)
        assert 0.8 * size < video.path.stat().st_size <= size
        assert video.crf > free.crf
        assert video.psnr_db == pytest.approx(psnr_of(video.path, source), abs=0.02)
        (note,) = (note for note in video.notes if "PSNR" in note)
        assert f"rate factor {video.crf}" in note
        assert f"{video.psnr_db:.1f} dB" in note


def test_a_size_that_is_no_limit_changes_nothing(tmp_path, moving):
    free = t2v.convert(moving[:60], tmp_path / "free.mp4", width=100, quality="high")
    video = t2v.convert(
        moving[:60], tmp_path / "o.mp4", width=100, quality="high", max_size="100MB"
    )
    assert media(video.path) == media(free.path)
    assert video.psnr_db > 40


@pytest.mark.parametrize("codec", ["h265", "av1", "vp9"])
def test_other_codecs(tmp_path, moving, codec):
    source = moving[:60]
    free = t2v.convert(source, output_dir=tmp_path, codec=codec, width="full")
    size = int(free.path.stat().st_size * 0.6)
    video = t2v.convert(source, output_dir=tmp_path, codec=codec, width="full", max_size=size)
    assert 0.7 * size < video.path.stat().st_size <= size
    assert 30 <= video.psnr_db < 60


@pytest.mark.parametrize("contrast", ["local", "smooth"])
def test_any_number_of_workers_gives_the_same_bytes(tmp_path, moving, contrast):
    digests = set()
    for workers in (1, 2, 4, 8):
        options = {"contrast": contrast, "max_size": "280kB", "workers": workers}
        video = t2v.convert(moving[:130], tmp_path / "o.mp4", width=128, overwrite=True, **options)
        digests.add(hashlib.sha256(video.path.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert video.crf > 19


def test_the_finished_file_counts_not_the_estimate(tmp_path, moving):
    """What is tried promises too much where it is quieter than the rest: the video is made again
    until it fits."""
    quiet = np.concatenate([moving[:150], moving[:150]])
    source = quiet.copy()
    for first in (50, 150, 250):  # each other segment
        source[first : first + 50] //= 2
        source[first : first + 50] += noise((50, 64, 128), high=30000, seed=first)
    free = t2v.convert(source, tmp_path / "free.mp4", width="full", limits=(0, 65535))
    size = int(free.path.stat().st_size * 0.6)
    options = {"width": "full", "limits": (0, 65535), "max_size": size}
    first_try = t2v.convert(quiet, tmp_path / "quiet.mp4", **options)
    video = t2v.convert(source, tmp_path / "o.mp4", **options)
    assert video.path.stat().st_size <= size
    assert first_try.crf < video.crf
    assert video.psnr_db >= 30


def test_too_little_is_refused_with_a_width_that_fits(tmp_path, cli):
    import tifffile

    tifffile.imwrite(tmp_path / "s.tif", noise((60, 128, 128), high=60000, seed=8))
    before = sorted(tmp_path.iterdir())
    ended = cli(tmp_path / "s.tif", "--max-size", "400kB", "--width", 240, "--quiet")
    assert ended.code == 1
    assert sorted(tmp_path.iterdir()) == before
    assert "400kB are too few for 60 frames of 240x240" in ended.error_line
    assert "30 dB" in ended.error_line
    width = int(re.search(r"width (\d+) would fit", ended.error_line)[1])
    ended = cli(tmp_path / "s.tif", "--max-size", "400kB", "--width", width, "--quiet")
    assert ended.code == 0
    (path,) = tmp_path.glob("*.mp4")
    assert path.name == f"s_{width}px_10fps_max400kB_video.mp4"
    assert path.stat().st_size <= 400_000


def test_where_no_width_fits_that_is_said(tmp_path):
    with pytest.raises(t2v.SourceError, match="show fewer frames"):
        t2v.convert(noise((60, 100, 100)), tmp_path / "o.mp4", width=100, max_size="20kB")
    assert list(tmp_path.iterdir()) == []


def test_trying_can_be_cancelled(tmp_path, moving):
    phases = []

    def cancel():
        return "trying" in phases

    with pytest.raises(t2v.Cancelled):
        t2v.convert(
            moving,
            tmp_path / "o.mp4",
            width=600,
            max_size="1MB",
            workers=1,
            progress=lambda progress: phases.append(progress.phase),
            cancel=cancel,
        )
    assert list(tmp_path.iterdir()) == []


def test_noise_on_a_dark_ground_leaves_little_of_the_size_unused(tmp_path):
    rows, columns = np.mgrid[:100, :120]
    rng = np.random.default_rng(1)
    frames = [
        200 + 3000 * np.exp(-((columns - 20 - i / 4) ** 2 + (rows - 50) ** 2) / 300)
        + rng.normal(0, 15, rows.shape)
        for i in range(150)
    ]  # fmt: skip
    source = np.array(frames, np.uint16)
    settings = {"width": 120, "overwrite": True}

    @cache
    def size_at(crf):
        path = t2v.convert(source, tmp_path / "c.mp4", crf=crf, **settings).path
        return path.stat().st_size

    for size in (17_000, 21_000):
        # What the file takes besides its packets is a guess.
        best = next(crf for crf in range(20, 40) if size_at(crf) <= size - 3500)
        assert t2v.convert(source, tmp_path / "o.mp4", max_size=size, **settings).crf <= best


def test_a_video_without_any_error_is_valid_json(tmp_path, cli):
    folder = tmp_path / "black"
    folder.mkdir()
    for number in range(3):
        tifffile.imwrite(folder / f"t{number}.tif", np.zeros((50, 60), np.uint16))
    ended = cli(folder, "--max-size", "1MB", "--width", 100, "--json")
    assert ended.code == 0

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    (found,) = json.loads(ended.out, parse_constant=refuse)["sources"]
    assert found["psnr_db"] is None
    assert any("no difference from the pictures" in note for note in found["notes"])


def test_a_width_that_fits_is_found_with_marks_on_the_picture(tmp_path):
    """What is drawn has its place in the large picture only."""
    stack = noise((20, 200, 300), high=4000)
    options = {"scale_bar": True, "pixel_size": 1, "label": "a label of some length", "width": 400}
    with pytest.raises(t2v.SourceError, match=r"width \d+ would fit"):
        t2v.convert(stack, tmp_path / "o.mp4", max_size="100kB", **options)


def test_progress_never_goes_beyond_its_end(tmp_path, moving):
    seen = []
    size = t2v.convert(moving, tmp_path / "free.mp4", width="full").path.stat().st_size // 2
    t2v.convert(
        moving, tmp_path / "o.mp4", width="full", max_size=size, workers=1, progress=seen.append
    )
    assert "trying" in {p.phase for p in seen}
    assert all(p.done <= p.total for p in seen)
    assert seen[-1].done == seen[-1].total


def test_a_size_that_spoils_what_was_no_sample_of_the_series(tmp_path):
    """Every other segment is noise, and those that are tried before are not."""
    y, x = np.mgrid[:64, :64]
    stack = np.repeat([32_000 + 9000 * np.sin(x / 9) * np.cos(y / 7)], 250, 0).astype(np.uint16)
    stack[50:100] = stack[150:200] = noise((50, 64, 64))
    with pytest.raises(
        t2v.SourceError, match=r"180kB are too few .*would take 2. dB, and below 30"
    ):
        t2v.convert(stack, tmp_path / "o.mp4", width="full", limits=(0, 65535), max_size="180kB")
    assert not list(tmp_path.iterdir())
