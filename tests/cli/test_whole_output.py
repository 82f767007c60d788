"""All that is printed for a call, to the letter: plans, progress, summaries, JSON, reports."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import fields

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import numbered

import napari_tif2video as t2v

TRACKS = "track,t,y,x\n1,0,5,5\n1,1,6,6\n2,9,9,9\n"
BY_FRAME = (
    "the panels go frame by frame, as the times of pos1, few are not known, or do not grow; "
    "--frame-interval gives them"
)
COLOURS = "the source does not tell the channels' colours apart; shown are DAPI magenta, GFP green"
NO_IMAGES = "No TIF images found in {}/empty"
CHANNELS = "{}/cells.ome.tif: 2 channels: DAPI, GFP; add --channel DAPI, all or each"
CALIBRATED = (
    "3 images, 160x48 uint16, channels DAPI + GFP, 0.65 µm a pixel (from OME metadata), "
    "300 s a frame (from OME metadata)"
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with ten frames, one with three, one with none, and two channels in a file."""
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "pos1", numbered(10))
    write_folder(tmp_path / "few", numbered(3))
    (tmp_path / "empty").mkdir()
    tifffile.imwrite(
        tmp_path / "cells.ome.tif",
        np.stack([numbered(3), numbered(3) // 2], axis=1),
        metadata={
            "axes": "TCYX",
            "PhysicalSizeX": 0.65,
            "PhysicalSizeXUnit": "µm",
            "TimeIncrement": 300.0,
            "TimeIncrementUnit": "s",
            "Channel": {"Name": ["DAPI", "GFP"]},
        },
    )
    (tmp_path / "t.csv").write_text(TRACKS)
    return tmp_path


def test_plans_of_several_sources(here, cli):
    for number in (4, 5):
        (here / "pos1" / f"t{number}.tif").unlink()
    (here / "few" / "500px_10fps_video.mp4").touch()
    ended = cli(
        "pos1", "few", "cells.ome.tif", "empty", "--dry-run", "--skip-existing", "--sidecar"
    )
    assert (ended.code, ended.err) == (1, "")
    assert (
        ended.out
        == f"""\
1 of 4: pos1
  8 images, 160x48 uint16 -> 500x150, 0.8 s at 10 fps
  order: t0.tif, t1.tif, t2.tif, ..., t7.tif, t8.tif, t9.tif
  gaps: 2 missing in the numbering, the first is t4.tif
  output: {here}/pos1/500px_10fps_video.mp4
  sidecar: {here}/pos1/500px_10fps_video.json
  note: 2 missing in the numbering, the first is t4.tif; times leave room for what is missing
2 of 4: few
  3 images, 160x48 uint16 -> 500x150, 0.3 s at 10 fps
  order: t0.tif, t1.tif, t2.tif
  gaps: none found in the numbering
  output: {here}/few/500px_10fps_video.mp4 (exists, is skipped)
3 of 4: cells.ome.tif
  cannot be converted: {CHANNELS.format(here)}
4 of 4: empty
  cannot be converted: {NO_IMAGES.format(here)}
"""
    )
    for last, order in (
        (9, "t2.tif, ..., t6.tif, t7.tif, t8.tif"),
        (8, "t2.tif, t3.tif, t6.tif, t7.tif"),
    ):
        (here / "pos1" / f"t{last}.tif").unlink()
        count = last - 2
        assert (
            cli("pos1", "--dry-run").out
            == f"""\
1 of 1: pos1
  {count} images, 160x48 uint16 -> 500x150, 0.{count} s at 10 fps
  order: t0.tif, t1.tif, {order}
  gaps: 2 missing in the numbering, the first is t4.tif
  output: {here}/pos1/500px_10fps_video.mp4
  note: 2 missing in the numbering, the first is t4.tif; times leave room for what is missing
"""
        )


ALL_OF_IT = (
    "cells.ome.tif --dry-run --channel all --scale-bar --sidecar --crop 100x40+1+2 --tracks t.csv "
    "--codec h265 --title Hello"
)
NAME = "cells_500px_10fps_crop_100x40_at_1_2_merged_scalebar_h265_title_tracks_video"
NOTES = [
    COLOURS,
    "t.csv: 1 of 3 positions are beyond the 3 frames, and not drawn",
    "H.265 plays in QuickTime, in PowerPoint where Windows has its HEVC extension, and not in "
    "every browser",
]


def test_a_plan_with_all_there_can_be(here, cli):
    assert (
        cli(*ALL_OF_IT.split()).out
        == f"""\
1 of 1: cells.ome.tif
  {CALIBRATED}, scale bar 10 µm, 2 tracks of t.csv (1 left out), crop 100x40+1+2 -> 500x200, \
0.3 s + 2 s title at 10 fps, H.265
  order: page 1 of cells.ome.tif, page 3 of cells.ome.tif, page 5 of cells.ome.tif
  gaps: none found in the numbering
  tracks: 2 tracks of t.csv (1 left out)
  output: {here}/{NAME}.mp4
  sidecar: {here}/{NAME}.json
"""
        + "".join(f"  note: {note}\n" for note in NOTES)
    )
    (plan,) = json.loads(cli(*ALL_OF_IT.split(), "--json").out)["sources"]
    assert plan == {
        "source": "cells.ome.tif",
        "output": f"{here}/{NAME}.mp4",
        "sidecar": f"{here}/{NAME}.json",
        "status": "planned",
        "error": None,
        "frames": 3,
        "width": 500,
        "height": 200,
        "fps": 10.0,
        "duration_s": 0.3,
        "title_frames": 20,
        "contrast": "local",
        "codec": "h265",
        "order": [f"page {page} of cells.ome.tif" for page in (1, 3, 5)],
        "gaps": None,
        "channels": ["DAPI", "GFP"],
        "pixel_size_um": 0.65,
        "pixel_size_origin": "from OME metadata",
        "frame_interval_s": 300.0,
        "frame_interval_origin": "from OME metadata",
        "um_per_video_pixel": 0.13,
        "scale_bar_um": 10.0,
        "left_out": 0,
        "drawn": [
            {
                "kind": "tracks",
                "file": "t.csv",
                "objects": 2,
                "left_out": 1,
                "sha256": hashlib.sha256(TRACKS.encode()).hexdigest(),
            }
        ],
        "notes": NOTES,
    }
    assert cli("few", "--dry-run", "--json").out.startswith('{\n  "sources": [\n    {\n      "s')
    tifffile.imwrite("two.ome.tif", np.stack([numbered(3)] * 2, 1), metadata={"axes": "TCYX"})
    two = cli("two.ome.tif", "--dry-run", "--channel", "all").out.splitlines()[1]
    assert two == "  3 images, 160x48 uint16, channels 0 + 1 -> 500x150, 0.3 s at 10 fps"
    raw = cli("few", "--dry-run", "--raw").out
    assert "  3 images, 160x48 uint16 -> 160x48, 0.3 s at 10 fps, FFV1 of raw counts\n" in raw
    one = cli("cells.ome.tif", "--dry-run", "--channel", "GFP").out
    assert one.splitlines()[1] == (
        f"  {CALIBRATED.replace('channels DAPI + GFP', 'channel GFP')} -> 500x150, 0.3 s at 10 fps"
    )


def test_plans_of_sources_side_by_side(here, cli):
    argv = ["pos1", "few", "--panels", "sources", "--width", 300, "-o", "o.mp4"]
    argv += ["--pixel-size", 0.5, "--dry-run"]
    known = "160x48 uint16, 0.5 µm a pixel (given)"
    assert (
        cli(*argv, "--sidecar", "--scale-bar", "--frames", "::2").out
        == f"""\
1 of 1: pos1, few
  2 sources side by side, 5 frames -> 300x184, 0.5 s at 10 fps
  pos1: 5 images, {known}, scale bar 20 µm
  order: t0.tif, t2.tif, t4.tif, t6.tif, t8.tif
  gaps: none found in the numbering
  few: 2 images, {known}, scale bar 20 µm
  order: t0.tif, t2.tif
  gaps: none found in the numbering
  output: {here}/o.mp4
  sidecar: {here}/o.json
  note: {BY_FRAME}
"""
    )
    for marks, told in (("--label x", ""), ("--scale-bar", ", scale bar 20 µm")):
        once = cli(*argv, *marks.split(), "--panel-marks", "once").out.splitlines()
        assert once[1] == (f"  2 sources side by side, 10 frames{told} -> 300x184, 1.0 s at 10 fps")
    (here / "pos1" / "t0.tif").unlink()
    (here / "pos1" / "t4.tif").unlink()
    names = [f"t{n}.tif" for n in (1, 2, 3, 5, 6, 7, 8, 9)]
    (plan,) = json.loads(cli(*argv, "--json").out)["sources"]
    # Both show 160 px of the data on (300 - gap) / 2 px of the video, as far as that is known here.
    assert plan.pop("um_per_video_pixel") == pytest.approx(0.5 * 160 / 300)
    assert plan == {
        "source": "pos1, few",
        "output": f"{here}/o.mp4",
        "sidecar": None,
        "status": "planned",
        "error": None,
        "frames": 8,
        "width": 300,
        "height": 184,
        "fps": 10.0,
        "duration_s": 0.8,
        "title_frames": 0,
        "contrast": "local",
        "codec": "h264",
        "order": names,
        "gaps": None,
        "channels": ["pos1", "few"],
        "pixel_size_um": 0.5,
        "pixel_size_origin": "given",
        "frame_interval_s": None,
        "frame_interval_origin": "",
        "scale_bar_um": None,
        "left_out": 0,
        "drawn": [],
        "notes": [
            "pos1: 1 missing in the numbering, the first is t4.tif; times leave room for what is "
            "missing",
            BY_FRAME,
        ],
        "sources": [
            {"name": "pos1", "frames": 8, "order": names, "shown": list(range(8))},
            {
                "name": "few",
                "frames": 3,
                "order": ["t0.tif", "t1.tif", "t2.tif"],
                "shown": [0, 1, 2, 2, 2, 2, 2, 2],
            },
        ],
    }
    failed = json.loads(cli("empty", "few", "--dry-run", "--json", "--sidecar").out)["sources"]
    assert failed[0] == {
        "source": "empty",
        "output": None,
        "sidecar": None,
        "status": "failed",
        "error": NO_IMAGES.format(here),
    }
    assert failed[1]["gaps"] is None


SIZE_AND_TIME = re.compile(r"(\S+\.mp4) \((.*?)\) in (\d+\.\d) s, (\d+) fps$")
NOTHING = {
    "source": None,
    "status": "failed",
    "output": None,
    "error": None,
    "frames": 0,
    "width": 0,
    "height": 0,
    "fps": 0.0,
    "contrast": "",
    "limits": None,
    "clipped": None,
    "constant_frames": [],
    "notes": [],
    "codec": "",
    "crf": None,
    "psnr_db": None,
    "channels": [],
    "pixel_size_um": None,
    "pixel_size_origin": "",
    "frame_interval_s": None,
    "frame_interval_origin": "",
    "um_per_video_pixel": None,
    "scale_bar_um": None,
    "sidecar": None,
    "psnr_mean_db": None,
    "psnr_worst_db": None,
    "left_out": 0,
    "bad_frames": [],
    "drawn": [],
    "title_frames": 0,
    "verified": False,
}


def checked(ended, made):
    """The lines on stderr without sizes and times, and the results without times."""
    sources = json.loads(ended.out)["sources"]
    seconds = {source["output"]: (source.pop("seconds"), source["frames"]) for source in sources}
    lines = []
    for line in ended.err.splitlines():
        if found := SIZE_AND_TIME.search(line):
            path, size, time, rate = found.groups()
            took, frames = seconds[path]
            assert size == f"{float(f'{made(path) / 1000:.3g}'):g} kB"
            assert float(time) == pytest.approx(took, abs=0.051)
            assert int(rate) == pytest.approx(frames / took, rel=0.03, abs=1)
            line = line[: found.end(1)]
        lines.append(line)
    return lines, sources


def test_what_is_made_kept_and_failed_is_told(here, cli):
    def made(path):
        return len((here / path).read_bytes())

    out, options = here / "out", ["--contrast", "global", "--width", 100, "--output-dir", "out"]
    assert cli("few", *options).code == 0
    ended = cli(
        *("few", "pos1", "cells.ome.tif", "empty"), *options,
        *("--skip-existing", "--verify", "--json", "--report", "r.csv", "--sidecar"),
    )  # fmt: skip
    assert ended.code == 1
    assert ended.out == json.dumps(json.loads(ended.out), indent=2) + "\n"
    lines, sources = checked(ended, made)
    few, pos1 = (out / f"{name}_100px_10fps_global_norm_video.mp4" for name in ("few", "pos1"))
    ok = sources[1]
    mean, worst = ok["psnr_mean_db"], ok["psnr_worst_db"]
    assert 30 < worst < mean < 60
    problem = CHANNELS.format(here)
    assert lines == [
        "Hint: each source gets a scale of its own; --contrast batch gives all the same",
        "Processing directory 1 of 4: few",
        "  3 images, 160x48 uint16 -> 100x30, 0.3 s at 10 fps",
        f"  exists already, left as it is: {few}",
        "Processing directory 2 of 4: pos1",
        "  10 images, 160x48 uint16 -> 100x30, 1.0 s at 10 fps",
        f"  {pos1}",
        "Processing directory 3 of 4: cells.ome.tif",
        f"tif2video: {problem}",
        "Processing directory 4 of 4: empty",
        f"tif2video: {NO_IMAGES.format(here)}",
        "Summary: 4 total, 1 successful, 2 failed, 1 skipped",
        f"  ok: {pos1}, limits 1000 to 61000 (global), 0 % of the values clipped, verified: 10 "
        f"frames in order, PSNR {mean:.1f} dB, worst frame {worst:.1f} dB",
        f"  failed: {problem}",
        f"  failed: {NO_IMAGES.format(here)}",
    ]
    planned = {
        "error": None,
        "width": 100,
        "height": 30,
        "fps": 10.0,
        "contrast": "global",
        "codec": "h264",
        "channels": ["0"],
    }
    assert sources == [
        NOTHING | planned | {"source": "few", "output": f"{few}", "frames": 3, "status": "skipped"},
        NOTHING
        | planned
        | {"source": "pos1", "output": f"{pos1}", "frames": 10, "status": "ok"}
        | {"limits": [1000.0, 61000.0], "clipped": 0.0, "crf": 19}
        | {"verified": True, "psnr_mean_db": mean, "psnr_worst_db": worst}
        | {"sidecar": f"{pos1.with_suffix('.json')}"},
        NOTHING | {"source": "cells.ome.tif", "error": problem},
        NOTHING | {"source": "empty", "error": NO_IMAGES.format(here)},
    ]
    with open("r.csv", newline="", encoding="utf-8") as file:
        heading, *rows = csv.reader(file)
    assert heading == [
        *("source", "output", "status", "error", "frames", "width", "height", "fps", "contrast"),
        *("black", "white", "clipped", "seconds"),
    ]
    assert [row[:-1] for row in rows] == [
        ["few", f"{few}", "skipped", "", "3", "100", "30", "10.0", "global", "", "", ""],
        [
            *("pos1", f"{pos1}", "ok", "", "10", "100", "30", "10.0", "global"),
            *("1000.0", "61000.0", "0.0"),
        ],
        ["cells.ome.tif", "", "failed", problem, "0", "0", "0", "0.0", "", "", "", ""],
        ["empty", "", "failed", NO_IMAGES.format(here), "0", "0", "0", "0.0", "", "", "", ""],
    ]
    assert {field.name for field in fields(t2v.Video)} == NOTHING.keys() - {"verified"} | {
        "seconds"
    }


def test_what_is_told_of_panels_channels_and_a_batch(here, cli):
    def lines(*argv):
        err = cli(*argv, "--width", 100, "--output-dir", "out").err
        return [SIZE_AND_TIME.sub(r"\1", line) for line in err.splitlines()]

    name = here / "out" / "pos1_few_100px_10fps_panels_sources_video.mp4"
    assert lines("pos1", "few", "--panels", "sources") == [
        "Processing panels 1 of 1: pos1, few",
        "  2 sources side by side, 10 frames -> 100x62, 1.0 s at 10 fps",
        f"  Note: {BY_FRAME}",
        f"  {name}",
        "Summary: 1 total, 1 successful, 0 failed, 0 skipped",
        f"  ok: {name}, each frame with limits of its own, 0 % of the values clipped",
    ]
    (here / "more.ome.tif").write_bytes((here / "cells.ome.tif").read_bytes())
    more, name = (
        here / "out" / f"{stem}_100px_10fps_merged_global_norm_max100kB_video.mp4"
        for stem in ("more", "cells")
    )
    options = ["--contrast", "global", "--max-size", "100kB", "--report", "r.csv"]
    said = lines("more.ome.tif", "cells.ome.tif", "--channel", "all", *options)
    before, note = (line for line in said if "PSNR" in line)
    limits = "limits DAPI 1000 to 61000, GFP 500 to 30500 (global), 0 % of the values clipped"
    assert said == [
        "Hint: each source gets a scale of its own; --contrast batch gives all the same",
        "Processing file 1 of 2: more.ome.tif",
        f"  {CALIBRATED} -> 100x30, 0.3 s at 10 fps",
        f"  Note: {COLOURS}",
        f"  {more}",
        before,
        "Processing file 2 of 2: cells.ome.tif",
        f"  {CALIBRATED} -> 100x30, 0.3 s at 10 fps",
        f"  Note: {COLOURS}",
        f"  {name}",
        note,
        "Summary: 2 total, 2 successful, 0 failed, 0 skipped",
        f"  ok: {more}, {limits}",
        f"  ok: {name}, {limits}",
    ]
    size = f"{name.stat().st_size / 1000:.3g} kB"
    start = f"  Note: {size} with rate factor 19 of H.264: a PSNR of "
    assert re.fullmatch(
        re.escape(start) + r"\d\d\.\d dB against the pictures before encoding", note
    )
    with open("r.csv", newline="", encoding="utf-8") as file:
        _, row = csv.DictReader(file)
    assert (row["black"], row["white"]) == ("1000.0;500.0", "61000.0;30500.0")
    names = [
        here / "out" / f"{folder}_100px_10fps_batch_norm_title_video.mp4"
        for folder in ("few", "pos1")
    ]
    limits = "limits 1000 to 61000 (batch), 0 % of the values clipped"
    assert lines("few", "pos1", "--contrast", "batch", "--title", "Hi") == [
        "Measuring one contrast over 2 sources",
        "Processing directory 1 of 2: few",
        "  3 images, 160x48 uint16 -> 100x30, 0.3 s + 2 s title at 10 fps",
        f"  {names[0]}",
        "Processing directory 2 of 2: pos1",
        "  10 images, 160x48 uint16 -> 100x30, 1.0 s + 2 s title at 10 fps",
        f"  {names[1]}",
        "Summary: 2 total, 2 successful, 0 failed, 0 skipped",
        *(f"  ok: {name}, {limits}" for name in names),
        "The same limits again: --limits 1000 61000",
    ]
    # A failure of the only source was the last line but one.
    assert lines("empty") == [
        "Processing directory 1 of 1: empty",
        f"tif2video: {NO_IMAGES.format(here)}",
        "Summary: 1 total, 0 successful, 1 failed, 0 skipped",
    ]


def test_what_is_told_of_videos_that_exist_and_of_limits_that_are_not_measured(here, cli):
    write_folder(here / "flat", np.full((2, 60, 100), 7, np.uint16))
    name = here / "few" / "100px_10fps_fixed_video.mp4"

    def lines(*argv):
        err = cli(*argv, "--width", 100).err
        return [SIZE_AND_TIME.sub(r"\1", line) for line in err.splitlines()]

    few = "  3 images, 160x48 uint16 -> 100x30, 0.3 s at 10 fps"
    assert lines("few", "--limits", 5, 61000) == [
        "Processing directory 1 of 1: few",
        few,
        f"  {name}",
        "Summary: 1 total, 1 successful, 0 failed, 0 skipped",
        f"  ok: {name}, limits 5 to 61000 (fixed), 0 % of the values clipped",
    ]
    exists = f"{name} exists already; use --overwrite to replace it or --skip-existing to keep it"
    assert lines("few", "empty", "--limits", 5, 61000) == [
        "Processing directory 1 of 2: few",
        f"tif2video: {exists}",
        "Processing directory 2 of 2: empty",
        f"tif2video: {NO_IMAGES.format(here)}",
        "Summary: 2 total, 0 successful, 2 failed, 0 skipped",
        f"  failed: {exists}",
        f"  failed: {NO_IMAGES.format(here)}",
    ]
    assert lines("few", "--limits", 5, 900, "--skip-existing") == [
        "Processing directory 1 of 1: few",
        few,
        f"  exists already, left as it is: {name}",
        "  Note: the video that exists was made with limits 5.0 61000.0, this call's is 5.0 900.0; "
        "use --overwrite to make it again",
        "Summary: 1 total, 0 successful, 0 failed, 1 skipped",
    ]
    name = here / "flat" / "100px_10fps_global_norm_video.mp4"
    assert lines("flat", "--contrast", "global") == [
        "Processing directory 1 of 1: flat",
        "  2 images, 100x60 uint16 -> 100x60, 0.2 s at 10 fps",
        f"  {name}",
        "  Note: 2 of 2 frames have no contrast, all their pixels are equal; the first is t0.tif",
        "Summary: 1 total, 1 successful, 0 failed, 0 skipped",
        f"  ok: {name}, limits 7 to 7 (global), 0 % of the values clipped",
    ]
    said = "crop 999x999 is larger than the frame, which is 160x48; use a smaller crop"
    assert lines("few", "--crop", "999x999", "--quiet") == [f"tif2video: {here}/few: {said}"]
    assert lines("few", "cells.ome.tif", "--panels", "sources", "--quiet") == [
        f"tif2video: few, cells.ome.tif: {CHANNELS.format(here)}"
    ]


def test_what_is_told_of_a_video_that_was_made_otherwise(here, cli):
    def said(source, *options):
        argv = [source, "-o", "o.mp4", "--width", 100, "--tracks", "t.csv", *options]
        return cli(*argv, "--skip-existing", "--limits", 0, 900).err

    assert "Summary: 1 total, 1 successful, 0 failed, 0 skipped" in said("few")
    start = "  Note: the video that exists was made "
    again = "; use --overwrite to make it again\n"
    assert start not in said("few")
    gamma = f"{start}with gamma not set, this call's is 0.5{again}"
    assert gamma in said("few", "--gamma", 0.5)
    tifffile.imwrite("few/t3.tif", numbered(4)[3])
    assert f"{start}of 3 frames, now there are 4{again}" in said("few")
    assert gamma in said("few", "--gamma", 0.5)
    other = f"{start}with frames not set, this call's is :3; from few, this call's source is pos1"
    assert f"{other}{again}" in said("pos1", "--frames", ":3")
    (here / "t.csv").write_text(TRACKS.replace("1,0,5", "1,0,4"))
    drawn = f"{start}with other objects drawn onto it"
    assert f"{drawn}{again}" in said("few")
    assert f"{drawn}; from few, this call's source is pos1{again}" in said("pos1")
    assert gamma in said("few", "--gamma", 0.5)
