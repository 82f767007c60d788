"""`--resume`: a run that was stopped is gone on with, and the video is that of one that was not."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tifffile
from helpers.files import write_folder, write_pages
from helpers.frames import noise

import napari_tif2video as t2v
from napari_tif2video.data import identity_of
from napari_tif2video.encode import encode_segment
from napari_tif2video.pipeline import tasks

# A run that is to be stopped may be complete before that; then it is made again.
TRIES = 20
MAGIC = b"tif2video segments 1\n"
COUNT = 330  # 7 segments of 50 frames, the last one short
FRAMES = noise((COUNT, 24, 40), high=4000)
KINDS = {
    "local": {},
    "global": {"contrast": "global"},
    "smooth": {"contrast": "smooth"},
    "percentile": {"contrast": "global", "percentile": (1, 99)},
    "verified": {"verify": True},
    "below a size": {"max_size": "750kB"},
    "drawn": {"timestamp": True, "frame_interval": "5s", "label": "{name} {frame}", "anchor": True},
    "AV1": {"codec": "av1"},
    "GIF": {"codec": "gif", "colormap": "viridis"},
    "raw": {"raw": True},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("data") / "pos", FRAMES, name="t{:04}.tif")


def options_of(kind):
    options = {"width": 100, "workers": 2} | KINDS[kind]
    if kind == "raw":
        del options["width"]
    ending = {"GIF": ".gif", "raw": ".mkv"}.get(kind, ".mp4")
    return options, f"o{ending}"


def kept_in(folder):
    return sorted(folder.glob("*.resume"))


def reused(video):
    """How many segments are those of the run before, as the notes say."""
    said = [note for note in video.notes if "of a run that was stopped" in note]
    return int(said[0].split()[0]) if said else 0


def stopped_after(segments, source, output, **options):
    """A run that stops by itself when it has finished so many segments."""

    def progress(p):
        for path in kept_in(output.parent):
            if path.stat().st_size > 100 and finished_in(path) >= segments:
                raise KeyboardInterrupt

    for _ in range(TRIES):
        try:
            t2v.convert(source, output, resume=True, progress=progress, **options)
        except KeyboardInterrupt:
            return
        output.unlink()  # on a busy machine it may be complete before anybody looks
    pytest.fail("it was never stopped in time")


def finished_in(path):
    """How many records a file of segments has, by the format that its beginning names."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # the video is complete
        return 0
    assert content.startswith(MAGIC) or not content
    at, count = len(MAGIC), 0
    while at + 80 <= len(content):
        facts, packets = (int.from_bytes(content[i : i + 8], "little") for i in (at + 64, at + 72))
        at += 80 + facts + packets
        count += at <= len(content)
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_the_video_is_that_of_an_undisturbed_run(folder, tmp_path, kind):
    options, name = options_of(kind)
    whole = t2v.convert(folder, tmp_path / "whole" / name, **options)
    output = tmp_path / "stopped" / name
    stopped_after(2, folder, output, **options)
    assert not output.exists()
    (kept,) = kept_in(output.parent)
    video = t2v.convert(folder, output, resume=True, **options | {"workers": 3})
    assert output.read_bytes() == whole.path.read_bytes()
    assert reused(video) >= 2
    assert (video.limits, video.clipped, video.psnr_db, video.psnr_worst_db) == (
        whole.limits, whole.clipped, whole.psnr_db, whole.psnr_worst_db,
    )  # fmt: skip
    assert not kept.exists()
    assert [p.name for p in output.parent.iterdir()] == [name]


def test_a_run_that_is_killed_outright(folder, tmp_path):
    output = tmp_path / "o.mp4"
    argv = [folder, "-o", output, "--width", "300", "--workers", "2", "--resume", "--quiet"]
    command = [sys.executable, "-m", "napari_tif2video", *map(str, argv)]
    for _ in range(TRIES):
        with subprocess.Popen(command) as run:
            while run.poll() is None:
                if any(finished_in(path) >= 2 for path in kept_in(tmp_path)):
                    run.kill()
                time.sleep(0.002)
        if not output.exists():
            break
        output.unlink()
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    (source,) = json.loads(done.stdout)["sources"]
    assert any("of 7 segments are those of a run that was stopped" in n for n in source["notes"])
    assert [path.name for path in tmp_path.iterdir()] == ["o.mp4"]
    whole = t2v.convert(folder, tmp_path / "whole.mp4", width=300)
    assert output.read_bytes() == whole.path.read_bytes()


@pytest.fixture(scope="module")
def stopped_once(folder, tmp_path_factory):
    """What a stopped run of a copy of the folder leaves: output, settings, and the file kept."""
    root = tmp_path_factory.mktemp("stopped")
    copy = root / "copy" / "pos"
    shutil.copytree(folder, copy)
    output, options = root / "out" / "o.mp4", {"width": 100, "workers": 2}
    stopped_after(3, copy, output, **options)
    (kept,) = kept_in(output.parent)
    return copy, output, options, kept, kept.read_bytes()


