"""Which formats of video are there, and what does each offer? A table without FFmpeg.

The figures behind presets and rate factors are in docs/encoding.md (benchmarks/codec_table.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..errors import SettingsError

DEFAULT_CODEC = "h264"
QUALITIES = ("draft", "standard", "high", "lossless")

#: Frames a segment. Fixed, so that the number of workers never changes the bytes.
SEGMENT_FRAMES = 50


@dataclass(frozen=True)
class Codec:
    """A way to encode video.

    Attributes
    ----------
    title : str
        What people call it.
    encoder, decoder : str
        What FFmpeg calls those that are used.
    endings : tuple of str
        Of files that may hold it; the first is that of automatic names.
    options : tuple of (str, str)
        Options of FFmpeg's encoder, whatever the quality.
    rates : tuple of (str, int)
        What each quality comes to: a rate factor, or for codecs without one the quantiser; empty
        for codecs that have one quality only.
    crf_range : (int, int), optional
        Rate factors that ``--crf`` takes; None for codecs that have none.
    bits : int
        Of the pixels that are encoded, 8 or 10.
    tag : str
        The name of the codec inside an MP4, where FFmpeg's own would not play everywhere.
    sides_px : (int, int)
        Shortest and longest side that the encoder takes.
    bits_per_pixel : float
        About what it takes at standard quality, of real time-lapses.
    doubling : float
        By how much less of a rate factor about doubles the size.
    players : str
        What the user should know about who plays it, if anything.
    """

    title: str
    encoder: str
    decoder: str
    endings: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    rates: tuple[tuple[str, int], ...] = ()
    crf_range: tuple[int, int] | None = None
    bits: int = 8
    tag: str = ""
    sides_px: tuple[int, int] = (2, 16384)
    bits_per_pixel: float = 0.7
    doubling: float = 6
    players: str = ""

    @property
    def qualities(self) -> tuple[str, ...]:
        """The qualities that can be asked for."""
        return tuple(name for name, _ in self.rates) or ("standard",)

    def rate(self, quality: str) -> int | None:
        return dict(self.rates).get(quality)


def _rates(draft: int, standard: int, high: int) -> tuple[tuple[str, int], ...]:
    return (("draft", draft), ("standard", standard), ("high", high))


# "ultrafast" alone would be Constrained Baseline and blocky: the transform of 8x8 pixels makes
# it High profile, intra blocks of that size save a tenth, and the deblocking filter costs next to
# nothing. At a cut, such as to a black frame, a key frame keeps the picture before from shining
# through, however soon after the last one; at 1, noise and moving cells are no cuts.
X264_PRESET = "ultrafast"
X264_PARAMS = "8x8dct=1:no-deblock=0:partitions=i8x8:scenecut=1:min-keyint=1"

# One thread each, and groups of pictures that refer to nothing outside them. Trees of blocks
# (mbtree, cutree) look ahead: in x264 they are not reproducible from run to run, in x265 they gain
# nothing here. x265 and SVT-AV1 would print what they do.
_X265_PARAMS = (
    "pools=none:frame-threads=1:open-gop=0:scenecut=0:repeat-headers=0:bframes=0:cutree=0:"
    f"keyint={SEGMENT_FRAMES}:info=0:log-level=none"
)

CODECS = {
    "h264": Codec(
        title="H.264",
        encoder="libx264",
        decoder="h264",
        endings=(".mp4", ".mkv"),
        options=(
            ("preset", X264_PRESET),
            ("profile", "high"),
            # Macroblock-tree rate control is not reproducible from run to run in x264 builds of
            # PyAV; an open group of pictures could refer across a joint.
            ("x264-params", f"mbtree=0:open-gop=0:{X264_PARAMS}"),
        ),
        rates=_rates(25, 19, 15),
        # 0 would be lossless and with that the profile High 4:4:4 Predictive, which PowerPoint
        # and QuickTime do not play.
        crf_range=(1, 51),
    ),
    "h265": Codec(
        title="H.265",
        encoder="libx265",
        decoder="hevc",
        endings=(".mp4", ".mkv"),
        options=(("preset", "superfast"), ("x265-params", _X265_PARAMS)),
        rates=_rates(23, 17, 13),
        crf_range=(0, 51),
        bits=10,
        tag="hvc1",  # Apple's players take no other
        sides_px=(16, 16384),
        bits_per_pixel=0.6,
        players="H.265 plays in QuickTime, in PowerPoint where Windows has its HEVC extension, and "
        "not in every browser",
    ),
    "av1": Codec(
        title="AV1",
        encoder="libsvtav1",
        decoder="libdav1d",
        endings=(".mp4", ".webm", ".mkv"),
        # Without the temporal filter, which blurs noise that is there. From preset 8 on, every
        # other frame stays 7 dB worse however low the rate factor is: noise would flicker.
        options=(("preset", "7"), ("svtav1-params", "lp=1:enable-tf=0")),
        rates=_rates(29, 18, 13),
        crf_range=(1, 63),
        bits=10,
        sides_px=(16, 8192),
        bits_per_pixel=0.6,
        doubling=13,
        players="AV1 plays in browsers; PowerPoint, and QuickTime on most Macs, do not play it",
    ),
    "vp9": Codec(
        title="VP9",
        encoder="libvpx-vp9",
        decoder="vp9",
        endings=(".webm", ".mkv"),
        options=(("b", "0"), ("deadline", "realtime"), ("cpu-used", "8"), ("row-mt", "0")),
        rates=_rates(29, 15, 9),
        crf_range=(0, 63),
        bits_per_pixel=0.7,
        doubling=13,
        players="WebM with VP9 plays in browsers; PowerPoint and QuickTime do not play it",
    ),
    "ffv1": Codec(
        title="FFV1",
        encoder="ffv1",
        decoder="ffv1",
        endings=(".mkv",),
        options=(("level", "3"), ("slicecrc", "1")),
        sides_px=(1, 16384),
        bits_per_pixel=3.5,
        players="FFV1 is for archives and analysis (ffmpeg, VLC, Python); PowerPoint, QuickTime "
        "and browsers do not play it",
    ),
    "mpeg4": Codec(
        title="MPEG-4 Part 2",
        encoder="mpeg4",
        decoder="mpeg4",
        endings=(".mp4",),
        options=(("mbd", "rd"),),
        rates=_rates(4, 2, 1),
        sides_px=(2, 8190),
        bits_per_pixel=0.9,
        doubling=1.5,
        players="MPEG-4 Part 2 is for old programs; browsers do not play it",
    ),
    "gif": Codec(
        title="GIF",
        encoder="gif",
        decoder="gif",
        endings=(".gif",),
        bits_per_pixel=6.0,
    ),
}

#: What each ending chooses.
DEFAULT_OF_ENDING = {".mp4": "h264", ".webm": "vp9", ".mkv": "ffv1", ".gif": "gif"}

#: What FFmpeg calls the files.
MUXERS = {".mp4": "mp4", ".webm": "webm", ".mkv": "matroska", ".gif": "gif"}

# MPEG-4 Part 2 (ISO/IEC 14496-2, 6.3.3, vop_time_increment_resolution): 16 bits.
MPEG4_MAX_TICKS = 65535

#: Players take delays below 2/100 s for 10/100 s.
GIF_MAX_FPS = 50


def check_ending(ending: str, name: str) -> None:
    """Refuse an ending of a file that names no format."""
    if ending not in DEFAULT_OF_ENDING:
        *others, last = DEFAULT_OF_ENDING
        raise SettingsError(
            f"output: {name} must end in {', '.join(others)} or {last}, which chooses the format"
        )


def codec_of(asked: str | None, ending: str, *, raw: bool = False) -> str:
    """The codec of a video: the one that was asked for, or that of the ending of its file.

    Parameters
    ----------
    ending : str
        Such as ``".mp4"``; empty for an automatic name, which ends as the codec wants it.

    Raises
    ------
    SettingsError
        They contradict each other.
    """
    codec = asked or ("ffv1" if raw else DEFAULT_OF_ENDING.get(ending, DEFAULT_CODEC))
    if ending and ending not in CODECS[codec].endings:
        fitting = " or ".join(CODECS[codec].endings)
        why = "" if asked else " (raw counts)"
        raise SettingsError(
            f"codec: {codec}{why} cannot be written to a file ending in {ending}; use {fitting}"
        )
    return codec


#: How far times in a file may be off: MP4 is exact, Matroska counts in ms and GIF in 1/100 s,
# and each rounds the time and the length of the last frame.
CLOCKS = {
    ".mp4": Fraction(0),
    ".webm": Fraction(2, 1000),
    ".mkv": Fraction(2, 1000),
    ".gif": Fraction(2, 100),
}
