"""What encoders and muxers are told, to the last option."""

from __future__ import annotations

import contextlib
import os
import sys
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
from helpers.frames import GREYS

import napari_tif2video as t2v
from napari_tif2video.encode import (
    EncodedSegment,
    Encoder,
    VideoWriter,
    encode_segment,
    encoder,
    require_encoder,
)
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
    assert EncodedSegment((), b"", b"") == EncodedSegment((), b"", b"", 0.0, ())


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


def test_an_encoder_that_begins_a_segment_in_another_way(monkeypatch):
    gif = {"codec": CODECS["gif"], "container": CONTAINERS[".gif"]}

    def refused(*_):
        raise ValueError("it begins in another way")

    monkeypatch.setattr(type(CODECS["gif"]), "split", refused)
    with pytest.raises(t2v.EncodingError) as raised:
        encode_segment([GREYS], Encoder(16, 16, Fraction(10), **gif))
    assert str(raised.value) == "the GIF encoder failed (it begins in another way)"


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


def policies():
    """The scheduling policies and priorities that the threads of this process have."""
    found = set()
    for thread in map(int, os.listdir("/proc/self/task")):
        with contextlib.suppress(ProcessLookupError):  # it has ended
            found.add((os.sched_getscheduler(thread), os.sched_getparam(thread).sched_priority))
    return found


is_root_of_linux = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="only root may have threads that run before all others",
)


@is_root_of_linux
@pytest.mark.parametrize("name", CODECS)
def test_no_thread_runs_before_all_others_of_the_machine(tmp_path, name):
    """Nor those of the encoder itself, nor those begun later: SVT-AV1 would have it so."""
    codec = CODECS[name]
    container = CONTAINERS[codec.endings[0]]
    palette = bytes(768) if name == "gif" else b""
    made = Encoder(64, 64, Fraction(10), codec=codec, container=container, palette=palette)
    seen = [policies()]

    def pictures():
        for _ in range(5):
            seen.append(policies())
            yield np.zeros((64, 64), np.uint8)

    segment = encode_segment(pictures(), made)
    seen.append(policies())
    writer = VideoWriter(tmp_path / f"o{codec.endings[0]}", made)
    seen.append(policies())
    writer.append(segment)
    writer.close()
    seen.append(policies())
    assert seen == [seen[0]] * 9


@is_root_of_linux
@pytest.mark.parametrize(("name", "priority"), [("SCHED_BATCH", 0), ("SCHED_FIFO", 5)])
def test_a_scheduling_policy_of_ones_own_stays(name, priority):
    codec, own = CODECS["av1"], (getattr(os, name), priority)
    made = Encoder(64, 64, Fraction(10), codec=codec, container=CONTAINERS[".mp4"])
    before, others = (os.sched_getscheduler(0), os.sched_getparam(0)), policies()
    os.sched_setscheduler(0, own[0], os.sched_param(priority))
    try:
        context = made.open()
        assert (os.sched_getscheduler(0), os.sched_getparam(0).sched_priority) == own
        assert policies() <= others | {own}
        del context
    finally:
        os.sched_setscheduler(0, *before)