@pytest.fixture
def stopped(stopped_once, folder):
    """The same, as it was when the run had been stopped."""
    copy, output, options, kept, content = stopped_once
    for path in folder.iterdir():
        if (copy / path.name).stat().st_mtime_ns != path.stat().st_mtime_ns:
            shutil.copy2(path, copy)
    for path in output.parent.iterdir():
        path.unlink()
    kept.write_bytes(content)
    kept.chmod(0o600)
    return copy, output, options, kept


@pytest.fixture(scope="module")
def undisturbed():
    """The bytes of videos that were made in one go, by their settings."""
    return {}


@pytest.fixture
def go_on(stopped, undisturbed):
    """Go on with the stopped run, maybe with other settings."""

    def convert(**others):
        copy, output, options, _ = stopped
        video = t2v.convert(copy, output, resume=True, **options | others)
        key = repr(others), tuple(path.stat().st_mtime_ns for path in sorted(copy.iterdir()))
        if key not in undisturbed:
            whole = t2v.convert(copy, output.with_name("whole.mp4"), **options | others)
            undisturbed[key] = whole.path.read_bytes()
        assert output.read_bytes() == undisturbed[key]
        return video

    return convert


ANEW = "all is made anew"


@pytest.mark.parametrize(
    "others",
    [{"width": 102}, {"crf": 30}, {"gamma": 0.9}, {"verify": True}, {"contrast": "smooth"},
     {"frames": "1:"}, {"label": "{frame}"}],
    ids=lambda others: next(iter(others)),
)  # fmt: skip
def test_other_settings_start_anew_and_say_so(go_on, others):
    assert any(ANEW in note for note in go_on(**others).notes)


def test_only_segments_whose_files_changed_are_made_again(stopped, go_on):
    copy, *_ = stopped
    tifffile.imwrite(copy / "t0060.tif", FRAMES[61])
    before = finished_in(stopped[-1])
    assert reused(go_on()) == before - 1 >= 2


def test_a_touched_file_is_another_file(stopped, go_on):
    copy, *_ = stopped
    for path in copy.iterdir():
        os.utime(path, (1e9, 1e9))
    assert any(ANEW in note for note in go_on().notes)


def test_another_version_starts_anew(stopped):
    """Of anything that has a part in the bytes; here of PyAV."""
    copy, output, *_ = stopped
    code = (
        "import av, sys, napari_tif2video as t; av.__version__ = '0.0.0';"
        "print(*t.convert(sys.argv[1], sys.argv[2], resume=True, width=100).notes)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, copy, output], capture_output=True, text=True, check=True
    )
    assert ANEW in done.stdout


@pytest.mark.parametrize("place", ["facts", "packets", "the end", "the beginning"])
def test_what_is_damaged_is_not_used(stopped, go_on, place):
    *_, kept = stopped
    content = bytearray(kept.read_bytes())
    before = finished_in(kept)
    if place == "the end":
        del content[-5:]
    else:
        content[{"facts": 21 + 80 + 5, "packets": -20, "the beginning": 3}[place]] ^= 1
    kept.write_bytes(content)
    video = go_on()
    left = {"facts": 0, "the beginning": 0}.get(place, before - 1)
    assert reused(video) == left


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX rights")
def test_what_is_kept_is_private_and_what_is_not_is_not_used(stopped, go_on):
    *_, kept = stopped
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert b"pickle" not in kept.read_bytes()[:200]
    kept.chmod(0o666)  # as if somebody else could have written into it
    assert reused(go_on()) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_a_link_in_its_place_is_not_followed(stopped, go_on, tmp_path):
    *_, kept = stopped
    precious = tmp_path / "precious"
    kept.rename(precious)
    before = precious.read_bytes()
    kept.symlink_to(precious)
    assert reused(go_on()) == 0
    assert precious.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs locks of POSIX")
def test_two_runs_do_not_share_what_is_kept(stopped, monkeypatch):
    copy, output, options, kept = stopped
    kept.unlink()  # it may be complete
    asked = []

    def encode_later(*given):
        """Not before the other run has begun."""
        end = time.monotonic() + 30
        while not asked and time.monotonic() < end:
            time.sleep(0.01)
        return encode_segment(*given)

    monkeypatch.setattr(tasks, "encode_segment", encode_later)

    def another(progress):
        if not asked:
            asked.append(1)
            with pytest.raises(t2v.OutputError, match="another run is making it"):
                t2v.convert(copy, output, resume=True, **options)

    t2v.convert(copy, output, resume=True, progress=another, **options)
    assert asked


