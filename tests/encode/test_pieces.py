"""What encoders are told, what becomes of pictures, how segments wait: to the last value."""

from __future__ import annotations

import io
import math
import os
import struct
import zlib
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
from helpers.frames import noise

import napari_tif2video as t2v
from napari_tif2video.encode import (
    EncodedSegment,
    Encoder,
    FrameCheck,
    Spool,
    VideoWriter,
    check,
    check_video,
    container,
    encode_segment,
    encoder,
    make_palette,
    packed,
    palette,
    psnr_db,
    require_encoder,
    unpacked,
    verify_video,
)
from napari_tif2video.encode.pixels import shown, squared_error, to_video_frame
from napari_tif2video.settings.codecs import CODECS, CONTAINERS

X264 = {
    "preset": "ultrafast",
    "profile": "high",
    "x264-params": "mbtree=0:open-gop=0:8x8dct=1:no-deblock=0:partitions=i8x8:scenecut=1:"
    "min-keyint=1",
}
X265 = {
    "preset": "superfast",
    "x265-params": "pools=none:frame-threads=1:open-gop=0:scenecut=0:repeat-headers=0:bframes=0:"
    "cutree=0:keyint=50:info=0:log-level=none",
}
BT709 = {"color_range": 1, "color_primaries": 1, "color_trc": 1, "colorspace": 1}
# Encoder, decoder, options, those that take the rate, rates of draft, standard and high, frames for
# each key frame, colours, and formats of grey and colour pictures, then of those of 16 bits.
TOLD = {
    "h264": ("libx264", "h264", X264, ["crf"], (25, 19, 15), 50, BT709, ["yuv420p"] * 2),
    "h265": ("libx265", "hevc", X265, ["crf"], (23, 17, 13), 50, BT709, ["yuv420p10le"] * 2),
    "av1": ("libsvtav1", "libdav1d", {"preset": "7", "svtav1-params": "lp=1:enable-tf=0"}, ["crf"],
            (29, 18, 13), 50, BT709, ["yuv420p10le"] * 2),
    "vp9": ("libvpx-vp9", "vp9",
            {"b": "0", "deadline": "realtime", "cpu-used": "8", "row-mt": "0"}, ["crf"],
            (29, 15, 9), 50, BT709, ["yuv420p"] * 2),
    "ffv1": ("ffv1", "ffv1", {"level": "3", "slicecrc": "1"}, [], (None,) * 3, 1,
             {"color_range": 2}, ["gray", "bgr0", "gray16le", "gbrp16le"]),
    "prores": ("prores_ks", "prores", {"profile": "hq", "flags": "+qscale", "vendor": "apl0"},
               ["global_quality"], (944, 472, 236), 1, BT709, ["yuv422p10le"] * 2),
    "mpeg4": ("mpeg4", "mpeg4", {"mbd": "rd"}, ["qmin", "qmax"], (4, 2, 1), 50, BT709,
              ["yuv420p"] * 2),
    "gif": ("gif", "gif", {}, [], (None,) * 3, 50, {}, ["gray", "pal8"]),
}  # fmt: skip
GLOBAL_HEADER, BITEXACT = 1 << 22, 1 << 23  # AV_CODEC_FLAG_... in FFmpeg's avcodec.h


@pytest.mark.parametrize("name", CODECS)
def test_what_an_encoder_is_told(name):
    codec = CODECS[name]
    made_by, decoded_by, options, takes_rate, rates, key_frames, colours, formats = TOLD[name]
    assert (codec.encoder, codec.decoder) == (made_by, decoded_by)
    for crf in (None, 0, 33):
        for quality, rate in zip(("draft", "standard", "high"), rates, strict=True):
            for number, pix_fmt in enumerate(formats):
                kind = {"has_colour": bool(number % 2), "depth": 16 if number > 1 else 8}
                one = Encoder(20, 30, Fraction(24000, 1001), quality, codec, crf=crf, **kind)
                context = SimpleNamespace(flags=1)
                one.configure(context)
                wanted = rate if crf is None else crf
                assert vars(context) == colours | {
                    "width": 30,
                    "height": 20,
                    "pix_fmt": pix_fmt,
                    "framerate": Fraction(24000, 1001),
                    "time_base": Fraction(1001, 24000),
                    "thread_count": 1,
                    "gop_size": key_frames,
                    "flags": 1 | GLOBAL_HEADER | BITEXACT,
                    "options": options | dict.fromkeys(takes_rate or ["crf"][wanted is None :],
                                                       str(wanted)),
                }  # fmt: skip


