"""Which format is chosen, what is refused before any work, what is said, and what it is called."""

from __future__ import annotations

import dataclasses
import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import numbered

import napari_tif2video as t2v
from napari_tif2video.planning import guessed_bytes, plan
from napari_tif2video.settings import codecs
from napari_tif2video.videos import Destination, SourceJob, plan_jobs


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "in", numbered(2))


@pytest.mark.parametrize(
    ("ending", "codec"),
    [
        (".mp4", "h264"),
        (".webm", "vp9"),
        (".mkv", "ffv1"),
        (".mov", "prores"),
        (".gif", "gif"),
        (".MKV", "ffv1"),
    ],
)
def test_the_ending_chooses(tmp_path, folder, cli, ffmpeg, ending, codec):
    path = tmp_path / f"o{ending}"
    assert cli(folder, "-o", path, "--width", 160).code == 0
    assert ffmpeg.facts(path)["codec_name"] == codec


NAMES = [
    (["--codec", "h264"], "500px_10fps_video.mp4"),
    (["--codec", "h265"], "500px_10fps_h265_video.mp4"),
    (["--codec", "av1"], "500px_10fps_av1_video.mp4"),
    (["--codec", "mpeg4"], "500px_10fps_mpeg4_video.mp4"),
    (["--codec", "vp9"], "500px_10fps_video.webm"),
    (["--codec", "ffv1"], "500px_10fps_video.mkv"),
    (["--codec", "prores"], "500px_10fps_video.mov"),
    (["--codec", "prores", "--quality", "draft"], "500px_10fps_draft_video.mov"),
    (["--codec", "gif"], "500px_10fps_video.gif"),
    (["--crf", "20"], "500px_10fps_crf20_video.mp4"),
    (["--codec", "h265", "--quality", "high"], "500px_10fps_h265_high_video.mp4"),
    (["--max-size", "10MB"], "500px_10fps_max10MB_video.mp4"),
    (["--max-size", "1.5 GB"], "500px_10fps_max1.5GB_video.mp4"),
    (["--max-size", "8MiB"], "500px_10fps_max8MiB_video.mp4"),
    (["--max-size", "900kB", "--quality", "draft"], "500px_10fps_draft_max900kB_video.mp4"),
    (["--raw"], "160px_10fps_raw_video.mkv"),
    (["--raw", "--crop", "31x7"], "31px_10fps_crop_31x7_raw_video.mkv"),
]


@pytest.mark.parametrize(("options", "name"), NAMES, ids=lambda value: str(value))
def test_names(folder, cli, options, name):
    ended = cli(folder, "--dry-run", *options)
    assert ended.code == 0
    assert f"output: {folder / name}" in ended.out


REFUSED = {
    "--codec vp9 -o x.mp4": [".webm or .mkv"],
    "--codec h264 -o x.gif": [".mp4 or .mkv"],
    "--codec h264 -o x.webm": [".mp4 or .mkv"],
    "--codec gif -o x.mkv": [".gif"],
    "-o x.avi": [".mp4, .mov, .webm, .mkv or .gif"],
    "--codec prores -o x.mp4": [".mov"],
    "--codec prores --crf 3": ["use quality"],
    "--raw -o x.mp4": ["raw", ".mkv"],
    "--raw --codec h264": ["raw", "ffv1"],
    "--raw --width 300": ["leave out width"],
    "--raw --gamma 2 --anchor --invert": ["gamma, invert, anchor"],
    "--raw --contrast global": ["leave out contrast"],
    "--raw --limits 1 2": ["leave out limits"],
    "--raw --colormap magma": ["leave out colormap"],
    "--raw --max-size 1MB": ["leave out --max-size"],
    "--quality lossless": ["--codec ffv1", ".mkv"],
    "--quality lossless --codec h265": ["ffv1"],
    "--quality high --codec ffv1": ["only one"],
    "--quality draft --codec gif": ["only one"],
    "--crf 0": ["between 1 and 51"],
    "--crf 52": ["between 1 and 51"],
    "--crf 52 --codec h265": ["between 0 and 51"],
    "--crf 0 --codec av1": ["between 1 and 63"],
    "--crf 64 --codec vp9": ["between 0 and 63"],
    "--crf 20.5": ["whole number"],
    "--crf x": ["whole number"],
    "--crf 3 --codec mpeg4": ["use quality"],
    "--crf 3 --codec gif": ["no rate factor"],
    "--crf 3 -o x.mkv": ["no rate factor"],
    "--crf 20 --quality high": ["leave out"],
    "--crf 20 --max-size 1MB": ["leave out crf"],
    "--max-size 1MB --codec gif": ["h264, h265, av1, vp9"],
    "--max-size 1MB --codec mpeg4": ["no rate factor"],
    "--max-size 1MB -o x.mkv": ["no rate factor"],
    "--max-size 10": ["10 bytes"],
    "--max-size 10XB": ["10MB"],
    "--max-size -1MB": ["expected"],
    "--codec gif --fps 60": ["50"],
    "--codec mpeg4 --fps 29.9701": ["16-bit", "9021/301"],
    "--codec xvid": ["invalid choice"],
}


