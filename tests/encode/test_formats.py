"""Every format: what ffprobe says about it, what comes out of it, and which bytes go in."""

from __future__ import annotations

import hashlib
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.frames import noise, number_of, numbered, smooth
from helpers.video import media

import napari_tif2video as t2v
from napari_tif2video.encode.container import VideoWriter
from napari_tif2video.encode.encoder import Encoder, encode_segment
from napari_tif2video.planning import guessed_bytes, plan
from napari_tif2video.settings.codecs import CODECS, CONTAINERS

LOSSY = {
    "h264": ("h264", "High", "yuv420p"),
    "h265": ("hevc", "Main 10", "yuv420p10le"),
    "av1": ("av1", "Main", "yuv420p10le"),
    "vp9": ("vp9", "Profile 0", "yuv420p"),
    "prores": ("prores", "HQ", "yuv422p10le"),
    "mpeg4": ("mpeg4", "Simple Profile", "yuv420p"),
}
TAGS = {"h264": "avc1", "h265": "hvc1", "av1": "av01", "mpeg4": "mp4v", "prores": "apch"}
EVERYWHERE = [(codec, ending) for codec, facts in CODECS.items() for ending in facts.endings]


def facts_of(ffmpeg, video, *names):
    found = ffmpeg.facts(video.path)
    return {name: found.get(name) for name in names}


@pytest.mark.parametrize(("codec", "ending"), EVERYWHERE)
def test_facts(tmp_path, ffmpeg, codec, ending):
    video = t2v.convert(numbered(51), tmp_path / f"o{ending}", codec=codec, width="full", fps=25)
    found = ffmpeg.facts(video.path)
    assert (found["width"], found["height"], found["nb_read_frames"]) == (160, 48, "51")
    assert Fraction(found["avg_frame_rate"]) == Fraction(found["r_frame_rate"]) == 25
    assert float(found["container"]["duration"]) == pytest.approx(51 / 25, abs=2e-3)
    assert float(found["container"].get("start_time", 0)) == 0
    if codec in LOSSY:
        assert (found["codec_name"], found["profile"], found["pix_fmt"]) == LOSSY[codec]
        assert found["color_range"] == "tv"
        colours = ("color_space", "color_transfer", "color_primaries")
        assert [found.get(name) for name in colours] == ["bt709"] * 3
    else:
        assert found["codec_name"] == codec
    if ending in (".mp4", ".mov"):
        assert found["codec_tag_string"] == TAGS[codec]
    assert video.codec == codec


RATES = ["1", "10", "24000/1001", "30000/1001", "23.976", "29.97", "7/3", "12.3456", "120"]


IN_MS = [(".mkv", fps, count) for fps in RATES for count in (1, 2, 51)]
IN_MS += [(".webm", fps, 51) for fps in RATES]
IN_MS += [(".webm", fps, count) for fps in ("1", "29.97") for count in (1, 2)]


@pytest.mark.parametrize(("ending", "fps", "count"), IN_MS)
def test_rates_are_exact_where_times_are_counted_in_ms(tmp_path, ffmpeg, ending, fps, count):
    video = t2v.convert(numbered(count)[:, :24], tmp_path / f"o{ending}", width=100, fps=fps)
    found = ffmpeg.facts(video.path)
    assert Fraction(found["avg_frame_rate"]) == Fraction(fps)
    assert found["nb_read_frames"] == str(count)
    seconds = float(count / Fraction(fps))
    assert float(found["container"]["duration"]) == pytest.approx(seconds, abs=1e-3)


@pytest.mark.parametrize(("fps", "note"), [(10, False), (25, False), (30, True), ("29.97", True)])
def test_a_gif_keeps_the_rate_on_average_and_says_so(tmp_path, ffmpeg, fps, note):
    video = t2v.convert(numbered(61), tmp_path / "o.gif", width="full", fps=fps)
    assert any("1/100 s" in text for text in video.notes) == note
    found = ffmpeg.facts(video.path)
    assert float(found["duration"]) == pytest.approx(float(61 / video.fps), abs=0.01)
    assert found["nb_read_frames"] == "61"