def test_the_usual_encoder():
    usual = Encoder(20, 30, Fraction(10))
    assert usual == Encoder(
        height=20, width=30, fps=Fraction(10), quality="standard", codec=CODECS["h264"],
        container=CONTAINERS[".mp4"], crf=None, has_colour=False, depth=8, palette=b"",
        dithers=False, is_compared=False, is_verified=False,
    )  # fmt: skip
    assert EncodedSegment((), b"", b"", 0) == EncodedSegment((), b"", b"", 0, 0.0, ())


def test_an_encoder_that_is_not_there():
    lacking = SimpleNamespace(encoder="nothing", title="Nothing")
    with pytest.raises(t2v.SettingsError) as raised:
        require_encoder(lacking)
    assert str(raised.value) == (
        "codec: the installed PyAV has no encoder for Nothing (nothing); use another codec, or "
        "reinstall PyAV with pip install --force-reinstall av "
        f"({raised.value.__cause__})"
    )


FASTSTART = {"fflags": "+bitexact", "movflags": "+faststart"}


@pytest.mark.parametrize(
    ("ending", "fps", "options"),
    [
        (".mp4", Fraction(10), FASTSTART | {"movie_timescale": "1000"}),
        (".mp4", Fraction(7, 3), FASTSTART | {"movie_timescale": "1001"}),
        (".mp4", Fraction(24000, 1001), FASTSTART | {"movie_timescale": "24000"}),
        (".mp4", Fraction(1000), FASTSTART | {"movie_timescale": "1000"}),
        (".mov", Fraction(30), {"fflags": "+bitexact", "movflags": "+faststart+use_metadata_tags",
                                "movie_timescale": "1020"}),
        (".mkv", Fraction(10), {"fflags": "+bitexact", "cues_to_front": "1"}),
        (".webm", Fraction(10), {"fflags": "+bitexact", "cues_to_front": "1"}),
        (".gif", Fraction(10), {"fflags": "+bitexact"}),
    ],
)  # fmt: skip
def test_what_a_muxer_is_told(tmp_path, monkeypatch, ending, fps, options):
    told = []

    def begin(name, mode, **how):
        told.append((name, mode, how))
        raise av.FFmpegError(5, "Input/output error")

    monkeypatch.setattr(av, "open", begin)
    kind = CONTAINERS[ending]
    path = tmp_path / f"o{ending}"
    with pytest.raises(t2v.EncodingError, match=r"^the video cannot be begun \(\[Errno 5\] Input"):
        VideoWriter(path, Encoder(20, 30, fps, codec=CODECS[kind.codec], container=kind))
    muxer = {".mkv": "matroska"}.get(ending, ending[1:])
    assert told == [(f"file:{path}", "w", {"format": muxer, "options": options})]


def segment(count, nbytes=5, delay=2):
    packets = tuple(
        encoder.Packet(bytes([number]) * (nbytes + number), count - number, number % 2 == 0)
        for number in range(count)
    )
    return EncodedSegment(packets, b"sets", b"the header", delay)


def test_a_segment_that_waits(tmp_path):
    """Checks are not kept, and what is written does not change: runs are taken up again with it."""
    one = segment(2)
    expected = struct.pack("<IiQQ", 2, 2, 4, 10) + b"setsthe header"
    expected += struct.pack("<I?Q", 2, True, 5) + bytes(5)
    expected += struct.pack("<I?Q", 1, False, 6) + b"\1" * 6
    assert packed(one) == expected
    assert unpacked(expected) == one
    full = EncodedSegment(one.packets, b"sets", b"the header", -1, 3.0, (FrameCheck(1, 0.0, 0.0),))
    assert unpacked(packed(full)) == segment(2, delay=-1)
    for there, needed in ((0, 24), (23, 24), (25, 4), (37, 10), (38, 13), (53, 5), (70, 6)):
        begun = {24: 0, 4: 24, 10: 28, 13: 38, 5: 51, 6: 69}[needed]
        with pytest.raises(EOFError) as raised:
            unpacked(expected[:there])
        assert str(raised.value) == f"{there - begun} of {needed} bytes are there"
    spool = Spool(tmp_path)
    some = [segment(0), one, segment(3, delay=0)]
    for each in some:
        spool.append(each)
    assert list(spool) == list(spool) == some
    spool.append(one)
    assert list(spool) == [*some, one]
    spool.close()