@pytest.mark.parametrize("options", REFUSED)
def test_wrong_usage_is_refused_before_any_work(folder, cli, monkeypatch, options):
    monkeypatch.chdir(folder.parent)
    before = sorted(folder.parent.rglob("*"))
    ended = cli(folder, *options.replace("--max-size -", "--max-size=-").split())
    assert ended.code == 2
    for part in REFUSED[options]:
        assert part.removeprefix("--") in ended.error_line
    assert sorted(folder.parent.rglob("*")) == before


def test_the_nearest_rate_of_mpeg4_is_one_that_works(tmp_path, ffmpeg):
    video = t2v.convert(numbered(3), tmp_path / "o.mp4", codec="mpeg4", fps="9021/301")
    assert ffmpeg.facts(video.path)["avg_frame_rate"] == "9021/301"


def test_an_encoder_that_is_missing_is_named(folder, cli, monkeypatch):
    lacking = dataclasses.replace(codecs.CODECS["vp9"], encoder="libnothing")
    monkeypatch.setitem(codecs.CODECS, "vp9", lacking)
    ended = cli(folder, "--codec", "vp9")
    assert ended.code == 2
    assert "no encoder for VP9 (libnothing)" in ended.error_line
    assert list(folder.glob("*video*")) == []


def notes_of(**options):
    job = SourceJob(np.zeros((3, 20, 20), np.uint16))
    ending = options.pop("ending", "")
    file = None if not ending else f"o{ending}"
    settings = t2v.VideoSettings(**options)
    plan_jobs([job], settings, _destination(file))
    return job.plan.notes


def _destination(file):
    return Destination(folder=Path(".")) if file is None else Destination(Path(file))