@pytest.mark.parametrize("codec", CODECS)
def test_every_frame_is_there_once_and_in_order(tmp_path, ffmpeg, codec):
    stack = numbered(101, noise=20000)
    video = t2v.convert(stack, output_dir=tmp_path, codec=codec, width="full")
    assert video.path.suffix == CODECS[codec].endings[0]
    pictures = ffmpeg.pictures(video.path, (48, 160))
    assert [number_of(picture[..., 1]) for picture in pictures] == list(range(101))


@pytest.mark.parametrize("codec", CODECS)
def test_decoded_frames_are_those_of_render_frame(tmp_path, ffmpeg, codec):
    grey = np.stack([smooth((96, 160), low=i, high=3000 + 100 * i) for i in range(12)])
    for stack in (grey, np.stack([grey, grey[:, ::-1], grey // 2], axis=-1)):
        video = t2v.convert(stack, output_dir=tmp_path, codec=codec, width=120, overwrite=True)
        pictures = ffmpeg.pictures(video.path, (video.height, video.width)).astype(float)
        for index in (0, 1, 11):
            difference = pictures[index] - t2v.render_frame(stack, index, width=120)
            assert np.abs(difference).mean() < (3 if codec == "gif" else 1.5)
            assert np.abs(difference.mean(axis=(0, 1))).max() < 0.7
            assert np.abs(difference).max() < (36 if codec == "gif" else 24)


@pytest.mark.parametrize("codec", CODECS)
def test_the_anchor_is_red(tmp_path, ffmpeg, codec):
    stack = np.full((3, 100, 100), 128, np.uint8)
    options = {"width": "full", "limits": (0, 255), "anchor": True}
    video = t2v.convert(stack, output_dir=tmp_path, codec=codec, **options)
    for red, green, blue in ffmpeg.pictures(video.path, (100, 100))[:, 50, 50].astype(int):
        assert red > 220
        assert max(green, blue) < 40


@pytest.mark.parametrize("codec", CODECS)
def test_any_number_of_workers_gives_the_same_bytes(tmp_path, codec):
    stack = noise((103, 32, 100), high=20000, seed=3)
    for index, frame in enumerate(stack):
        frame[5:20, index % 80 : index % 80 + 15] += 30000
    colours = np.stack([stack, stack[::-1], stack // 2], axis=-1)
    for source in (stack, colours) if codec in ("gif", "ffv1") else (stack,):
        digests = set()
        for workers in (1, 2, 4, 8, 2):
            video = t2v.convert(
                source, output_dir=tmp_path, codec=codec, width=100, workers=workers, overwrite=True
            )
            digests.add(hashlib.sha256(video.path.read_bytes()).hexdigest())
        assert len(digests) == 1


@pytest.mark.parametrize("codec", CODECS)
def test_joining_changes_no_pixel(tmp_path, ffmpeg, codec):
    """The segments as videos of their own, decoded by another program, are the whole video."""
    stack = noise((70, 32, 100), high=60000, seed=5)
    stack[:, 8:24, 20:60] = smooth((16, 40))
    options = {"codec": codec, "width": "full", "limits": (0, 65535), "output_dir": tmp_path}
    whole, *parts = (
        ffmpeg.pictures(t2v.convert(s, overwrite=True, **options).path, (32, 100))
        for s in (stack, stack[:50], stack[50:])
    )
    np.testing.assert_array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize(("codec", "other"), [("h264", {"quality": "high"}), ("gif", {})])
def test_segments_that_do_not_fit_are_not_joined(tmp_path, codec, other):
    pictures = np.zeros((2, 32, 100, 3), np.uint8)
    palettes = [bytes(range(256)) * 3, bytes(768)] if codec == "gif" else [b"", b""]
    container = CONTAINERS[CODECS[codec].endings[0]]
    colour = {"codec": CODECS[codec], "container": container, "has_colour": True}
    first = Encoder(32, 100, Fraction(10), **colour, palette=palettes[0])
    second = Encoder(32, 100, Fraction(10), **colour | other, palette=palettes[1])
    writer = VideoWriter(tmp_path / "o.video", first)
    writer.append(encode_segment(pictures, first))
    with pytest.raises(t2v.EncodingError, match="cannot be joined"):
        writer.append(encode_segment(pictures, second))
    writer.close()


def blocks(path, ffmpeg, pix_fmt):
    """The mean luma of each of 16x16 blocks of 16 px."""
    wide = np.dtype("<u2") if pix_fmt.endswith("10le") else np.dtype(np.uint8)
    raw = np.frombuffer(ffmpeg._raw(path, pix_fmt).tobytes(), wide)
    luma = raw[: 256 * 256].reshape(16, 16, 16, 16).astype(float)
    return luma.mean(axis=(1, 3)).ravel()


@pytest.mark.parametrize("mine", [None, "0", "3"])
def test_the_environment_is_as_before(tmp_path, monkeypatch, capfd, mine):
    """SVT-AV1 prints its settings unless a variable forbids it, which is not ours to keep."""
    monkeypatch.delenv("SVT_LOG", raising=False)
    if mine is not None:
        monkeypatch.setenv("SVT_LOG", mine)
    before = dict(os.environ)
    t2v.convert(numbered(120), tmp_path / "o.mp4", codec="av1", width=100, workers=3)
    assert dict(os.environ) == before
    assert mine == "3" or "Svt[info]" not in capfd.readouterr().err


@pytest.mark.parametrize("codec", ["h265", "av1", "prores"])
def test_ten_bits_keep_all_grey_levels_apart(tmp_path, ffmpeg, codec):
    levels = np.random.default_rng(1).permutation(256).astype(np.uint8).reshape(16, 16)
    stack = np.repeat(np.repeat(levels, 16, axis=0), 16, axis=1)[np.newaxis]
    options = {"width": "full", "limits": (0, 255), "quality": "high"}
    ten = t2v.convert(stack, output_dir=tmp_path, codec=codec, **options)
    shown = (blocks(ten.path, ffmpeg, LOSSY[codec][2]) - 64) * 255 / 876
    np.testing.assert_array_equal(np.rint(shown), levels.ravel())
    eight = t2v.convert(stack, tmp_path / "eight.mp4", **options)
    luma = np.rint(blocks(eight.path, ffmpeg, "yuv420p"))
    assert len(set(luma)) <= 220  # what the other 36 would need is not there


LOSSLESS = {
    "grey": {},
    "grey with a red dot": {"anchor": True},
    "colormap": {"colormap": "magma"},
    "channels": {"axes": "TCYX", "channel": "all"},
}


@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.parametrize("ending", [".mkv", ".gif"])
def test_what_is_without_loss(tmp_path, ffmpeg, kind, ending):
    """FFV1 always; GIF where all colours are known beforehand."""
    options = LOSSLESS[kind] | {"width": 120}
    stack = noise((53, 2, 40, 100), high=5000) if kind == "channels" else noise((53, 40, 100))
    video = t2v.convert(stack, tmp_path / f"o{ending}", quality="standard", **options)
    pictures = ffmpeg.pictures(video.path, (video.height, video.width))
    wanted = np.stack([t2v.render_frame(stack, i, **options) for i in range(53)])
    if ending == ".gif" and kind in ("grey with a red dot", "channels"):
        assert np.abs(pictures.astype(float) - wanted).mean() < 6
    else:
        np.testing.assert_array_equal(pictures, wanted)
    pix_fmt = {"grey": "gray"}.get(kind, "bgr0") if ending == ".mkv" else "bgra"
    assert ffmpeg.facts(video.path)["pix_fmt"] == pix_fmt


def test_lossless_is_what_ffv1_is(tmp_path):
    stack = numbered(3)
    first = t2v.convert(stack, tmp_path / "a.mkv", quality="lossless")
    second = t2v.convert(stack, tmp_path / "b.mkv", codec="ffv1")
    assert media(first.path) == media(second.path)


@pytest.mark.parametrize("codec", [name for name, facts in CODECS.items() if facts.rates])
def test_qualities_and_rate_factors_change_the_size(tmp_path, codec):
    stack = noise((5, 64, 100), low=20000, high=40000)
    options = [{"quality": q} for q in ("draft", "standard", "high")]
    if CODECS[codec].crf_range:
        low, high = CODECS[codec].crf_range
        options = [{"crf": high}, *options, {"crf": low}]
        standard = dict(CODECS[codec].rates)["standard"]
        same = [{"crf": standard}, {"quality": "standard"}]
        contents = [
            media(t2v.convert(stack, output_dir=tmp_path, codec=codec, overwrite=True, **o).path)
            for o in same
        ]
        assert contents[0] == contents[1]
    videos = [
        t2v.convert(stack, output_dir=tmp_path, codec=codec, **o, overwrite=True) for o in options
    ]
    sizes = [v.path.stat().st_size for v in videos]
    assert sizes == sorted(set(sizes))


def test_a_gif_of_merged_channels_has_no_dots_of_another_hue(tmp_path):
    rows, columns = np.mgrid[:134, :160]
    rng = np.random.default_rng(0)
    stack = np.empty((12, 2, 134, 160), np.uint16)
    for i in range(12):
        for channel, (row, high) in enumerate([(94, 4000), (40, 2000)]):
            spot = np.exp(-((columns - 24 - 10 * i) ** 2 + (rows - row) ** 2) / 550)
            stack[i, channel] = 200 + high * spot + rng.normal(0, 10, rows.shape)
    settings = {"axes": "TCYX", "channel": "all", "width": "full"}
    video = t2v.convert(stack, tmp_path / "o.gif", **settings)
    with av.open(str(video.path)) as movie:
        pictures = [frame.to_ndarray(format="rgb24") for frame in movie.decode(video=0)]
    for i, picture in enumerate(pictures):
        expected = t2v.render_frame(
            t2v.open_stack(stack, axes="TCYX"), i, channel="all", width="full"
        )
        assert np.abs(picture.astype(int) - expected).max() < 60


def test_a_gif_of_few_colours_has_all_of_them(tmp_path):
    colours = noise((14, 14, 3), high=255, dtype=np.uint8)
    gif = tmp_path / "o.gif"
    t2v.convert(np.stack([colours] * 2), gif, width="full", limits=(0, 255))
    with av.open(str(gif)) as container:
        shown = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(shown.astype(int) - colours).max() <= 1


@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "vp9", "mpeg4", "prores"])
def test_a_better_quality_is_nearer_to_the_frames(tmp_path, codec):
    stack = noise((6, 64, 96), high=3000) + np.uint16(1) * smooth((64, 96), high=40000).astype("u2")
    psnr_db = []
    for quality in ("draft", "standard", "high"):
        (tmp_path / quality).mkdir()
        (video,) = t2v.convert_batch(
            [stack], output_dir=tmp_path / quality, codec=codec, quality=quality, verify=True
        )
        psnr_db.append(video.psnr_mean_db)
    assert 30 < psnr_db[0] < psnr_db[1] - 1 < psnr_db[2] - 2


@pytest.mark.parametrize("codec", list(CODECS))
def test_the_size_that_is_guessed_is_about_that_of_a_real_time_lapse(tmp_path, codec):
    stack = t2v.open_stack(Path(t2v.__file__).parent / "sample" / "mitosis.tif")
    settings = t2v.VideoSettings(codec=codec)
    guess = guessed_bytes(plan(stack, settings, "").encoder, len(stack))
    (video,) = t2v.convert_batch([stack], settings=settings, output_dir=tmp_path)
    assert 0.4 < video.path.stat().st_size / guess < 1.6


def test_the_palette_of_a_gif_is_that_of_what_it_shows(tmp_path):
    """With limits of the whole sequence, a frame that is dark in it takes dark colours only."""
    frames = np.repeat(np.arange(96, dtype=np.uint16)[np.newaxis, :, np.newaxis], 96, axis=2)
    frames = np.concatenate([frames // 12 * 400, np.full_like(frames, 60000)])
    options = {"colormap": "viridis", "contrast": "global", "width": "full"}
    video = t2v.convert(frames, tmp_path / "o.gif", **options)
    with av.open(str(video.path)) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for t in (0, 1):
        np.testing.assert_array_equal(shown[t], t2v.render_frame(frames, t, **options))
