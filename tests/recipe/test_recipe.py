"""What a video says about itself, how it is read, and that it makes the same video again."""

from __future__ import annotations

import dataclasses
import getpass
import json
import re
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest
import tifffile
from helpers.files import everything_in, write_folder
from helpers.frames import noise, numbered, smooth
from helpers.imagej import write_stack
from helpers.oracle import area_average
from helpers.video import decoded, grey_of, media

import napari_tif2video as t2v
from napari_tif2video.recipe import files as tags

SCENES = (300, 4000, 900, 2500)


def scene(count=12, seed=0):
    """(count, 60, 100) uint16 whose range changes from frame to frame."""
    frames = noise((count, 60, 100), low=100, high=900, seed=seed)
    for index, frame in enumerate(frames):
        frame[20:40, 30:60] += np.uint16(SCENES[index % len(SCENES)])
    return frames


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pos1", scene())


@pytest.fixture
def merged(tmp_path):
    """An OME-TIFF with two channels."""
    path = tmp_path / "cells.ome.tif"
    data = np.stack([scene(6), scene(6, seed=1) // 3], axis=1)
    metadata = {"axes": "TCYX", "PhysicalSizeX": 0.65, "PhysicalSizeXUnit": "µm"}
    metadata |= {"TimeIncrement": 300.0, "TimeIncrementUnit": "s"}
    tifffile.imwrite(path, data, metadata=metadata | {"Channel": {"Name": ["DAPI", "GFP"]}})
    return path


def probed(path):
    """The recipe as ffprobe finds it."""
    command = ["ffprobe", "-v", "error", "-show_format", "-of", "json", str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    return json.loads(json.loads(done.stdout)["format"]["tags"]["comment"])


def with_comment(source, path, comment):
    """A copy of a video with another comment, written by ffmpeg."""
    args = ["-map_metadata", "-1", "-metadata", f"comment={comment}", "-c", "copy", "-y"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *args, path], check=True)
    return path


def test_ffprobe_finds_what_the_video_was_made_of(tmp_path, ffmpeg, folder):
    video = t2v.convert(
        folder,
        tmp_path / "o.mp4",
        width=100,
        fps="30000/1001",
        crop="80x50+10+5",
        contrast="global",
        percentile=(1, 99),
        gamma=0.5,
        invert=True,
        frames="2:11:3",
    )
    found = probed(video.path)
    stack = scene()[2:11:3, 5:55, 10:90]
    low, high = np.percentile(stack, (1, 99))
    assert found["source"] == {
        "name": "pos1",
        "first_frame": "t2.tif",
        "last_frame": "t8.tif",
        "width": 100,
        "height": 60,
        "type": "uint16",
    }
    assert found["frames"] == {"count": 3, "first": 2, "last": 8, "step": 3}
    assert found["crop"] == {"x": 10, "y": 5, "width": 80, "height": 50}
    assert found["size"] == {"width": 100, "height": 62}
    assert (found["contrast"], found["unit"]) == ("global", "counts")
    (channel,) = found["channels"]
    assert channel["limits"] == pytest.approx([low, high])
    assert (channel["gamma"], channel["inverted"], channel["colours"]) == (0.5, True, "")
    assert found["clipped"] == pytest.approx(np.mean((stack < low) | (stack > high)))
    assert t2v.VideoSettings.from_dict(found["settings"]).fps == Fraction(30000, 1001)
    assert found["versions"]["napari-tif2video"] == t2v.__version__
    assert found["versions"]["x264"].isdigit()
    read = t2v.read_recipe(video.path)
    assert read.indices == range(2, 9, 3)
    assert read.to_dict() == found
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.width = 5


def test_limits_of_each_frame_and_calibration_of_each_channel(tmp_path, ffmpeg, merged):
    video = t2v.convert(merged, tmp_path / "o.mp4", channel="all")
    found = probed(video.path)
    data = tifffile.imread(merged)
    assert [c["name"] for c in found["channels"]] == ["DAPI", "GFP"]
    assert [c["colours"] for c in found["channels"]] == ["#ff00ff", "#00ff00"]
    for number, channel in enumerate(found["channels"]):
        assert channel["limits"]["low"] == data[:, number].min(axis=(1, 2)).tolist()
        assert channel["limits"]["high"] == data[:, number].max(axis=(1, 2)).tolist()
    assert found["calibration"]["pixel_size_um"] == pytest.approx(0.65)
    assert found["calibration"]["frame_interval_s"] == 300
    assert "OME" in found["calibration"]["pixel_size_origin"]


RULES = [
    {},
    {"contrast": "global"},
    {"contrast": "smooth"},
    {"percentile": (1, 99)},
    {"contrast": "global", "percentile": (0.5, 98), "gamma": 0.7},
    {"contrast": "smooth", "percentile": (2, 100)},
    {"limits": (200.5, 3000)},
    {"gamma": 2.5, "invert": True, "anchor": True},
    {"colormap": "viridis", "crop": "51x33", "width": "full"},
    {"frames": "::-2", "quality": "high", "fps": "29.97", "width": 102},
]


def as_options(options):
    words = []
    for name, value in options.items():
        parts = [] if value is True else value if isinstance(value, tuple) else [value]
        words += [f"--{name}={value}"] if name == "frames" else [f"--{name}", *parts]
    return words


@pytest.mark.parametrize("options", RULES, ids=str)
def test_the_same_video_again(tmp_path, cli, folder, options):
    first = tmp_path / "first.mp4"
    options = {"width": 120} | options
    assert cli(folder, "-o", first, *as_options(options), "--sidecar").code == 0
    wanted = first.read_bytes()
    for number, settings in enumerate((first, tmp_path / "first.json")):
        again = tmp_path / f"again{number}.mp4"
        ended = cli(folder, "-o", again, "--settings", settings, "--workers", 1 + number)
        assert ended.code == 0
        assert again.read_bytes() == wanted
        loaded = t2v.VideoSettings.load(settings)
        video = t2v.convert(folder, tmp_path / "python.mp4", settings=loaded, overwrite=True)
        assert video.path.read_bytes() == wanted


@pytest.mark.parametrize("options", [{"channel": "all"}, {"channel": "GFP", "contrast": "global"}])
def test_the_same_of_channels_again(tmp_path, merged, options):
    first = t2v.convert(merged, tmp_path / "first.mp4", **options)
    loaded = t2v.VideoSettings.load(first.path)
    again = t2v.convert(merged, tmp_path / "again.mp4", settings=loaded)
    assert again.path.read_bytes() == first.path.read_bytes()


def test_a_channel_of_each_again(tmp_path, merged):
    videos = t2v.convert_batch([merged], channel="each", output_dir=tmp_path / "first")
    for video in videos:
        again = t2v.convert(
            merged, tmp_path / "again.mp4", settings=t2v.VideoSettings.load(video.path),
            overwrite=True,
        )  # fmt: skip
        assert again.path.read_bytes() == video.path.read_bytes()


def test_options_win_over_the_video(tmp_path, cli, folder):
    first = tmp_path / "first.mp4"
    cli(folder, "-o", first, "--contrast", "global", "--percentile", 1, 99, "--fps", 25)
    ended = cli(
        folder, "-o", tmp_path / "o.mp4", "--settings", first, "--limits", 1, 900, "--width", 200
    )
    assert ended.code == 0
    assert "Settings of" not in ended.err  # nothing of its limits is used
    found = t2v.read_recipe(tmp_path / "o.mp4")
    assert (found.contrast, found.width, found.settings["fps"]) == ("fixed", 200, "25")
    assert found.channels[0].limits == ((1, 900),)


def test_rule_or_numbers_for_other_data(tmp_path, cli, folder):
    other = write_folder(tmp_path / "pos2", scene(seed=3) * 2)
    first = tmp_path / "first.mp4"
    cli(folder, "-o", first, "--contrast", "global")
    pair = (int(scene().min()), int(scene().max()))
    ended = cli(other, "-o", tmp_path / "rule.mp4", "--settings", first)
    assert "measured anew" in ended.err
    assert f"--reuse numbers takes those of the video, {pair[0]} {pair[1]}" in ended.err
    rule = t2v.read_recipe(tmp_path / "rule.mp4")
    doubled = scene(seed=3) * 2
    assert rule.channels[0].limits == ((doubled.min(), doubled.max()),)
    ended = cli(other, "-o", tmp_path / "n.mp4", "--settings", first, "--reuse", "numbers")
    assert f"used as they are: {pair[0]} {pair[1]}" in ended.err
    found = t2v.read_recipe(tmp_path / "n.mp4")
    assert (found.contrast, found.channels[0].limits) == ("fixed", (pair,))
    by_hand = t2v.convert(other, tmp_path / "h.mp4", limits=pair)
    assert by_hand.path.read_bytes() == (tmp_path / "n.mp4").read_bytes()


def test_numbers_of_several_channels(tmp_path, merged):
    first = t2v.convert(merged, tmp_path / "first.mp4", channel="all", contrast="global")
    settings = t2v.VideoSettings.load(first.path, reuse="numbers")
    assert settings.limits == first.limits
    assert settings == t2v.VideoSettings.from_dict(json.loads(settings.to_json()))
    again = t2v.convert(merged, tmp_path / "again.mp4", settings=settings)
    assert media(again.path) == media(first.path)
    assert again.limits == first.limits
    settings = dataclasses.replace(settings, channel=1)
    with pytest.raises(t2v.SourceError, match="limits are those of 2 channels, but 1 is shown"):
        t2v.convert(merged, tmp_path / "one.mp4", settings=settings)


@pytest.mark.parametrize("contrast", ["local", "smooth"])
def test_limits_of_single_frames_are_no_numbers_for_others(tmp_path, cli, folder, contrast):
    first = tmp_path / "first.mp4"
    cli(folder, "-o", first, "--contrast", contrast)
    ended = cli(folder, "-o", tmp_path / "o.mp4", "--settings", first, "--reuse", "numbers")
    assert ended.code == 2
    assert "first.mp4" in ended.error_line
    assert "each frame had limits of its own" in ended.error_line
    with pytest.raises(t2v.SettingsError, match="limits of its own"):
        t2v.VideoSettings.load(first, reuse="numbers")


def test_a_batch_again(tmp_path, cli, folder):
    other = write_folder(tmp_path / "pos2", scene(seed=3) * 2)
    assert cli(folder, other, "--contrast", "batch").code == 0
    (first,) = folder.glob("*.mp4")
    wanted = first.read_bytes()
    assert t2v.read_recipe(first).batch == ("pos1", "pos2")
    # Together with all sources: the same.
    again = tmp_path / "again"
    assert cli(folder, other, "--settings", first, "--output-dir", again).code == 0
    assert (again / f"pos1_{first.name}").read_bytes() == wanted
    # Alone, by the rule: another video, and it is said.
    ended = cli(folder, "--settings", first, "-o", tmp_path / "alone.mp4")
    assert "over the 1 source of this call" in ended.err
    assert "shared them with others (2 in all)" in ended.err
    assert media(tmp_path / "alone.mp4") != media(first)
    # Alone, with its numbers: the same pictures.
    ended = cli(
        folder, "--settings", first, "-o", tmp_path / "numbers.mp4", "--reuse", "numbers"
    )  # fmt: skip
    assert media(tmp_path / "numbers.mp4") == media(first)


@pytest.mark.parametrize(
    "argv",
    [
        ["--reuse", "rule"],
        ["--settings", "FIRST", "--reuse", "numbers", "--limits", "1", "2"],
        ["--settings", "FIRST", "--reuse", "numbers", "--contrast", "local"],
        ["--settings", "PLAIN", "--reuse", "numbers"],
        ["--settings", "FIRST", "--reuse", "both"],
        ["--settings", "NOWHERE"],
        ["--settings", "FRAME"],
        ["--settings", "FOREIGN"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_found_before_any_work(tmp_path, cli, ffmpeg, folder, argv):
    first = t2v.convert(folder, tmp_path / "first.mp4", contrast="global").path
    t2v.VideoSettings().save(tmp_path / "plain.json")
    files = {
        "FIRST": first,
        "PLAIN": tmp_path / "plain.json",
        "NOWHERE": tmp_path / "nowhere.mp4",
        "FRAME": folder / "t1.tif",
        "FOREIGN": with_comment(first, tmp_path / "foreign.mp4", "holiday"),
    }
    ended = cli(folder, *(files.get(word, word) for word in argv))
    assert ended.code == 2
    assert ended.error_line.startswith("tif2video: ")
    assert not list(folder.glob("*.mp4"))


@pytest.mark.parametrize(
    "options",
    [
        {"contrast": "global"},
        {"contrast": "local"},
        {"contrast": "smooth", "gamma": 0.5},
        {"limits": (50, 3000), "gamma": 2.0, "invert": True},
    ],
    ids=str,
)
def test_grey_levels_become_counts_again(tmp_path, options):
    """Counts of the source, from nothing but the video and its recipe."""
    stack = np.stack([smooth((64, 96), low=100 + 5 * i, high=2500 + 90 * i) for i in range(9)])
    video = t2v.convert(stack, tmp_path / "o.mp4", width=100, quality="high", **options)
    recipe = t2v.read_recipe(video.path)
    levels = np.clip(grey_of(decoded(video.path)), 0, 255)
    for number in (0, 4, 8):
        low, high = recipe.channels[0].limits[number if recipe.has_own_limits else 0]
        share = (255 - levels[number] if recipe.channels[0].inverted else levels[number]) / 255
        by_hand = low + share ** (1 / recipe.channels[0].gamma) * (high - low)
        counts = recipe.counts(levels[number], frame=number)
        np.testing.assert_allclose(counts, by_hand)
        exact = t2v.render_frame(stack, number, width=100, limits=(0, 65535))[..., 0]
        assert exact.shape == counts.shape
        wanted = area_average(stack[number], (64, 96))
        rows = np.linspace(0, 63, counts.shape[0]).round().astype(int)
        columns = np.linspace(0, 95, counts.shape[1]).round().astype(int)
        error = np.abs(counts - wanted[np.ix_(rows, columns)])
        assert np.median(error) < 0.02 * (high - low)


def test_inspect(tmp_path, cli, folder):
    options = ["--contrast", "global", "--gamma", 0.5, "--invert", "--crop", "80x50", "--fps", 25]
    options += ["--scale-bar", "--pixel-size", 0.65]
    cli(folder, "-o", tmp_path / "o.mp4", *options)
    ended = cli("--inspect", tmp_path / "o.mp4")
    assert (ended.code, ended.err) == (0, "")
    low, high = scene()[:, 5:55, 10:90].min(), scene()[:, 5:55, 10:90].max()
    for text in [
        *["pos1, 100x60 uint16", "12, from 0 (t0.tif) to 11 (t11.tif)"],
        *["crop 80x50+10+5 -> 500x312, 25 fps", "global", f"black at {low} counts"],
        *[f"white at {high} counts", "gamma 0.5", "inverted", f"tif2video {t2v.__version__}"],
        "black + ((255 - grey) / 255) ** (1 / gamma) * (white - black)",
        "0.65 µm (given)",
    ]:
        assert text in ended.out
    rows = [line.partition(":")[0] for line in ended.out.splitlines()]
    assert rows == [
        *("source", "frames", "shown", "contrast", "channel", "clipped", "pixel", "counts"),
        *("settings", "made with"),
    ]
    as_json = cli("--inspect", tmp_path / "o.mp4", "--json")
    assert (as_json.code, as_json.err) == (0, "")
    assert json.loads(as_json.out) == t2v.read_recipe(tmp_path / "o.mp4").to_dict()


def no_video(tmp_path, video):
    (tmp_path / "x.mp4").write_text("no video at all")
    return tmp_path / "x.mp4"


def no_recipe(tmp_path, video):
    return with_comment(video, tmp_path / "x.mp4", "a holiday in Spain")


def other_json(tmp_path, video):
    return with_comment(video, tmp_path / "x.mp4", '{"made": "elsewhere"}')


def damaged_recipe(tmp_path, video):
    return with_comment(video, tmp_path / "x.mp4", '{"tif2video": 1, "source": 5}')


def later_recipe(tmp_path, video):
    return with_comment(video, tmp_path / "x.mp4", '{"tif2video": 99}')


def cut_off(tmp_path, video):
    (tmp_path / "x.mp4").write_bytes(video.read_bytes()[:600])
    return tmp_path / "x.mp4"


def empty(tmp_path, video):
    (tmp_path / "x.mp4").touch()
    return tmp_path / "x.mp4"


def missing(tmp_path, video):
    return tmp_path / "x.mp4"


def playlist(tmp_path, video):
    """FFmpeg would open what it names."""
    (tmp_path / "x.mp4").write_text(f"#EXTM3U\n#EXTINF:1,\n{video}\n")
    return tmp_path / "x.mp4"


BAD = {
    no_video: "is no video",
    no_recipe: "no recipe",
    other_json: "no recipe",
    damaged_recipe: "damaged recipe",
    later_recipe: "later version",
    cut_off: "video",
    empty: "is no video",
    missing: "cannot be read",
    playlist: "is no video",
}


@pytest.mark.parametrize(("make", "text"), BAD.items())
def test_files_without_a_recipe(tmp_path, cli, ffmpeg, folder, make, text):
    path = make(tmp_path, t2v.convert(folder, tmp_path / "o.mp4").path)
    for argv in (["--inspect", path], ["--inspect", path, "--json"]):
        ended = cli(*argv)
        assert (ended.code, ended.out) == (1, "")
        assert ended.error_line.startswith(f"tif2video: {path}: ")
        assert text in ended.error_line
    with pytest.raises(t2v.SourceError, match=text):
        t2v.read_recipe(path)
    ended = cli(folder, "--settings", path)
    assert ended.code == 2
    assert str(path) in ended.error_line


@pytest.mark.parametrize("drawn", [5, [5], [{"objects": "x"}], [{"left_out": None}]])
def test_what_is_drawn_is_read_back_or_refused(tmp_path, folder, drawn):
    track = np.array([(1, 0, 5, 5)], float)
    video = t2v.convert(folder, tmp_path / "o.mp4", tracks=track, sidecar=True)
    recipe = t2v.read_recipe(video.path)
    assert recipe.drawn == ({"kind": "tracks", "objects": 1, "left_out": 0},)
    values = recipe.to_dict()
    assert values["tif2video"] == 2
    assert type(recipe).from_dict(values) == recipe
    with pytest.raises(t2v.SettingsError, match="damaged recipe"):
        type(recipe).from_dict(values | {"drawn": drawn})


def test_inspect_alone(cli, folder, tmp_path):
    video = t2v.convert(folder, tmp_path / "o.mp4").path
    assert cli("--inspect", video, folder).code == 2
    assert cli("--inspect").code == 2


def test_nothing_private_is_in_a_video(tmp_path, folder):
    video = t2v.convert(folder, tmp_path / "o.mp4", contrast="smooth")
    text = json.dumps(t2v.read_recipe(video.path).to_dict())
    assert str(tmp_path) not in text
    assert "/" not in text
    assert getpass.getuser() not in text
    assert not re.search(r"20\d\d-\d\d|\d\d:\d\d", text)
    assert "worker" not in text


def test_a_sidecar_says_the_same(tmp_path, cli, folder):
    ended = cli(folder, "--sidecar", "--json", "--quiet", "--contrast", "smooth")
    (video,) = folder.glob("*.mp4")
    (sidecar,) = folder.glob("*.json")
    assert sidecar.stem == video.stem
    assert t2v.read_recipe(sidecar) == t2v.read_recipe(video)
    assert json.loads(sidecar.read_text()) == t2v.read_recipe(video).to_dict()
    assert json.loads(ended.out)["sources"][0]["sidecar"] == str(sidecar)
    assert cli("--inspect", sidecar).out == cli("--inspect", video).out
    without = t2v.convert(folder, tmp_path / "o.mp4", contrast="smooth")
    assert without.sidecar is None
    assert without.path.read_bytes() == video.read_bytes()


def test_the_life_of_a_sidecar(tmp_path, cli, folder):
    out, sidecar = tmp_path / "videos" / "o.mp4", tmp_path / "videos" / "o.json"
    out.parent.mkdir()
    sidecar.write_bytes(b"precious")
    # Found before any work, even where the frames could not be read.
    (folder / "t3.tif").write_bytes(b"")
    for options in ([], ["--skip-existing"]):
        ended = cli(folder, "-o", out, "--sidecar", "--quiet", *options)
        assert ended.code == 1
        assert str(sidecar) in ended.error_line
        assert "--overwrite" in ended.error_line
    # A failure leaves both as they were.
    assert cli(folder, "-o", out, "--sidecar", "--overwrite", "--quiet").code == 1
    assert everything_in(out.parent) == {sidecar: b"precious"}
    write_folder(folder, scene())
    video = t2v.convert(folder, out, sidecar=True, overwrite=True)
    assert video.sidecar == sidecar
    assert t2v.read_recipe(sidecar) == t2v.read_recipe(out)
    # A video that is kept keeps its sidecar.
    before = everything_in(out.parent)
    assert cli(folder, "-o", out, "--sidecar", "--skip-existing", "--fps", 20).code == 0
    assert everything_in(out.parent) == before
    sidecar.unlink()
    sidecar.mkdir()
    ended = cli(folder, "-o", out, "--sidecar", "--overwrite", "--quiet")
    assert ended.code == 1
    assert out.read_bytes() == before[out]


def test_a_sidecar_appears_after_its_video_and_never_alone(tmp_path, folder):
    out, sidecar = tmp_path / "o.mp4", tmp_path / "o.json"

    def somebody_else_is_faster(progress):
        if not sidecar.exists():
            sidecar.write_bytes(b"precious")

    with pytest.raises(t2v.OutputExistsError):
        t2v.convert(scene(120), out, sidecar=True, progress=somebody_else_is_faster)
    assert sidecar.read_bytes() == b"precious"
    assert not out.exists()


def test_a_dry_run_names_the_sidecar_and_writes_none(cli, folder):
    ended = cli(folder, "--sidecar", "--dry-run")
    assert f"sidecar: {folder / '500px_10fps_video.json'}" in ended.out
    assert not list(folder.glob("*.json"))


def test_a_video_that_is_kept_but_made_otherwise_is_said(tmp_path, cli, folder, ffmpeg):
    other = write_folder(tmp_path / "pos2", scene(seed=3) * 2)
    cli(folder, "--contrast", "batch")
    both = [folder, other, "--contrast", "batch", "--skip-existing"]
    ended = cli(*both)
    low, high = int(scene().min()), int((scene(seed=3) * 2).max())
    before = f"{low} {scene().max()}"
    line = f"was made with limits {before}, this call's are {low} {high}; use --overwrite"
    assert line in ended.err
    found = json.loads(cli(*both, "--json", "--quiet").out)["sources"]
    assert [line in " ".join(source["notes"]) for source in found] == [True, False]
    # FinishedFile again, they agree.
    assert cli(*both[:-1], "--overwrite").code == 0
    assert "was made" not in cli(*both).err
    # Other settings under the same name.
    out = tmp_path / "o.mp4"
    t2v.convert(folder, out, gamma=0.5)
    kept = t2v.convert(folder, out, gamma=0.7, width=300, skip_existing=True)
    assert "with width 500, this call's is 300; with gamma 0.5, this call's is 0.7" in kept.notes[0]
    assert not t2v.convert(folder, out, gamma=0.5, skip_existing=True).notes
    # New frames since then; another source; a video that says nothing.
    write_folder(folder, scene(15))
    (note,) = t2v.convert(folder, out, gamma=0.5, skip_existing=True).notes
    assert "of 12 frames, now there are 15" in note
    (note,) = t2v.convert(other, out, gamma=0.5, skip_existing=True).notes
    assert "from pos1, this call's source is pos2" in note
    bare = tmp_path / "bare.mp4"
    command = ["ffmpeg", "-v", "error", "-i", out, "-map_metadata", "-1", "-c", "copy", bare]
    subprocess.run(command, check=True)
    assert not t2v.convert(folder, bare, skip_existing=True).notes


@pytest.mark.slow
def test_long_sequences_with_limits_of_each_frame(tmp_path, ffmpeg):
    """Limits with many digits of thousands of frames, in a file that any program can open."""
    count = 5000
    stack = noise((count, 12, 100), low=0, high=3000)
    stack += np.arange(count, dtype=np.uint16)[:, np.newaxis, np.newaxis] % 997
    video = t2v.convert(
        stack, tmp_path / "o.mp4", width="full", contrast="smooth", quality="draft", sidecar=True
    )
    comment = json.dumps(probed(video.path))
    assert len(comment) < 20 * count
    recipe = t2v.read_recipe(video.path)
    assert recipe == t2v.read_recipe(video.sidecar)
    np.testing.assert_allclose(recipe.channels[0].limits, video.limits, rtol=1e-8)
    facts = ffmpeg.facts(video.path)
    assert int(facts["nb_read_frames"]) == count
    assert Fraction(facts["avg_frame_rate"]) == 10


@pytest.mark.slow
def test_limits_that_are_too_many_for_a_video(tmp_path):
    video = t2v.convert(scene(3), tmp_path / "o.mp4", width=100)
    recipe = t2v.read_recipe(video.path)
    rng = np.random.default_rng(0)
    for count, is_kept in ((10_000, True), (200_000, False)):
        limits = tuple(map(tuple, np.sort(rng.uniform(0, 65535, (count, 2)).round(4))))
        channel = dataclasses.replace(recipe.channels[0], limits=limits)
        long = dataclasses.replace(recipe, channels=(channel,))
        assert t2v.Recipe.from_json(long.to_json()) == long
        text = long.to_text()
        assert len(text) < 1_000_000
        again = t2v.Recipe.from_json(text)
        assert (again == long) == is_kept
        if not is_kept:
            assert again.channels[0].limits == ()
            with pytest.raises(t2v.SettingsError, match="sidecar"):
                again.counts(128)


def test_a_frame_without_any_number(tmp_path, cli):
    stack = np.random.default_rng(0).normal(size=(3, 20, 100)).astype(np.float32)
    stack[1] = np.nan
    folder = write_folder(tmp_path / "in", stack)
    video = t2v.convert(folder, tmp_path / "o.mp4")
    recipe = t2v.read_recipe(video.path)
    assert recipe.to_dict()["channels"][0]["limits"]["low"][1] is None
    np.testing.assert_allclose(recipe.channels[0].limits, video.limits, rtol=1e-8)
    assert cli("--inspect", video.path).code == 0
    again = t2v.convert(
        folder, tmp_path / "a.mp4", settings=t2v.VideoSettings.load(video.path)
    )  # fmt: skip
    assert again.path.read_bytes() == video.path.read_bytes()


def test_names_in_any_script(tmp_path, cli):
    folder = write_folder(tmp_path / 'Zellen µ 細胞 "q"', numbered(3))
    assert cli(folder).code == 0
    (path,) = folder.glob("*.mp4")
    assert t2v.read_recipe(path).source == folder.name
    assert folder.name in cli("--inspect", path).out


@pytest.mark.parametrize("colours", [4, 256])
def test_a_gif_keeps_a_text(tmp_path, ffmpeg, colours):
    path = tmp_path / "x.gif"
    source = (
        f"testsrc=size=100x60:rate=10:duration=1,split[a][b];[a]palettegen=max_colors={colours}"
    )
    graph = f"{source}[p];[b][p]paletteuse"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", graph, path], check=True)
    assert tags.read_text(path) == ""
    before = ffmpeg.facts(path)
    text = json.dumps({"tif2video": 1, "more": "x" * 700})
    tags.put_into_gif(path, text)
    assert tags.read_text(path) == text
    after = ffmpeg.facts(path)
    assert after["nb_read_frames"] == before["nb_read_frames"] == "10"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(t2v.SourceError, match="cut off"):
        tags.read_text(path)


def test_inspect_tells_gamma_only_where_there_is_one(folder, tmp_path, cli):
    for name, options in (("plain", []), ("bent", ["--gamma", "0.5"])):
        cli(folder, "-o", tmp_path / f"{name}.mp4", *options)
        (line,) = (
            line
            for line in cli("--inspect", tmp_path / f"{name}.mp4").out.splitlines()
            if line.startswith("channel:")
        )
        assert ("gamma 0.5" in line) == (name == "bent")
        assert ("gamma" in line) == (name == "bent")


@pytest.mark.parametrize(("name", "codec"), [("o.mp4", None), ("o.mkv", "ffv1"), ("o.gif", "gif")])
def test_the_codec_is_in_the_settings_where_the_name_of_the_file_decided(tmp_path, name, codec):
    video = t2v.convert(numbered(2), tmp_path / name)
    assert t2v.read_recipe(video.path).settings.get("codec") == codec


def test_the_colormap_of_a_video_is_told(tmp_path, cli):
    video = t2v.convert(numbered(2), tmp_path / "o.mp4", colormap="viridis")
    told = cli("--inspect", video.path).out
    assert re.search(r"[0-9] to [0-9].*viridis", told)  # of its channel


def test_a_table_of_colours_and_limits_are_told(tmp_path, cli):
    path = write_stack(tmp_path / "s.tif", (numbered(2) >> 8).astype(np.uint8))
    video = t2v.convert(path, tmp_path / "o.mp4", limits=(5, 900))
    told = cli("--inspect", video.path).out
    assert "in colours of its own" in told
    assert "limits 5.0 900.0" in told


def test_limits_of_frames_have_the_digits_of_their_type(tmp_path):
    frames = np.random.default_rng(3).random((3, 20, 30), np.float32) / 7
    video = t2v.convert(frames, tmp_path / "o.mp4", sidecar=True)
    (channel,) = json.loads(video.sidecar.read_text())["channels"]
    exact = [(float(frame.min()), float(frame.max())) for frame in frames]
    found = list(zip(channel["limits"]["low"], channel["limits"]["high"], strict=True))
    assert found == [tuple(float(f"{v:.9g}") for v in pair) for pair in exact]
    assert found != exact


@pytest.mark.parametrize(("stated", "gamma"), [(None, 2.0), (3.0, 3.0)])
def test_the_gamma_of_what_was_displayed_comes_back(tmp_path, folder, stated, gamma):
    video = t2v.convert(folder, tmp_path / "o.mp4", limits=(5, 900), sidecar=True)
    recipe = json.loads(video.sidecar.read_text())
    recipe["contrast"] = recipe["settings"]["contrast"] = "displayed"
    recipe["settings"] |= {"gamma": stated, "limits": None}
    recipe["channels"][0]["gamma"] = 2.0
    video.sidecar.write_text(json.dumps(recipe))
    again = t2v.VideoSettings.load(video.sidecar)
    assert (again.limits, again.gamma) == ((5, 900), gamma)


def test_a_file_with_sound_only_is_no_video(tmp_path, cli):
    path = tmp_path / "o.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        for packet in (*stream.encode(sound), *stream.encode(None)):
            container.mux(packet)
    assert cli("--inspect", path).error_line == f"tif2video: {path}: holds no video"


def test_of_an_existing_video_with_other_settings_only_these_are_told(tmp_path, cli):
    """That its limits are others, too, follows from them."""
    folder, video = write_folder(tmp_path / "in", numbered(2)), tmp_path / "o.mp4"
    assert cli(folder, "-o", video, "--contrast", "batch", "--width", 200).code == 0
    write_folder(folder, numbered(2) // 2)
    said = cli(folder, "-o", video, "--contrast", "batch", "--width", 300, "--skip-existing").err
    assert "made with width 200, this call's is 300; use --overwrite" in said
    said = cli(folder, "-o", video, "--contrast", "batch", "--width", 200, "--skip-existing").err
    assert re.search(r"made with limits \d+ \d+, this call's are \d+ \d+; use --overwrite", said)