BEYOND = (
    "3{0}00x3{0}00 at {1} fps is beyond what PowerPoint and QuickTime surely play ({2} level 5.2: "
    "4096x2304 at 56 fps); use a smaller width"
)
HEVC = (
    "H.265 plays in QuickTime, in PowerPoint where Windows has its HEVC extension, and not in "
    "every browser"
)
MKV = "PowerPoint and QuickTime do not open .mkv files; .mp4 is for them"
UNEVEN = ".gif counts time in 1/100 s: frames last 3/100 or 4/100 s, which is {} fps on average"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"width": 2000, "fps": 120}, []),
        # 35,344 macroblocks, 2,120,640 a second
        ({"width": 3000, "fps": 60}, [BEYOND.format(0, 60, "H.264")]),
        ({"width": 3000, "fps": 58}, []),
        ({"width": 3100, "fps": 10}, [BEYOND.format(1, 10, "H.264")]),  # 37,636 macroblocks
        ({"width": 3100, "fps": "9.99", "codec": "h265"}, [HEVC, BEYOND.format(1, 9.99, "H.265")]),
        ({"width": 2900, "fps": 10, "codec": "h265"}, [HEVC]),
        ({"codec": "h265", "ending": ".mkv"}, [HEVC, MKV]),
        ({"codec": "vp9", "fps": "29.97"},
         ["WebM with VP9 plays in browsers; PowerPoint and QuickTime do not play it"]),
        ({"codec": "av1"},
         ["AV1 plays in browsers; PowerPoint, and QuickTime on most Macs, do not play it"]),
        ({"codec": "ffv1"},
         ["FFV1 is for archives and analysis (ffmpeg, VLC, Python); PowerPoint, QuickTime and "
          "browsers do not play it"]),
        ({"codec": "prores"},
         ["ProRes is for Keynote, QuickTime and editing; PowerPoint on Windows and browsers do not "
          "play it"]),
        ({"codec": "mpeg4"}, ["MPEG-4 Part 2 is for old programs; browsers do not play it"]),
        ({"codec": "h264", "ending": ".mkv"}, [MKV]),
        ({"codec": "gif", "width": 100}, []),
        ({"codec": "gif", "width": 100, "fps": 25}, []),
        ({"codec": "gif", "width": 100, "fps": "29.97"}, [UNEVEN.format(29.97)]),
        ({"codec": "gif", "width": 2106}, []),  # 9,979,281 bytes
        ({"codec": "gif", "width": 4000, "fps": 30},
         ["a GIF hardly compresses: this one may have about 36 MB; a smaller width, fewer frames "
          "or .mp4 take less", UNEVEN.format(30)]),
    ],
)  # fmt: skip
def test_what_is_said_beforehand(options, expected):
    assert list(notes_of(**options)) == expected


@pytest.mark.parametrize(
    ("codec", "inside", "outside"),
    [
        # 36,864 macroblocks of 16x16, 2,073,600 a second, and sides of up to 4096.
        ("h264", [(2304, 4096, 56), (4096, 2304, "225/4"), (2289, 4081, 56), (2, 4096, 120)],
         [(2305, 4096, 1), (2320, 4096, 1), (2304, 4096, "4147201/73728"), (2, 4097, 1),
          (4097, 2, 1)]),
        # 8,912,896 luma samples, 1,069,547,520 a second.
        ("h265", [(2176, 4096, 120), (4096, 2176, 1)],
         [(2177, 4096, 1), (2176, 4096, "1069547521/8912896"), (2, 4097, 1)]),
    ],
)  # fmt: skip
def test_the_limits_of_players_in_hardware(codec, inside, outside):
    holds = codecs.CODECS[codec].level.holds
    assert [holds(h, w, Fraction(fps)) for h, w, fps in inside] == [True] * len(inside)
    assert [holds(h, w, Fraction(fps)) for h, w, fps in outside] == [False] * len(outside)


# Bits a pixel at standard quality, and by how much less of a rate the size doubles.
GUESSES = {
    "h264": (0.7, 6), "h265": (0.6, 6), "av1": (0.6, 13), "vp9": (0.7, 13), "ffv1": (3.5, None),
    "prores": (3.2, 5), "mpeg4": (0.9, 1.5), "gif": (6.0, None),
}  # fmt: skip