@pytest.mark.parametrize(("nbytes", "in_memory"), [(2**20 - 200, True), (2**20 + 1, False)])
def test_where_segments_wait(tmp_path, monkeypatch, nbytes, in_memory):
    begun = []
    usual = container.SpooledTemporaryFile

    def begin(*args, **how):
        begun.append((how, usual(*args, **how)))
        return begun[0][1]

    monkeypatch.setattr(container, "SpooledTemporaryFile", begin)
    spool = Spool(tmp_path)
    assert list(spool) == []
    spool.append(segment(1, nbytes))
    ((how, file),) = begun
    assert how == {"dir": str(tmp_path), "prefix": ".tif2video-", "suffix": ".part"}
    assert isinstance(file.name, int) is not in_memory
    spool.close()
    assert file.closed


def test_a_spool_on_a_bad_disk(tmp_path, monkeypatch):
    spool = Spool(tmp_path)

    class Bad:
        def writelines(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            raise OSError(28, "No space left on device")

    usual = spool._file
    with monkeypatch.context() as patched:
        patched.setattr(spool, "_file", Bad())
        with pytest.raises(t2v.EncodingError) as raised:
            spool.append(segment(1))
        said = "the video cannot be written ([Errno 28] No space left on device)"
        assert str(raised.value) == said
        spool.close()
    usual.close()


GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.random.default_rng(3).integers(0, 256, (16, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv422p10le"])
def test_grey_pictures_as_luma(pix_fmt):
    """ITU-R BT.709: 219 steps of luma from 16 on, four times that with 10 bits."""
    frame = to_video_frame(GREYS, pix_fmt)
    factor = 4 if "10" in pix_fmt else 1
    found = [np.asarray(plane) for plane in check.planes(frame)]
    exact = factor * (16 + 219 * GREYS.astype(float) / 255)
    np.testing.assert_array_equal(found[0], np.floor(exact + 127 / 255))
    side = 8 if "420" in pix_fmt else 16
    for chroma in found[1:]:
        np.testing.assert_array_equal(chroma, np.full((side, 8), 128 * factor))
    assert len(np.unique(found[0])) == (256 if factor == 4 else 220)
    back = np.clip((found[0].astype(float) - 16 * factor) * 255 / (219 * factor), 0, 255)
    np.testing.assert_allclose(shown(frame, is_grey=True), back, atol=1e-4)
    error = np.mean((back - GREYS) ** 2)
    assert squared_error(frame, GREYS) == pytest.approx(error, rel=1e-4)
    assert check.samples(frame, pix_fmt).tolist() == np.concatenate(
        [plane.ravel() for plane in found]
    ).tolist()  # fmt: skip


def test_levels_beyond_black_and_white_are_shown_as_these():
    frame = to_video_frame(GREYS, "yuv420p")
    check.planes(frame)[0][:] = np.arange(256).reshape(16, 16)
    found = shown(frame, is_grey=True).ravel()
    assert (found[0], found[16], found[235], found[255]) == (0, 0, 255, 255)
    assert found[17] == pytest.approx(255 / 219)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pictures_as_they_are(dtype):
    deep = dtype is np.uint16
    grey, rgb = GREYS.astype(dtype), COLOURS.astype(dtype)
    if deep:
        grey, rgb = grey * 257 - grey // 3, rgb * 256 + 7
    plain = to_video_frame(grey, "gray16le" if deep else "gray")
    np.testing.assert_array_equal(plain.to_ndarray(), grey)
    if deep:
        found = to_video_frame(rgb, "gbrp16le").to_ndarray()
        np.testing.assert_array_equal(found, rgb)
        return
    for picture in (rgb, grey):
        wanted = rgb if picture is rgb else np.repeat(grey[..., np.newaxis], 3, axis=2)
        frame = to_video_frame(picture, "bgr0")
        rows = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
        rows = rows.reshape(-1, frame.planes[0].line_size)[:16, :64].reshape(16, 16, 4)
        np.testing.assert_array_equal(rows[..., :3], wanted[..., ::-1])
        np.testing.assert_array_equal(rows[..., 3], 255)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv422p10le"])
def test_colours_as_luma(pix_fmt):
    """ITU-R BT.709: weights of the primaries, and chroma of 224 steps around the middle."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:] = (200, 40, 90)
    found = [plane[4, 4] for plane in check.planes(to_video_frame(picture, pix_fmt))]
    red, green, blue = (value / 255 for value in (200, 40, 90))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    factor = 4 if "10" in pix_fmt else 1
    exact = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
    assert found == pytest.approx([factor * value for value in exact], abs=1.01)
    frame = to_video_frame(picture, pix_fmt)
    assert np.abs(shown(frame, is_grey=False) - picture).max() <= 3
    assert 0.5 < squared_error(frame, picture) < 5


def test_the_measure_of_closeness():
    assert psnr_db(0.0) == psnr_db(-1.0) == math.inf
    assert psnr_db(1.0) == pytest.approx(48.1308036)
    assert psnr_db(255.0**2) == 0
    assert psnr_db(0.01, peak=1) == pytest.approx(20)


def test_a_palette_has_all_colours_where_there_are_few():
    few = make_palette([COLOURS[:8], COLOURS[8:]])
    assert len(few) == 768
    table = np.frombuffer(few, np.uint8).reshape(256, 3).astype(int)
    off = np.abs(table - COLOURS.reshape(256, 1, 3).astype(int)).max(axis=2)
    assert off.min(axis=1).max() <= 1  # each colour is there, and no other
    assert off.min(axis=0).max() <= 1
    for dithers in (True, False):
        paletted = palette.Paletted(few, dithers, (16, 16))
        for number, picture in enumerate((COLOURS, COLOURS[::-1])):
            frame = paletted.frame(picture)
            assert (frame.pts, frame.format.name) == (number, "pal8")
            again = frame.reformat(format="rgb24").to_ndarray().astype(int)
            assert np.abs(again - picture).max() <= 1


def test_colours_that_a_palette_has_not():
    """Mixed of others they are nearer on average, and else each is the nearest one."""
    table = bytes(3 * 128) + bytes([255]) * 3 * 128
    picture = np.full((32, 32, 3), 60, np.uint8)
    found = {}
    for dithers in (True, False):
        frame = palette.Paletted(table, dithers, (32, 32)).frame(picture)
        found[dithers] = frame.reformat(format="rgb24").to_ndarray()
    assert not found[False].any()
    assert set(np.unique(found[True])) == {0, 255}
    assert found[True].mean() == pytest.approx(60, abs=6)


def test_an_encoder_that_begins_a_segment_in_another_way(monkeypatch):
    gif = {"codec": CODECS["gif"], "container": CONTAINERS[".gif"]}

    def refused(*_):
        raise ValueError("it begins in another way")

    monkeypatch.setattr(type(CODECS["gif"]), "split", refused)
    with pytest.raises(t2v.EncodingError) as raised:
        encode_segment([GREYS], Encoder(16, 16, Fraction(10), **gif))
    assert str(raised.value) == "the GIF encoder failed (it begins in another way)"


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
    assert found.reorder_delay == 0
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


def made_again_gif(found):
    content = found.header + b"".join(packet.data for packet in found.packets) + b";"
    with av.open(io.BytesIO(content)) as movie:
        return [frame.to_ndarray(format="rgb24") for frame in movie.decode(video=0)]


@pytest.mark.parametrize("mine", [None, "3"])
def test_what_an_encoder_looks_up_is_there_while_anybody_needs_it(monkeypatch, mine):
    name = "TIF2VIDEO_TEST_LEVEL"
    monkeypatch.delenv(name, raising=False)
    if mine is not None:
        monkeypatch.setenv(name, mine)
    codec = SimpleNamespace(environment=((name, "0"),))
    first, second = encoder.environment(codec), encoder.environment(codec)
    found = [os.environ.get(name)]
    for step in (first.__enter__, second.__enter__):
        step()
        found.append(os.environ.get(name))
    for one in (first, second):
        one.__exit__(None, None, None)
        found.append(os.environ.get(name))
    with pytest.raises(LookupError), encoder.environment(codec):
        raise LookupError
    assert found == ([None, "0", "0", "0", None] if mine is None else ["3"] * 5)
    assert os.environ.get(name) == mine


def test_what_is_found_out_of_counts():
    counts = [noise((16, 24), seed=i) for i in range(2)]
    archive = {"codec": CODECS["ffv1"], "container": CONTAINERS[".mkv"], "depth": 16}
    found = encode_segment(counts, Encoder(16, 24, Fraction(5), **archive, is_verified=True))
    expected = tuple(
        FrameCheck(zlib.crc32(one.astype("<u2").tobytes()), 0.0, 0.0) for one in counts
    )
    assert found.checks == expected
    assert [packet.is_keyframe for packet in found.packets] == [True, True]
    assert (found.reorder_delay, found.squared_error) == (0, 0.0)


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
