"""The finished file: what ffprobe says about it, and what comes out when it is decoded."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, number_of, numbered, smooth
from helpers.video import atoms, decoded, grey_of, media, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_tif2video as t2v

COUNTS = [1, 2, 49, 50, 51, 52, 100, 101]
RATES = [(fps, count) for fps in ("10", "30000/1001") for count in COUNTS]
RATES += [(fps, count) for fps in ("29.97", "23.976", "1", "120") for count in (1, 51)]


@pytest.mark.parametrize(("fps", "count"), RATES)
def test_facts(tmp_path, ffmpeg, fps, count):
    stack = numbered(count, noise=count % 2 * 2000)
    video = t2v.convert(stack, tmp_path / "o.mp4", width=120, fps=fps)
    facts = ffmpeg.facts(video.path)
    expected = {
        "codec_name": "h264",
        "profile": "High",
        "pix_fmt": "yuv420p",
        "color_range": "tv",
        "color_space": "bt709",
        "color_transfer": "bt709",
        "color_primaries": "bt709",
        "width": 120,
        "height": 36,
        "nb_frames": str(count),
        "nb_read_frames": str(count),
    }
    assert {key: facts.get(key) for key in expected} == expected
    rate = Fraction(fps)
    assert Fraction(facts["r_frame_rate"]) == rate
    assert Fraction(facts["avg_frame_rate"]) == rate
    assert float(facts["duration"]) == pytest.approx(float(count / rate), abs=2e-6)
    assert float(facts["container"]["duration"]) == pytest.approx(float(count / rate), abs=2e-3)
    assert float(facts.get("start_time", 0)) == 0
    assert (video.frames, video.fps, video.width, video.height) == (count, rate, 120, 36)
    assert video.duration_s == pytest.approx(float(count / rate))


@pytest.mark.parametrize("fps", ["10", "29.97", "30000/1001", "60"])
def test_the_rate_is_also_right_inside_the_bitstream(tmp_path, ffmpeg, fps):
    video = t2v.convert(numbered(3), tmp_path / "o.mp4", width=120, fps=fps)
    assert ffmpeg.rate_in_the_bitstream(video.path, tmp_path / "o.h264") == Fraction(fps)


@given(
    fps=st.one_of(
        st.sampled_from([12, 15, 24, 25, 30, 48, 50, 60, "29.97", "59.94", "24000/1001"]),
        st.integers(1, 120),
        st.fractions(1, 120, max_denominator=8000),
    ),
    count=st.integers(1, 110),
    noise_level=st.sampled_from([0, 20, 2000]),
)
@settings(max_examples=120)
def test_any_rate_with_any_number_of_frames(tmp_path_factory, fps, count, noise_level):
    """Rates whose frames do not fall on whole milliseconds; still and moving pictures."""
    path = tmp_path_factory.getbasetemp() / "rates.mp4"
    stack = numbered(count, noise=noise_level)[:, :24]
    t2v.convert(stack, path, width=100, fps=fps, overwrite=True, workers=1)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == Fraction(fps)
        assert stream.frames == count
        assert stream.duration * stream.time_base == count / Fraction(fps)
        assert stream.start_time == 0


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("noise_level", [0, 2000, 20000])
def test_every_frame_is_there_once_and_in_order(tmp_path, ffmpeg, count, noise_level):
    stack = numbered(count, noise=noise_level)
    video = t2v.convert(stack, tmp_path / "o.mp4", width="full")
    assert numbers(video.path) == list(range(count))
    pictures = ffmpeg.pictures(video.path, (48, 160))
    assert [number_of(picture[..., 1]) for picture in pictures] == list(range(count))


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": "full"}, (201, 331)),
        ({"width": 101}, (77, 99)),
        ({"width": 333, "crop": "51x33"}, (99, 99)),
        ({"width": "full"}, (2, 2)),
        ({"width": "full"}, (16, 1000)),
        ({"width": 500}, (500, 100)),
    ],
)
def test_odd_and_extreme_sizes_become_valid_videos(tmp_path, ffmpeg, options, size):
    video = t2v.convert(noise((3, *size)), tmp_path / "o.mp4", **options)
    facts = ffmpeg.facts(video.path)
    assert (facts["width"], facts["height"]) == (video.width, video.height)
    assert facts["width"] % 2 == facts["height"] % 2 == 0
    assert facts["nb_read_frames"] == "3"
    assert facts["profile"] == "High"


@pytest.mark.parametrize("anchor", [False, True])
def test_players_can_start_before_the_whole_file_is_there(tmp_path, anchor):
    video = t2v.convert(numbered(60), tmp_path / "o.mp4", anchor=anchor)
    names = atoms(video.path)
    assert names[0] == "ftyp"
    assert names.index("moov") < names.index("mdat")


@pytest.mark.parametrize("contrast", ["local", "global"])
@pytest.mark.parametrize("colours", [False, True], ids=["grey", "RGB"])
def test_decoded_frames_are_those_of_render_frame(tmp_path, ffmpeg, contrast, colours):
    stack = np.stack([smooth((96, 160), low=i, high=3000 + 100 * i) for i in range(55)])
    if colours:
        stack = np.stack([stack, stack[:, ::-1], stack // 2], axis=-1)
    options = {"width": 120, "contrast": contrast, "anchor": True}
    video = t2v.convert(stack, tmp_path / "o.mp4", **options)
    pictures = ffmpeg.pictures(video.path, (video.height, video.width)).astype(float)
    middle = np.s_[video.height // 2 - 12 : video.height // 2 + 12, 48:72]
    for index in (0, 1, 27, 49, 50, 54):
        wanted = t2v.render_frame(stack, index, **options).astype(float)
        difference = pictures[index] - wanted
        difference[middle] = 0  # around the dot the halved resolution of colour shows
        assert np.abs(difference).mean() < 1.5
        assert np.abs(difference.mean(axis=(0, 1))).max() < 0.7
        assert np.abs(difference).max() < 16


@pytest.mark.parametrize("level", [0, 1, 64, 127, 128, 200, 254, 255])
def test_grey_levels_survive_the_way_through_the_video(tmp_path, ffmpeg, level):
    """Flat greys: neither the range nor the matrix of the conversion is off."""
    stack = np.full((3, 64, 128), level, np.uint8)
    stack[:, :32] = 255 - level
    video = t2v.convert(stack, tmp_path / "o.mp4", width="full", limits=(0, 255))
    (luma,) = {tuple(frame[[10, 50], 64]) for frame in decoded(video.path)}
    np.testing.assert_allclose(grey_of(np.array(luma)), [255 - level, level], atol=1.2)
    picture = ffmpeg.pictures(video.path, (64, 128))[1]
    np.testing.assert_allclose(picture[50, 64], level, atol=2)
    np.testing.assert_allclose(picture[10, 64], 255 - level, atol=2)


COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "skin": (224, 172, 105)}


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
def test_colours_survive_the_way_through_the_video(tmp_path, ffmpeg, colour):
    stack = np.zeros((2, 64, 128, 3), np.uint8)
    stack[...] = colour
    video = t2v.convert(stack, tmp_path / "o.mp4", width="full", limits=(0, 255))
    picture = ffmpeg.pictures(video.path, (64, 128))[1]
    np.testing.assert_allclose(picture[32, 64], colour, atol=4)


@pytest.mark.parametrize("size", [(200, 300), (202, 302), (500, 500), (100, 100)])
@pytest.mark.parametrize("background", [0, 128, 255])
def test_the_anchor_is_red_in_the_decoded_video(tmp_path, ffmpeg, size, background):
    stack = np.full((3, *size), background, np.uint8)
    video = t2v.convert(stack, tmp_path / "o.mp4", width="full", limits=(0, 255), anchor=True)
    y, x = size[0] // 2, size[1] // 2
    for red, green, blue in ffmpeg.pictures(video.path, size)[:, y, x].astype(int):
        assert red > 220
        assert max(green, blue) < 40
    luma, blue, red = ffmpeg.planes(video.path, size)
    np.testing.assert_allclose(luma[:, y - 1 : y + 1, x - 1 : x + 1], 63, atol=7)
    np.testing.assert_allclose(blue[:, y // 2, x // 2], 102, atol=9)
    np.testing.assert_allclose(red[:, y // 2, x // 2], 240, atol=7)


def test_the_format_ends_with_the_name_and_nothing_else(tmp_path):
    for name in ("UPPER.MP4", "two words.mp4", "a:b.mp4", "dots.in.name.mp4", "ünïcode µ.mp4"):
        video = t2v.convert(numbered(3), tmp_path / name, width="full")
        assert video.path == tmp_path / name
        assert numbers(video.path) == [0, 1, 2]


def test_the_real_sample_makes_a_sharp_video(tmp_path, cli):
    """Real microscopy data: what is decoded is close to what was rendered, in PSNR."""
    assert cli("--demo", tmp_path / "demo", "--quiet").code == 0
    (path,) = (tmp_path / "demo").rglob("*.mp4")
    stack = t2v.open_stack(tmp_path / "demo" / "mitosis")
    pictures = grey_of(decoded(path))
    assert len(pictures) == len(stack)
    for index in (0, len(stack) // 2, len(stack) - 1):
        wanted = t2v.render_frame(stack, index)[..., 0].astype(float)
        error = np.mean((np.clip(pictures[index], 0, 255) - wanted) ** 2)
        assert 10 * np.log10(255**2 / error) > 38


def test_folders_and_arrays_make_the_same_video(tmp_path):
    stack = numbered(53)
    folder = write_folder(tmp_path / "in", stack)
    from_files = t2v.convert(folder, tmp_path / "files.mp4")
    from_array = t2v.convert(stack, tmp_path / "array.mp4")
    assert media(from_files.path) == media(from_array.path)


def nal_types(packet):
    """What a packet of H.264 in MP4 is made of; 5 is a slice of a picture to begin with (IDR)."""
    found, position = [], 0
    while position < len(packet):
        found.append(packet[position + 4] & 31)
        position += 4 + int.from_bytes(packet[position : position + 4], "big")
    return found


def test_key_frames_come_every_fifty_frames_and_at_cuts(tmp_path):
    def keys(stack):
        packets, *_ = media(t2v.convert(stack, tmp_path / "o.mp4", overwrite=True).path)
        found = [number for number, packet in enumerate(packets) if packet[4]]
        assert found == [n for n, packet in enumerate(packets) if 5 in nal_types(packet[0])]
        return found

    stack = noise((120, 40, 120), low=20000, high=40000) + smooth((40, 120), high=20000)
    assert keys(stack) == [0, 50, 100]
    stack[70:73] = 0
    assert keys(stack) == [0, 50, 70, 73, 100]


@pytest.mark.parametrize("width", [100, 300])
def test_frames_do_not_shine_through_into_black_ones(tmp_path, width):
    stack = noise((12, 200, 300), high=20000) + smooth((200, 300), high=40000)
    stack[1::2] = 700
    video = t2v.convert(stack, tmp_path / "o.mp4", width=width)
    assert np.abs(grey_of(decoded(video.path)))[1::2].max() < 0.5