@pytest.mark.parametrize("codec", GUESSES)
def test_rates_are_those_of_the_page_and_so_is_the_size_that_is_guessed(codec):
    page = (Path(__file__).parents[2] / "docs" / "encoding.md").read_text("utf-8")
    table = {quality: int(rate) for quality, rate in
             re.findall(rf"^\| {codec} \| (\w+) \| (\d+) \|", page, re.M)}  # fmt: skip
    assert len(table) == (0 if codec in ("ffv1", "gif") else 3)

    grey = np.zeros((4, 100, 200), np.uint16)

    def guess(frames=grey, **options):
        settings = t2v.VideoSettings(codec=codec, width="full", **options)
        made = plan(t2v.open_stack(frames), settings)
        return made.encoder.rate, guessed_bytes(made.encoder, len(frames))

    bits, doubling = GUESSES[codec]
    unit = 118 if codec == "prores" else 1  # FFmpeg's FF_QP2LAMBDA
    for quality, rate in table.items():
        factor = 2 ** ((table["standard"] - rate) / doubling)
        assert guess(quality=quality) == (rate * unit, pytest.approx(10_000 * bits * factor))
    if not table:
        assert guess() == (None, 10_000 * bits)
    if codec in ("h264", "h265", "av1", "vp9"):
        rate = table["standard"] + doubling
        assert guess(crf=rate) == (rate, pytest.approx(5_000 * bits))
    is_ffv1 = codec == "ffv1"
    in_colour = np.zeros((4, 100, 200, 3), np.uint8)
    assert guess(in_colour)[1] == 10_000 * bits * (3 if is_ffv1 else 1)
    if is_ffv1:
        raw = {"codec": "ffv1", "raw": True}
        settings = t2v.VideoSettings(**raw)
        found = [plan(t2v.open_stack(each), settings).encoder for each in
                 (grey, in_colour, in_colour[..., 0])]  # fmt: skip
        assert [guessed_bytes(each, 4) for each in found] == [87_500, 105_000, 35_000]
        assert [each.depth for each in found] == [16, 8, 8]
        assert [each.has_colour for each in found] == [False, True, False]


def test_a_long_side_is_beyond_players_whatever_the_other_one_is():
    job = SourceJob(np.zeros((3, 100, 4200), np.uint16))
    plan_jobs([job], t2v.VideoSettings(width="full"), _destination(None))
    (note,) = job.plan.notes
    assert "4200x100" in note


@pytest.mark.parametrize(
    ("codec", "size", "said"),
    [
        ("h265", (14, 100), "H.265 takes sides of 16 to 16384 px, and the video would be 100x14"),
        ("h265", (100, 14), "H.265 takes sides of 16 to 16384 px, and the video would be 14x100"),
        ("av1", (14, 100), "AV1 takes sides of 16 to 8192 px, and the video would be 100x14"),
        ("av1", (100, 8194), "AV1 takes sides of 16 to 8192 px, and the video would be 8194x100"),
        ("mpeg4", (8192, 6), "MPEG-4 Part 2 takes sides of 2 to 8190 px, and the video would be "
         "6x8192"),
    ],
)  # fmt: skip
def test_sizes_that_an_encoder_cannot_take(tmp_path, codec, size, said):
    with pytest.raises(t2v.SourceError) as caught:
        t2v.convert(np.zeros((2, *size), np.uint8), output_dir=tmp_path, codec=codec, width="full")
    assert str(caught.value) == f"array: {said}; use another width or codec"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("codec", "side"), [("h264", 16384), ("h265", 16384), ("av1", 8192), ("mpeg4", 8190)]
)
def test_the_longest_side_that_an_encoder_takes(codec, side):
    for size in ((16, side), (side, 16)):
        frames = np.broadcast_to(np.uint8(0), (2, *size))
        made = plan(t2v.open_stack(frames), t2v.VideoSettings(codec=codec, width="full"))
        assert (made.encoder.height, made.encoder.width) == size


@pytest.mark.parametrize("codec", ["h265", "av1", "vp9", "mpeg4", "gif", "ffv1"])
def test_the_smallest_size_of_each(tmp_path, ffmpeg, codec):
    side = max(2, codecs.CODECS[codec].sides_px[0])
    stack = np.full((3, side, side), 100, np.uint8)
    stack[1] = 150
    video = t2v.convert(stack, output_dir=tmp_path, codec=codec, width="full", limits=(0, 255))
    assert ffmpeg.facts(video.path)["nb_read_frames"] == "3"


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [("10MB", 10**7), ("900kB", 900_000), ("1.5 GB", 1_500_000_000), ("8MiB", 8 << 20),
     ("2M", None), ("20000", 20000), (20000, 20000), ("1e6", None), (True, None), ("5k", None)],
)  # fmt: skip
def test_sizes_as_people_write_them(text, nbytes):
    if nbytes is None:
        with pytest.raises(t2v.SettingsError, match="expected a size"):
            t2v.VideoSettings(max_size=text)
    else:
        assert t2v.VideoSettings(max_size=text).max_size == nbytes