def test_a_bad_frame_that_was_mended(folder, tmp_path):
    """What was finished before the run failed is used."""
    copy = tmp_path / "pos"
    shutil.copytree(folder, copy)
    path = copy / "t0300.tif"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    os.utime(path, (1e9, 1e9))
    output = tmp_path / "o.mp4"
    with pytest.raises(t2v.SourceError, match=r"t0300\.tif"):
        t2v.convert(copy, output, resume=True, width=100, workers=1)
    path.write_bytes(whole)
    video = t2v.convert(copy, output, resume=True, width=100, workers=1)
    assert reused(video) >= 2
    plain = t2v.convert(folder, tmp_path / "whole.mp4", width=100)
    assert output.read_bytes() == plain.path.read_bytes()


def test_skipped_frames(folder, tmp_path):
    """Segments before the first bad frame are the same with and without it."""
    copy = tmp_path / "pos"
    shutil.copytree(folder, copy)
    (copy / "t0160.tif").write_bytes(b"II")
    os.utime(copy / "t0160.tif", (1e9, 1e9))
    options = {"width": 100, "on_error": "skip"}
    video = t2v.convert(copy, tmp_path / "o.mp4", resume=True, **options)
    plain = t2v.convert(copy, tmp_path / "plain.mp4", **options)
    assert (video.frames, len(video.bad_frames)) == (COUNT - 1, 1)
    assert video.path.read_bytes() == plain.path.read_bytes()
    assert kept_in(tmp_path) == []


def test_nothing_is_kept_unless_asked_for(folder, tmp_path):
    def progress(p):
        if p.done > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        t2v.convert(folder, tmp_path / "o.mp4", width=100, progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_a_plain_run_to_the_end_removes_what_was_kept(stopped):
    copy, output, options, kept = stopped
    t2v.convert(copy, output, **options)
    assert not kept.exists()


def test_nothing_is_left_where_nothing_was_finished(tmp_path):
    bad = write_folder(tmp_path / "pos", FRAMES[:3])
    (bad / "t1.tif").write_bytes(b"II")
    os.utime(bad / "t1.tif", (1e9, 1e9))
    with pytest.raises(t2v.SourceError, match=r"t1\.tif"):
        t2v.convert(bad, tmp_path / "new" / "o.mp4", resume=True)
    assert not (tmp_path / "new").exists()


def test_arrays_are_refused(tmp_path):
    with pytest.raises(t2v.SourceError, match="resume is for files"):
        t2v.convert(FRAMES, tmp_path / "o.mp4", resume=True)
    assert list(tmp_path.iterdir()) == []


SOURCES = {
    "a stack": lambda d: write_pages(d / "s.tif", FRAMES[:130], compression="zlib"),
    "a run": lambda d: write_run(d / "s.tif"),
    "files of slices": lambda d: write_folder(
        d / "pos", FRAMES[:260].reshape(130, 2, 24, 40), photometric="minisblack"
    ),
}


def write_run(path):
    tifffile.imwrite(path, FRAMES[:130], photometric="minisblack")
    return path


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_every_kind_of_file(tmp_path, make):
    """A source is told by its files; one that is made anew is another."""
    source = make(tmp_path)
    output = tmp_path / "o.mp4"
    options = {"width": 100, "workers": 1, "z": "max"} if source.is_dir() else {"width": 100}
    stopped_after(1, source, output, **options)
    video = t2v.convert(source, output, resume=True, **options)
    assert reused(video) >= 1
    plain = t2v.convert(source, tmp_path / "plain.mp4", **options)
    assert output.read_bytes() == plain.path.read_bytes()


@pytest.mark.parametrize(
    ("name", "opened"),
    [("ome_companion", "multifile-Z1.ome.tiff"), ("ndtiff/v3_12_bit", ".")],
    ids=["OME over several files", "NDTiff"],
)
def test_frames_of_several_files_are_told_by_each(tmp_path, name, opened):
    """What makes the key of a segment: the same for the same files, another for others."""
    copy = tmp_path / "data"
    shutil.copytree(Path(__file__).parents[1] / "files" / name, copy)

    def identities():
        stack = t2v.open_stack(copy / opened)
        frames = stack.frames if stack.planes is None else stack.planes.frames
        return [repr(identity_of(frames.select([i]))) for i in range(len(frames))]

    before = identities()
    assert len(set(before)) == len(before) > 1
    assert identities() == before
    images = sorted(path for path in copy.iterdir() if path.suffix in (".tif", ".tiff"))
    changed = set()
    for path in images:
        os.utime(path, (1e9, 1e9))
        after = identities()
        changed |= {
            i for i, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1
        }
    assert changed == set(range(len(before)))


def test_of_a_run_that_was_never_stopped_nothing_is_said(tmp_path):
    folder = write_folder(tmp_path / "in", FRAMES[:3])
    video = t2v.convert(folder, tmp_path / "o.mp4", resume=True)
    assert not [note for note in video.notes if "stopped" in note]
