"""What is found out of each frame while it is encoded, and of the finished video."""

from __future__ import annotations

import io
import math
import struct
import zlib
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.frames import COLOURS, noise

import napari_tif2video as t2v
from napari_tif2video.encode import (
    Encoder,
    FrameCheck,
    VideoWriter,
    check_video,
    encode_segment,
    encoder,
    make_palette,
    verify_video,
)
from napari_tif2video.encode.pixels import squared_error, to_video_frame
from napari_tif2video.settings.codecs import CODECS, CONTAINERS


def made_again(found, name):
    """The frames of a segment, decoded by hand."""
    context = av.CodecContext.create(name, "r")
    context.extradata = found.parameter_sets or None
    packets = [av.Packet(packet.data) for packet in found.packets]
    return [frame for one in [*packets, None] for frame in context.decode(one)]


PICTURES = [noise((32, 48), high=200, dtype=np.uint8) // 2 + 9 * i for i in range(3)]

RGB = [np.stack([one, one[::-1], one[:, ::-1]], axis=-1) for one in PICTURES]


@pytest.mark.parametrize(("pictures", "is_grey"), [(PICTURES, True), (RGB, False)])
@pytest.mark.parametrize(
    ("compared", "verified"), [(True, False), (False, True), (True, True), (False, False)]
)
def test_what_is_found_out_while_a_segment_is_encoded(pictures, is_grey, compared, verified):
    how = Encoder(32, 48, Fraction(10), has_colour=True, is_compared=compared, is_verified=verified)
    found = encode_segment(pictures, how)
    frames = made_again(found, "h264")
    assert [packet.pts for packet in found.packets] == [0, 1, 2]
    assert [packet.is_keyframe for packet in found.packets] == [True, False, False]
    assert found.header == b""
    assert found.parameter_sets[:4] == b"\0\0\0\1"
    errors = [squared_error(f, p) for f, p in zip(frames, pictures, strict=True)]
    assert found.squared_error == pytest.approx(sum(errors) if compared else 0)
    checks = []
    for frame, picture in zip(frames, pictures, strict=True):
        given = to_video_frame(picture, "yuv420p").to_ndarray().astype(float)
        there = frame.to_ndarray()
        error = (given - there) ** 2 / 255**2
        checks.append((zlib.crc32(there.tobytes()), error[:32].mean(), error[32:].mean()))
    assert len(found.checks) == (3 if verified else 0)
    for one, expected in zip(found.checks, checks, strict=False):
        assert one.checksum == expected[0]
        assert (one.error, one.colour_error) == pytest.approx(expected[1:], rel=1e-5)
        assert (one.colour_error < 1e-5) == is_grey


def test_nothing_is_decoded_for_nothing(monkeypatch):
    monkeypatch.setattr(encoder, "Checker", None)
    found = encode_segment(PICTURES, Encoder(32, 48, Fraction(10)))
    assert (len(found.packets), found.squared_error, found.checks) == (3, 0.0, ())


def test_a_segment_of_a_gif():
    """Its header, which a file has once, is no part of the packets."""
    gif = {"codec": CODECS["gif"], "container": CONTAINERS[".gif"], "has_colour": True}
    table = make_palette([COLOURS])
    how = Encoder(16, 16, Fraction(10), **gif, palette=table, dithers=True, is_verified=True)
    found = encode_segment([COLOURS, COLOURS[::-1]], how)
    assert found.header[:13] == b"GIF89a" + struct.pack("<HHB", 16, 16, 0xF7) + found.header[11:13]
    assert len(found.header) == 13 + 768
    assert not found.packets[0].data.startswith(b"GIF89a")
    for frame, picture in zip(made_again_gif(found), (COLOURS, COLOURS[::-1]), strict=True):
        assert np.abs(frame.astype(int) - picture).max() <= 1
    for one in found.checks:
        assert one.error < 1 / 255**2
        assert one.colour_error == 0
    # Of more colours than the table has, what is shown is compared with the picture itself.
    many = noise((16, 16, 3), high=255, dtype=np.uint8)
    found = encode_segment([many], replace(how, dithers=False))
    (frame,), (one,) = made_again_gif(found), found.checks
    assert one.error == pytest.approx(((frame - many.astype(float)) ** 2).mean() / 255**2)
    assert one.error > 0.001


def made_again_gif(found):
    content = found.header + b"".join(packet.data for packet in found.packets) + b";"
    with av.open(io.BytesIO(content)) as movie:
        return [frame.to_ndarray(format="rgb24") for frame in movie.decode(video=0)]


def test_what_is_found_out_of_counts():
    counts = [noise((16, 24), seed=i) for i in range(2)]
    archive = {"codec": CODECS["ffv1"], "container": CONTAINERS[".mkv"], "depth": 16}
    found = encode_segment(counts, Encoder(16, 24, Fraction(5), **archive, is_verified=True))
    expected = tuple(
        FrameCheck(zlib.crc32(one.astype("<u2").tobytes()), 0.0, 0.0) for one in counts
    )
    assert found.checks == expected
    assert [packet.is_keyframe for packet in found.packets] == [True, True]
    assert found.squared_error == 0.0


@pytest.mark.parametrize("name", [name for name in CODECS if name != "gif"])
def test_segments_in_a_row(tmp_path, name):
    codec = CODECS[name]
    container = CONTAINERS[codec.endings[0]]
    how = Encoder(64, 64, Fraction(10), codec=codec, container=container, is_verified=True)
    pictures = [noise((64, 64), high=255, dtype=np.uint8, seed=i) for i in range(10)]
    segments = [encode_segment(pictures[:6], how), encode_segment(pictures[6:], how)]
    path = tmp_path / "o.video"
    writer = VideoWriter(path, how)
    for segment in segments:
        writer.append(segment)
    writer.close()
    with av.open(str(path)) as movie:
        packets = [packet for packet in movie.demux(video=0) if packet.size]
    step = 1 / (10 * packets[0].time_base)
    shown = [packet.pts / step for packet in packets]
    keys = [packet.is_keyframe for one in segments for packet in one.packets]
    assert [packet.is_keyframe for packet in packets] == keys
    assert keys[0]
    assert keys[6]
    given = [
        packet.pts + n for n, one in ((0, segments[0]), (6, segments[1])) for packet in one.packets
    ]
    assert [n - shown[0] for n in shown] == given == list(range(10))
    assert [packet.dts / step for packet in packets] == shown
    check_video(path, how, 10)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished video, how it was encoded, and what is known of its frames."""
    how = Encoder(32, 48, Fraction(10), is_verified=True)
    path = tmp_path_factory.mktemp("finished") / "o.mp4"
    writer = VideoWriter(path, how, "text")
    found = encode_segment(PICTURES, how)
    writer.append(found)
    writer.close()
    return path, how, found.checks


def changed(checks, number, **values):
    some = list(checks)
    some[number] = FrameCheck(**vars(checks[number]) | values)
    return some


def test_how_close_a_finished_video_is(finished):
    path, how, checks = finished
    for number, (error, colour_error) in enumerate([(0.01, 0.0), (0.002, 0.05), (0.003, 0.0)]):
        checks = changed(checks, number, error=error, colour_error=colour_error)
    steps = []
    found = verify_video(path, how, checks, 1, lambda: steps.append(1))
    assert found.mean_db == pytest.approx(10 * math.log10(1 / 0.005))
    assert found.worst_db == pytest.approx(20)
    assert len(steps) == 3
    check_video(path, how, 3)


def stating(*tags):
    return {"codec": replace(CODECS["h264"], colour_tags=tags)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: (c[:2], {}), "the finished video decodes to 3 frames instead of 2"),
        (lambda c: ([*c, c[0]], {}), "the finished video decodes to 3 frames instead of 4"),
        (lambda c: (changed(c, 1, error=10**-1.19), {}),
         "frame 1 is not what was rendered (PSNR 11.9 dB); give a better quality"),
        (lambda c: (changed(c, 2, colour_error=10**-1.19), {}),
         "frame 2 is not what was rendered (PSNR 11.9 dB); give a better quality"),
        (lambda c: (changed(c, 2, colour_error=10**-1.201, error=10**-1.201), {}), None),
        (lambda c: (changed(c, 2, checksum=5), {}),
         "frame 2 of the finished video is not the one that was rendered; convert again, and check "
         "the disk"),
        (lambda c: (c, {"height": 30, "width": 48}),
         "frame 0 of the finished video is 48x32 instead of 48x30"),
        (lambda c: (c, {"height": 32, "width": 46}),
         "frame 0 of the finished video is 48x32 instead of 46x32"),
        (lambda c: (c, {"fps": Fraction(20)}),
         "frame 1 of the finished video has another time"),
        (lambda c: (c, stating(("color_range", 2))),
         "the finished video states another color range than it has"),
        (lambda c: (c, stating(("color_trc", 1), ("colorspace", 5))),
         "the finished video states another colorspace than it has"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_finished_video(finished, change, said):
    path, how, checks = finished
    checks, other = change(checks)
    how = replace(how, **other)
    if said is None:
        assert verify_video(path, how, checks, 1, lambda: None).worst_db == pytest.approx(12.01)
        return
    with pytest.raises(t2v.EncodingError) as raised:
        verify_video(path, how, checks, 1, lambda: None)
    assert str(raised.value) == f"verify: {said}"