def test_settings_survive_json(tmp_path, folder, cli):
    settings = t2v.VideoSettings(codec="vp9", max_size="2MB", quality="high")
    assert t2v.VideoSettings.from_json(settings.to_json()) == settings
    settings.save(tmp_path / "s.json")
    ended = cli(folder, "--dry-run", "--settings", tmp_path / "s.json", "--crf", 30)
    assert "500px_10fps_crf30_video.webm" in ended.out
    raw = t2v.VideoSettings(raw=True)
    assert t2v.VideoSettings.from_json(raw.to_json()) == raw


def test_json_names_the_codec(folder, cli):
    ended = cli(folder, "--codec", "vp9", "--json", "--crf", 40)
    (source,) = json.loads(ended.out)["sources"]
    assert (source["codec"], source["crf"], source["psnr_db"]) == ("vp9", 40, None)


def test_the_command_line_of_the_window_says_the_same(tmp_path, folder, cli):
    pytest.importorskip("magicgui")
    from napari_tif2video._napari.run.script import as_command_line

    settings = t2v.VideoSettings(width=160, codec="vp9", max_size="1MB", quality="draft")
    words = as_command_line([str(folder)], settings, None, None).split()
    assert cli(*words[1:], "--quiet").code == 0
    assert (folder / "160px_10fps_draft_max1MB_video.webm").is_file()


def test_a_gif_of_the_highest_speed_that_players_keep():
    assert t2v.VideoSettings(codec="gif", fps=50).fps == 50
    with pytest.raises(t2v.SettingsError, match="50 or less"):
        t2v.VideoSettings(codec="gif", fps="50.01")


def test_what_codecs_and_containers_offer():
    lossy = ("draft", "standard", "high")
    for name, codec in codecs.CODECS.items():
        is_ffv1 = name == "ffv1"
        expected = (
            ("standard", "lossless") if is_ffv1 else ("standard",) if name == "gif" else lossy
        )
        assert codec.qualities == expected
        assert (codec.holds_counts, codec.is_lossless) == (is_ffv1, is_ffv1)
        assert codec.has_palette == (name == "gif")
        assert codec.key_frames == (1 if name in ("ffv1", "prores") else 50)
    # Those with which the figures of docs/encoding.md were measured.
    options = {name: dict(codec.options) for name, codec in codecs.CODECS.items()}
    presets = [options[name]["preset"] for name in ("h264", "h265", "av1")]
    assert presets == ["ultrafast", "superfast", "7"]
    assert (options["vp9"]["deadline"], options["vp9"]["cpu-used"]) == ("realtime", "8")
    assert (codecs.RAW_CODEC.name, codecs.DEFAULT_CODEC.name) == ("ffv1", "h264")
    off = {ending: container.tolerance_s for ending, container in codecs.CONTAINERS.items()}
    assert off == {
        ".mp4": 0, ".mov": 0, ".webm": Fraction(1, 500), ".mkv": Fraction(1, 500),
        ".gif": Fraction(1, 50),
    }  # fmt: skip
    texts = {ending: container.has_metadata for ending, container in codecs.CONTAINERS.items()}
    assert texts == {".mp4": True, ".mov": True, ".webm": True, ".mkv": True, ".gif": False}


def test_the_header_of_a_segment():
    """GIF89a with a palette of 256 colours: 13 bytes, and 768."""
    header = b"GIF89a" + b"\x10\0\x20\0" + b"\xf7" + b"\0\0" + bytes(768)
    assert codecs.CODECS["gif"].split(header + b"\n!rest") == (header, b"\n!rest")
    assert codecs.CODECS["h264"].split(b"packet") == (b"", b"packet")
    for wrong in (b"", header[:-1], header.replace(b"\xf7", b"\xf6"), b"x" + header):
        with pytest.raises(ValueError, match=r"^a segment begins without its header$"):
            codecs.CODECS["gif"].split(wrong)
