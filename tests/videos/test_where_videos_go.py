"""Where videos go, how they are called, and all that is known of them then."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.files import write_folder
from helpers.frames import numbered
from helpers.refusals import refusal

import napari_tif2video as t2v
from napari_tif2video.planning import BadFrame, Drawn
from napari_tif2video.recipe import RecipeChannel
from napari_tif2video.videos import Destination, SourceJob, plan_jobs


def jobs_of(sources, *, options=None, **where):
    found = [each if isinstance(each, SourceJob) else SourceJob(each) for each in sources]
    return plan_jobs(found, t2v.VideoSettings(**options or {}), Destination(**where))


def outputs_of(sources, **options):
    return [job.output for job in jobs_of(sources, **options)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Folders, stacks and channels in a folder of their own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for name in ("exp", "exp/a", "exp/b/raw", "far"):
        write_folder(tmp_path / name, numbered(2))
    tifffile.imwrite("one.tif", numbered(2), photometric="minisblack")
    metadata = {"axes": "TCYX", "Channel": {"Name": ["DAPI", "GFP"]}}
    tifffile.imwrite("two.ome.tif", np.stack([numbered(2)] * 2, axis=1), metadata=metadata)
    return tmp_path


def test_videos_lie_beside_their_data_or_where_they_are_told(here):
    plain = "500px_10fps_video.mp4"
    assert outputs_of(["exp", "one.tif"]) == [here / "exp" / plain, here / f"one_{plain}"]
    assert outputs_of(["exp"], file=here / "o.MKV") == [here / "o.MKV"]
    out = here / "out"
    assert outputs_of(["exp", "exp/b/raw", "one.tif"], folder=out) == [
        out / f"{name}_{plain}" for name in ("exp", "exp_b_raw", "one")
    ]
    # A source that is no path has no part in what the paths have in common.
    stack = t2v.open_stack(here / "exp")
    assert outputs_of([stack, "exp/a"], folder=out) == [out / f"exp_{plain}", out / f"a_{plain}"]
    assert outputs_of([stack], folder=out) == [out / f"exp_{plain}"]
    assert outputs_of([numbered(1)], folder=out) == [out / f"array_{plain}"]
    assert outputs_of(["exp"], folder=here / "exp") == [here / "exp" / plain]
    sidecars = [job.sidecar for job in jobs_of(["exp"], sidecar=True) + jobs_of(["exp"])]
    assert sidecars == [here / "exp" / "500px_10fps_video.json", None]


def test_one_video_of_several_sources_lies_where_they_have_a_folder_in_common(here):
    panels = {"options": {"panels": "sources"}}
    (made,) = jobs_of(["exp/a", "exp/b/raw"], **panels)
    width = made.plan.picture.size[1]
    name = f"{width}px_10fps_panels_sources_video.mp4"
    assert made.output == here / "exp" / f"a_raw_{name}"
    assert made.label == "exp/a, exp/b/raw"
    assert outputs_of(["exp/a", "exp/b/raw"], folder=Path("out"), **panels) == [
        here / "out" / f"a_raw_{name}"
    ]
    assert outputs_of(["exp/a", "far"], file=Path("o.mp4"), **panels) == [here / "o.mp4"]
    said = "output: the sources have no folder in common; say where to write"
    for sources in (["exp/a", numbered(2)], [numbered(2), numbered(2)]):
        assert refusal(t2v.SettingsError, jobs_of, sources, **panels) == said
    spaced = write_folder(here / "pos 1 (new)", numbered(2))
    many = ["exp/a", spaced, "far", "exp", "one.tif", "exp/b/raw"]
    (made,) = jobs_of(many, **panels)
    assert made.output.name.startswith("a_pos-1-new-_4_more_")
    assert made.output.parent == here
    arrays = [SourceJob(numbered(2)), SourceJob(numbered(2)), SourceJob("far")]
    (made,) = jobs_of(arrays, folder=Path("out"), **panels)
    assert [source.stack.name for source in made.plan.sources] == ["array 0", "array 1", "far"]


def test_options_that_exclude_each_other(here):
    said = {
        "output: give a file or a folder, not both": {"file": here / "o.mp4", "folder": here},
        "output: overwrite and skip existing exclude each other": {
            "overwrite": True,
            "skip_existing": True,
        },
    }
    for text, options in said.items():
        assert refusal(t2v.SettingsError, Destination, **options) == text
    assert [Destination(file=here / "o.MP4").ending, Destination(folder=here).ending] == [
        ".mp4",
        "",
    ]


def test_what_happens_where_the_output_exists(here):
    for name in ("v.mp4", "w.json"):
        (here / name).touch()
    os.symlink("nowhere", "x.mp4")

    def of(name, **options):
        (job,) = jobs_of(["exp"], file=here / name, **options)
        return job.skip, job.problem and str(job.problem)

    exists = "exists already; use --overwrite to replace it or --skip-existing to keep it"
    for name in ("v.mp4", "x.mp4"):
        assert of(name) == (False, f"{here / name} {exists}")
        assert of(name, skip_existing=True) == (True, None)
        assert of(name, overwrite=True) == (False, None)
    assert of("w.mp4") == of("w.mp4", overwrite=True, sidecar=True) == (False, None)
    for options in ({}, {"skip_existing": True}):
        assert of("w.mp4", sidecar=True, **options) == (False, f"{here / 'w.json'} {exists}")
    assert of("v.mp4", sidecar=True, skip_existing=True) == (True, None)


def test_what_is_not_written_over(here):
    masks = write_folder(here / "masks", numbered(2), "m{}.tif")
    (here / "t.csv").write_text("track,t,y,x\n1,0,5,5\n")
    both = {"options": {"panels": "sources"}}
    drawn = {"options": {"segmentation": masks, "tracks": here / "t.csv"}}

    def said(sources, report, **options):
        report = here / report
        text = refusal(t2v.SettingsError, jobs_of, sources, report=report, **options)
        start, end = f"--report {report}: is ", "; choose another name to write to"
        assert text.startswith(start)
        assert text.endswith(end)
        return text.removeprefix(start).removesuffix(end)

    for source in (["exp/a", "far"], ["far", "exp/a"]):
        assert said(source, "far/t1.tif", **both, file=Path("o.mp4")) == "a file of the source far"
        assert said(source, "far/t1.tif") == "a file of the source far"
    assert said(["exp", "one.tif"], "two.ome.tif") == "a file of the source one.tif"
    assert said(["far"], "t.csv", **drawn) == "a file that tracks names"
    assert said(["far"], "masks/m1.tif", **drawn) == "a file that segmentation names"
    settings = here / "s.json"
    settings.touch()
    assert said(["far"], "s.json", settings=settings) == "where the settings are read from"
    assert said(["far"], "o.mp4", file=Path("o.mp4")) == f"the same file as {here / 'o.mp4'}"
    assert said(["far"], "o.json", file=Path("o.mp4"), sidecar=True) == (
        f"the same file as {here / 'o.json'}"
    )
    # What is not read may be written over: other files beside the data, and other folders.
    (here / "exp" / "notes.txt").touch()
    for report in ("exp/notes.txt", "masks/m1.tif", "exp/b/raw/t1.tif", "far/t2.tif"):
        assert len(jobs_of(["exp", "far"], report=here / report)) == 2
    other = "would both become"
    text = refusal(t2v.SettingsError, jobs_of, ["one.tif", SourceJob("one.tif")])
    name = here / "one_500px_10fps_video.mp4"
    assert text == (
        f"one.tif and one.tif {other} {name}; convert them in separate calls with other names"
    )


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"anchor": True}, ""),  # the plain dot leaves no trace
        ({"anchor_style": "dot"}, ""),
        ({"anchor_size": 20}, "dot_20px"),
        ({"anchor_colour": "lime"}, "dot_lime"),
        ({"anchor_style": "cross"}, "cross"),
        ({"anchor_style": "cross", "anchor_size": 20}, "cross_20px"),
        ({"channel": "GFP"}, "ch1"),
        ({"channel": 0}, "ch0"),
        ({"channel": "all"}, "merged"),
    ],
)
def test_names_tell_what_settings_came_to(here, options, name):
    source = "two.ome.tif" if "channel" in options else "far"
    (output,) = outputs_of([source], folder=Path("out"), options=options)
    tokens = "_".join(filter(None, [source.partition(".")[0], "500px_10fps", name, "video.mp4"]))
    assert output.name == tokens


def test_names_tell_the_codec_where_the_ending_does_not(here):
    def name(**settings):
        (output,) = outputs_of(["far"], options=settings)
        return output.name

    assert name(codec="gif") == "500px_10fps_video.gif"
    assert name(codec="ffv1") == "500px_10fps_video.mkv"
    assert name(codec="h265") == "500px_10fps_h265_video.mp4"


@pytest.mark.skipif(not hasattr(os, "pathconf"), reason="asks the system for its longest name")
def test_names_that_are_too_long(here, monkeypatch):
    def said(name, **options):
        (job,) = jobs_of(["far"], file=here / "new" / name, **options)
        return job.problem and str(job.problem)

    def refused(name, size, most, shorter):
        return (
            f"{here / 'new' / name}: its name takes {size} bytes, and {most} are possible there; "
            f"convert it alone, with --output and a shorter one, such as {shorter}"
        )

    most = os.pathconf(here, "PC_NAME_MAX")
    for ending, less in ((".mp4", 1), (".webm", 0)):
        for sidecar in (False, True):
            own = most - less * sidecar
            fits = "x" * (own - len(ending))
            assert said(f"{fits}{ending}", sidecar=sidecar) is None
            assert said(f"{fits}x{ending}", sidecar=sidecar) == refused(
                f"{fits}x{ending}", own + 1, own, f"{fits}{ending}"
            )
    fits = "x" * (most - 10)
    assert said(f"{fits}y_video.mp4") == refused(
        f"{fits}y_video.mp4", most + 1, most, f"{fits}_video.mp4"
    )
    # Half a letter is none.
    assert said(f"x{'µ' * 126}.mp4") == refused(f"x{'µ' * 126}.mp4", 257, 255, f"x{'µ' * 125}.mp4")

    def unknown(*_):
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "pathconf", unknown)
    assert said(f"{'x' * 251}.mp4") is None
    assert said(f"{'x' * 252}.mp4") == refused(f"{'x' * 252}.mp4", 256, 255, f"{'x' * 251}.mp4")


TRACKS = "track,t,y,x\n1,0,5,5\n1,7,5,5\n"
CALIBRATED = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}
CALIBRATED |= {"TimeIncrement": 300.0, "TimeIncrementUnit": "s"}


def test_all_that_is_known_of_a_video(here):
    """Of one that exists, and of one that is made: whole results, with nothing left to chance."""
    names = {"Channel": {"Name": ["DAPI", "GFP"]}}
    frames = np.stack([numbered(3), numbered(3)[:, ::-1] // 2], axis=1)
    tifffile.imwrite("two.ome.tif", frames, metadata={"axes": "TCYX"} | CALIBRATED | names)
    Path("t.csv").write_text(TRACKS)
    output = here / "o.mp4"
    output.touch()
    options = {
        "channel": "all",
        "scale_bar": True,
        "tracks": "t.csv",
        "title": "x",
        "fps": 4,
        "width": 160,
        "crop": "80x40",
        "frames": "1:",
        "contrast": "global",
    }
    notes = (
        "the source does not tell the channels' colours apart; shown are DAPI magenta, GFP green",
        "t.csv: 1 of 2 positions are beyond the 3 frames, and not drawn",
    )
    exists = "what exists there is no video of a known format; use --overwrite to make the video"
    digest = hashlib.sha256(TRACKS.encode()).hexdigest()
    known = t2v.Video(
        source="two.ome.tif",
        status="skipped",
        output=output,
        frames=2,
        width=160,
        height=80,
        fps=Fraction(4),
        contrast="global",
        notes=(*notes, exists),
        codec="h264",
        channels=("DAPI", "GFP"),
        pixel_size_um=0.5,
        pixel_size_origin="from OME metadata",
        frame_interval_s=300.0,
        frame_interval_origin="from OME metadata",
        um_per_video_pixel=0.25,
        scale_bar_um=10.0,
        drawn=(Drawn("tracks", "t.csv", 1, 1, digest, here / "t.csv", "track"),),
        title_frames=8,
    )
    assert t2v.convert("two.ome.tif", output, skip_existing=True, **options) == known
    made = t2v.convert(
        *("two.ome.tif", output), overwrite=True, sidecar=True, percentile=(10, 60), **options
    )
    box = frames[1:, :, 4:44, 40:120]
    limits = tuple(tuple(np.percentile(box[:, n], (10, 60))) for n in (0, 1))
    outside = [(box[:, n] < low) | (box[:, n] > high) for n, (low, high) in enumerate(limits)]
    assert made.limits == limits
    assert made.clipped == np.mean(outside)
    assert 0 < made.seconds < 60
    assert made == dataclasses.replace(
        known, status="ok", limits=limits, clipped=made.clipped, notes=made.notes, crf=19,
        sidecar=here / "o.json", seconds=made.seconds,
    )  # fmt: skip
    assert made.notes[:2] == notes
    recipe = t2v.read_recipe(output)
    assert recipe == t2v.Recipe(
        source="two.ome.tif",
        first_frame="page 3 of two.ome.tif",
        last_frame="page 5 of two.ome.tif",
        source_size=(160, 48),
        source_type="uint16",
        settings=recipe.settings,
        contrast="global",
        channels=(
            RecipeChannel("DAPI", 0, limits[:1], colours="#ff00ff"),
            RecipeChannel("GFP", 1, limits[1:], colours="#00ff00"),
        ),
        clipped=made.clipped,
        frames=2,
        indices=range(1, 3),
        crop=t2v.CropBox(80, 40, 40, 4),
        width=160,
        height=80,
        calibration={
            "pixel_size_um": 0.5,
            "pixel_size_origin": "from OME metadata",
            "frame_interval_s": 300.0,
            "frame_interval_origin": "from OME metadata",
        },
        versions=recipe.versions,
        drawn=({"kind": "tracks", "file": "t.csv", "objects": 1, "left_out": 1, "sha256": digest},),
        title_frames=8,
    )
    assert t2v.read_recipe(here / "o.json") == recipe


def test_all_that_is_known_of_a_video_with_gaps(here):
    frames = numbered(5)
    frames[3] = 7
    folder = write_folder(here / "gaps", frames)
    tifffile.imwrite(folder / "t9.btf", frames[0])
    (folder / "t1.tif").write_bytes(b"II*\0")
    made = t2v.convert(folder, width="full", on_error="skip", codec="ffv1", frames="1:")
    (bad,) = made.bad_frames
    assert (bad.frame, bad.name) == (1, "t1.tif")
    assert made == t2v.Video(
        source=str(folder),
        status="ok",
        output=folder / "160px_10fps_frames_1-4_video.mkv",
        frames=3,
        width=160,
        height=48,
        fps=Fraction(10),
        contrast="local",
        limits=tuple((float(frame.min()), float(frame.max())) for frame in frames[2:]),
        clipped=0.0,
        constant_frames=(1,),
        notes=made.notes,
        seconds=made.seconds,
        codec="ffv1",
        channels=("0",),
        left_out=1,
        bad_frames=(BadFrame(1, bad.name, bad.error),),
    )
    assert [note for note in made.notes if "no contrast" in note] == [
        "1 of 3 frames have no contrast, all their pixels are equal; the first is t3.tif"
    ]
    raw = t2v.convert(folder, raw=True, width="full", frames="2:3", verify=True)
    assert (raw.limits, raw.clipped, raw.crf, raw.verified) == (None, 0.0, None, True)
    assert (raw.psnr_db, raw.psnr_mean_db, raw.psnr_worst_db) == (None, np.inf, np.inf)
