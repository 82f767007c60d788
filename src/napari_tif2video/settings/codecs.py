"""Which formats of video are there, and what does each offer? Two tables without FFmpeg.

A `Codec` holds all that is special about a way to encode, a `Container` all that is special about
a kind of file: nothing else in the package asks which of them it deals with, so that another one
is another row. The figures behind presets and rate factors are in docs/encoding.md
(benchmarks/codec_table.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ..errors import SettingsError

QUALITIES = ("draft", "standard", "high", "lossless")

#: Frames a segment. Fixed, so that the number of workers never changes the bytes.
SEGMENT_FRAMES = 50

#: Values of ITU-T H.273 as FFmpeg numbers them: BT.709, and limited ("MPEG") or full range.
BT709 = 1
LIMITED, FULL = 1, 2

_BT709_TAGS = (
    ("color_range", LIMITED),
    ("color_primaries", BT709),
    ("color_trc", BT709),
    ("colorspace", BT709),
)


@dataclass(frozen=True)
class Container:
    """A kind of file.

    Attributes
    ----------
    ending : str
    codec : str
        The name of the one that the ending chooses.
    muxer : str
        What FFmpeg calls it.
    options : tuple of (str, str)
        Of the muxer.
    timescale_option : str
        The muxer's option for how many ticks of its clock a second has, where there is one.
    tick_s : Fraction
        In which it counts time; 0 where times are exact.
    has_codec_tags : bool
        Whether it says by four letters what is inside.
    has_metadata : bool
        Whether FFmpeg puts text into it.
    players : str
        What the user should know of who opens it, if that is not the codec's fault.
    """

    ending: str
    codec: str
    muxer: str
    options: tuple[tuple[str, str], ...] = ()
    timescale_option: str = ""
    tick_s: Fraction = Fraction(0)
    has_codec_tags: bool = False
    has_metadata: bool = True
    players: str = ""

    @property
    def tolerance_s(self) -> Fraction:
        """How far times may be off: that of the last frame is rounded, and its length too."""
        return 2 * self.tick_s


@dataclass(frozen=True)
class PixelFormats:
    """FFmpeg's names of what an encoder takes, for each kind of picture.

    Those of 16 bits are for counts as they are, and empty where a codec cannot hold these.
    """

    grey: str
    rgb: str
    grey_16: str = ""
    rgb_16: str = ""


@dataclass(frozen=True)
class Level:
    """What a player of a level of a standard has to be able to do.

    Attributes
    ----------
    name : str
        With an example of what is just inside.
    unit : int
        Sides of the squares that are counted, in px.
    frame, a_second : int
        So many of them.
    side_px : int
        What players show at most, whatever the other side is.
    """

    name: str
    unit: int
    frame: int
    a_second: int
    side_px: int = 4096

    def holds(self, height: int, width: int, fps: Fraction) -> bool:
        """Whether a video stays inside."""
        squares = -(-height // self.unit) * -(-width // self.unit)
        is_short = max(height, width) <= self.side_px
        return is_short and squares <= self.frame and squares * fps <= self.a_second


@dataclass(frozen=True)
class Codec:
    """A way to encode video.

    Attributes
    ----------
    name, title : str
        What users type, and what people call it.
    encoder, decoder : str
        What FFmpeg calls those that are used.
    endings : tuple of str
        Of files that may hold it; the first is that of automatic names.
    pixels : PixelFormats
    colour_tags : tuple of (str, int)
        What a video states about its colours, by the names of FFmpeg's fields.
    options : tuple of (str, str)
        Options of FFmpeg's encoder, whatever the quality.
    environment : tuple of (str, str)
        Variables that the encoder reads, where nobody else has set them.
    rates : tuple of (str, int)
        What each quality comes to: a rate factor, or for codecs without one the quantiser or the
        profile; empty for codecs that have one quality only.
    rate_options : tuple of str
        The encoder's options that take it.
    crf_range : (int, int), optional
        Rate factors that ``--crf`` takes; None for codecs that have none.
    is_lossless : bool
        Whether every pixel comes out as it went in, colours and all.
    key_frames : int
        How many frames there are for each one that stands alone.
    segment_header : bytes
        A regular expression of what the encoder puts in front of each segment, while a file has
        it once, in front of the first.
    tag : str
        The name of the codec inside MP4 and MOV, where FFmpeg's own would not play everywhere.
    sides_px : (int, int)
        Shortest and longest side that the encoder takes.
    max_ticks : int, optional
        Ticks a second of the codec's own clock, at most.
    max_fps : int, optional
        What players show without slowing it down.
    level : Level, optional
        The highest one that players in hardware commonly have.
    bits_per_pixel : float
        About what it takes at standard quality, of real time-lapses.
    rgb_factor, deep_factor : float
        How many times as much colours and counts of 16 bits take.
    doubling : float
        By how much less of a rate about doubles the size.
    large_bytes : float
        From where on a file is too large for what people use it for.
    players : str
        What the user should know about who plays it, if anything.
    """

    name: str
    title: str
    encoder: str
    decoder: str
    endings: tuple[str, ...]
    pixels: PixelFormats
    colour_tags: tuple[tuple[str, int], ...] = _BT709_TAGS
    options: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    rates: tuple[tuple[str, int], ...] = ()
    rate_options: tuple[str, ...] = ("crf",)
    crf_range: tuple[int, int] | None = None
    is_lossless: bool = False
    key_frames: int = SEGMENT_FRAMES
    segment_header: bytes = b""
    tag: str = ""
    sides_px: tuple[int, int] = (2, 16384)
    max_ticks: int | None = None
    max_fps: int | None = None
    level: Level | None = None
    bits_per_pixel: float = 0.7
    rgb_factor: float = 1
    deep_factor: float = 1
    doubling: float = 6
    large_bytes: float = float("inf")
    players: str = ""

    @property
    def qualities(self) -> tuple[str, ...]:
        """The qualities that can be asked for."""
        names = tuple(name for name, _ in self.rates) or ("standard",)
        return (*names, "lossless") if self.is_lossless else names

    @property
    def holds_counts(self) -> bool:
        """Whether counts of up to 16 bits can be written as they are."""
        return self.is_lossless and bool(self.pixels.grey_16)

    @property
    def has_palette(self) -> bool:
        """Whether colours are chosen from a table."""
        return self.pixels.rgb == "pal8"

    def rate(self, quality: str) -> int | None:
        return dict(self.rates).get(quality)

    def split(self, packet: bytes) -> tuple[bytes, bytes]:
        """The header of a segment, and the rest of its first packet.

        Raises
        ------
        ValueError
            It does not begin as it should.
        """
        found = re.match(self.segment_header, packet, re.DOTALL)
        if found is None:
            raise ValueError("a segment begins without its header")
        return packet[: found.end()], packet[found.end() :]


def _rates(draft: int, standard: int, high: int) -> tuple[tuple[str, int], ...]:
    return (("draft", draft), ("standard", standard), ("high", high))


_YUV_420 = PixelFormats("yuv420p", "yuv420p")
# All 256 grey levels stay apart.
_YUV_420_10 = PixelFormats("yuv420p10le", "yuv420p10le")

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

# In which FFmpeg counts quantisers (FF_QP2LAMBDA).
_QUANTISER = 118

_CODECS = (
    Codec(
        name="h264",
        title="H.264",
        encoder="libx264",
        decoder="h264",
        endings=(".mp4", ".mkv"),
        pixels=_YUV_420,
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
        # ITU-T H.264, table A-1: MaxFS macroblocks of 16x16, MaxMBPS a second.
        level=Level("level 5.2: 4096x2304 at 56 fps", 16, 36_864, 2_073_600),
    ),
    Codec(
        name="h265",
        title="H.265",
        encoder="libx265",
        decoder="hevc",
        endings=(".mp4", ".mkv"),
        pixels=_YUV_420_10,
        options=(("preset", "superfast"), ("x265-params", _X265_PARAMS)),
        rates=_rates(23, 17, 13),
        crf_range=(0, 51),
        tag="hvc1",  # Apple's players take no other
        sides_px=(16, 16384),
        # ITU-T H.265, tables A.8 and A.9: MaxLumaPs, MaxLumaSr.
        level=Level("level 5.2: 4096x2304 at 56 fps", 1, 8_912_896, 1_069_547_520),
        bits_per_pixel=0.6,
        players="H.265 plays in QuickTime, in PowerPoint where Windows has its HEVC extension, and "
        "not in every browser",
    ),
    Codec(
        name="av1",
        title="AV1",
        encoder="libsvtav1",
        decoder="libdav1d",
        endings=(".mp4", ".webm", ".mkv"),
        pixels=_YUV_420_10,
        # Without the temporal filter, which blurs noise that is there. From preset 8 on, every
        # other frame stays 7 dB worse however low the rate factor is: noise would flicker.
        options=(("preset", "7"), ("svtav1-params", "lp=1:enable-tf=0")),
        environment=(("SVT_LOG", "0"),),  # it would print its settings on stderr
        rates=_rates(29, 18, 13),
        crf_range=(1, 63),
        sides_px=(16, 8192),
        bits_per_pixel=0.6,
        doubling=13,
        players="AV1 plays in browsers; PowerPoint, and QuickTime on most Macs, do not play it",
    ),
    Codec(
        name="vp9",
        title="VP9",
        encoder="libvpx-vp9",
        decoder="vp9",
        endings=(".webm", ".mkv"),
        pixels=_YUV_420,
        options=(("b", "0"), ("deadline", "realtime"), ("cpu-used", "8"), ("row-mt", "0")),
        rates=_rates(29, 15, 9),
        crf_range=(0, 63),
        doubling=13,
        players="WebM with VP9 plays in browsers; PowerPoint and QuickTime do not play it",
    ),
    Codec(
        name="ffv1",
        title="FFV1",
        encoder="ffv1",
        decoder="ffv1",
        endings=(".mkv",),
        pixels=PixelFormats("gray", "bgr0", "gray16le", "gbrp16le"),
        colour_tags=(("color_range", FULL),),
        options=(("level", "3"), ("slicecrc", "1")),
        is_lossless=True,
        key_frames=1,  # costs little without loss, and a damaged frame harms no other
        sides_px=(1, 16384),
        bits_per_pixel=3.5,
        rgb_factor=3,
        deep_factor=2.5,
        players="FFV1 is for archives and analysis (ffmpeg, VLC, Python); PowerPoint, QuickTime "
        "and browsers do not play it",
    ),
    Codec(
        name="prores",
        title="ProRes",
        encoder="prores_ks",
        decoder="prores",
        endings=(".mov",),
        pixels=PixelFormats("yuv422p10le", "yuv422p10le"),
        # 422 HQ with a fixed quantiser: at equal PSNR no larger than at the data rates of the
        # profiles, and keeping to those takes five times as long. The vendor is Apple's, as
        # editing programs expect it.
        options=(("profile", "hq"), ("flags", "+qscale"), ("vendor", "apl0")),
        rates=_rates(8 * _QUANTISER, 4 * _QUANTISER, 2 * _QUANTISER),
        rate_options=("global_quality",),
        key_frames=1,
        bits_per_pixel=3.2,
        doubling=5 * _QUANTISER,
        players="ProRes is for Keynote, QuickTime and editing; PowerPoint on Windows and browsers "
        "do not play it",
    ),
    Codec(
        name="mpeg4",
        title="MPEG-4 Part 2",
        encoder="mpeg4",
        decoder="mpeg4",
        endings=(".mp4",),
        pixels=_YUV_420,
        options=(("mbd", "rd"),),
        rates=_rates(4, 2, 1),
        rate_options=("qmin", "qmax"),
        sides_px=(2, 8190),
        max_ticks=65535,  # ISO/IEC 14496-2, 6.3.3, vop_time_increment_resolution: 16 bits
        bits_per_pixel=0.9,
        doubling=1.5,
        players="MPEG-4 Part 2 is for old programs; browsers do not play it",
    ),
    Codec(
        name="gif",
        title="GIF",
        encoder="gif",
        decoder="gif",
        endings=(".gif",),
        pixels=PixelFormats("gray", "pal8"),
        colour_tags=(),
        # GIF89a: signature, screen descriptor (which announces a palette of 256 colours), palette.
        segment_header=rb"GIF89a.{4}[\x87\x97\xa7\xb7\xc7\xd7\xe7\xf7].{2}.{768}",
        max_fps=50,  # players take delays below 2/100 s for 10/100 s
        bits_per_pixel=6.0,
        large_bytes=10_000_000,  # for a slide or an e-mail
    ),
)

CODECS = {codec.name: codec for codec in _CODECS}

#: Of videos whose name does not say.
DEFAULT_CODEC = _CODECS[0]

#: In which the counts of the source, or every pixel of a picture, can be kept.
RAW_CODEC = next(codec for codec in _CODECS if codec.holds_counts)

# The index first, so that players can start before the whole file is there.
_MP4_OPTIONS = (("movflags", "+faststart"),)
_MATROSKA_OPTIONS = (("cues_to_front", "1"),)

#: By their endings.
CONTAINERS = {
    container.ending: container
    for container in (
        Container(
            ending=".mp4",
            codec="h264",
            muxer="mp4",
            options=_MP4_OPTIONS,
            timescale_option="movie_timescale",
            has_codec_tags=True,
        ),
        Container(
            ending=".mov",
            codec="prores",
            muxer="mov",
            # Text of any length: the usual place holds 64 KiB.
            options=(("movflags", "+faststart+use_metadata_tags"),),
            timescale_option="movie_timescale",
            has_codec_tags=True,
        ),
        Container(
            ending=".webm",
            codec="vp9",
            muxer="webm",
            options=_MATROSKA_OPTIONS,
            tick_s=Fraction(1, 1000),
        ),
        Container(
            ending=".mkv",
            codec="ffv1",
            muxer="matroska",
            options=_MATROSKA_OPTIONS,
            tick_s=Fraction(1, 1000),
            players="PowerPoint and QuickTime do not open .mkv files; .mp4 is for them",
        ),
        Container(
            ending=".gif",
            codec="gif",
            muxer="gif",
            tick_s=Fraction(1, 100),
            has_metadata=False,
        ),
    )
}


def check_ending(ending: str, name: str) -> None:
    """Refuse an ending of a file that names no format."""
    if ending not in CONTAINERS:
        *others, last = CONTAINERS
        raise SettingsError(
            f"output: {name} must end in {', '.join(others)} or {last}, which chooses the format"
        )


def codec_of(asked: str | None, ending: str, *, raw: bool = False) -> Codec:
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
    if asked is None and not raw and ending:
        asked = CONTAINERS[ending].codec
    usual = RAW_CODEC if raw else DEFAULT_CODEC
    codec = usual if asked is None else CODECS[asked]
    if ending and ending not in codec.endings:
        fitting = " or ".join(codec.endings)
        why = "" if asked else " (raw counts)"
        raise SettingsError(
            f"codec: {codec.name}{why} cannot be written to a file ending in {ending}; use "
            f"{fitting}"
        )
    return codec
