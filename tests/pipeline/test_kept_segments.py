"""The file in which finished segments wait for a run that goes on."""

from __future__ import annotations

import hashlib
import json
import os
import struct

import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.encode import EncodedSegment, FrameCheck
from napari_tif2video.picture import Brightness, FrameStats
from napari_tif2video.pipeline.resume import segment_keys
from napari_tif2video.pipeline.tasks import Segment
from napari_tif2video.planning import plan


def test_the_file_of_finished_segments(tmp_path):
    """Its format is the contract between a run and the one that goes on with it."""
    output = tmp_path / "o.mp4"
    name = hashlib.sha256(b"o.mp4").hexdigest()[:16]
    with pipeline.kept_segments(output) as kept:
        (path,) = tmp_path.iterdir()
        assert path.name.endswith(f"{name}.resume")
        assert path.stat().st_mode & 0o777 == 0o600
        assert (kept.is_empty, kept.notes) == (True, ())
        with (
            pytest.raises(t2v.OutputError) as caught,
            pipeline.kept_segments(output),
        ):
            pass
        assert str(caught.value) == f"{output}: another run is making it; wait for that one"
    assert list(tmp_path.iterdir()) == []
    path.mkdir()
    with pytest.raises(t2v.OutputError) as caught, pipeline.kept_segments(output):
        pass
    assert str(caught.value).startswith(f"{output}: its finished segments cannot be kept (")
    path.rmdir()
    path.write_bytes(b"something else entirely")
    path.chmod(0o600)
    with pipeline.kept_segments(output) as kept:
        assert path.read_bytes() == b"tif2video segments 1\n"
    assert not path.exists()
    pipeline.forget_segments(output)  # nothing there, and nothing said


def segment(number):
    """What is known of a segment of two frames; the second one was not sampled."""
    limits = ((1.5, 9.0 + number), (0.1, 0.2))
    stats = (
        FrameStats(limits, True, Brightness(1.25, 2.0, 3.5), 0.125),
        FrameStats(limits, False, None, np.float64(0.5)),
    )
    checks = (FrameCheck(number, 0.5, 0.25), FrameCheck(2**32 - 1, 0.0, 1e-9))
    return Segment(EncodedSegment((), b"sets", b"head", 0.75, checks), stats)


def records_of(path):
    """Key, digest, facts and packets of each record."""
    content, found = path.read_bytes()[len(b"tif2video segments 1\n") :], []
    while content:
        key, digest, facts, packets = struct.unpack("<32s32sQQ", content[:80])
        body, content = content[80 : 80 + facts + packets], content[80 + facts + packets :]
        assert hashlib.sha256(body).digest() == digest
        found.append((key, json.loads(body[:facts])))
    return found


def test_segments_are_kept_and_merged_in_order(tmp_path):
    output = tmp_path / "o.mp4"
    keys = [bytes([number]) * 32 for number in range(4)]
    taken = []
    with pipeline.kept_segments(output) as kept:
        merged = kept.merged(keys[1:3], taken.append)
        assert merged.finished == frozenset()
        merged.append(segment(1))
        merged.append(segment(2))
        assert kept.notes == ()  # there was no earlier run
    assert taken == [segment(1), segment(2)]
    (path,) = tmp_path.iterdir()
    (first, facts), (second, _) = records_of(path)
    assert [first, second] == keys[1:3]
    assert facts == {
        "stats": [
            {
                "limits": [[1.5, 10.0], [0.1, 0.2]],
                "is_constant": True,
                "brightness": [1.25, 2.0, 3.5],
                "clipped": 0.125,
            },
            {
                "limits": [[1.5, 10.0], [0.1, 0.2]],
                "is_constant": False,
                "brightness": None,
                "clipped": 0.5,
            },
        ],
        "squared_error": 0.75,
        "checks": [[1, 0.5, 0.25], [2**32 - 1, 0.0, 1e-9]],
    }
    del taken[:]
    with pipeline.kept_segments(output) as kept:
        assert (kept.is_empty, kept.notes) == (False, ())
        merged = kept.merged(keys, taken.append)
        assert (merged.finished, taken) == ({1, 2}, [])
        merged.append(segment(0))
        assert taken == [segment(0), segment(1), segment(2)]
        merged.append(segment(3))
        assert taken == [segment(number) for number in range(4)]
        assert kept.notes == ("2 of 4 segments are those of a run that was stopped",)
        assert [encoded.checks[0].checksum for encoded in kept.segments(keys)] == [0, 1, 2, 3]
    assert [key for key, _ in records_of(path)] == [keys[1], keys[2], keys[0], keys[3]]
    with pipeline.kept_segments(output) as kept:
        kept.merged([b"x" * 32], taken.append)
        assert kept.notes == (
            "the source, the settings or a version has changed since the run that was stopped; all "
            "is made anew",
        )


def test_what_is_damaged_on_the_way_is_said(tmp_path):
    output = tmp_path / "o.mp4"
    with pipeline.kept_segments(output) as kept:
        kept.write(b"k" * 32, segment(1))
        (path,) = tmp_path.iterdir()
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"?")
        with pytest.raises(t2v.EncodingError) as caught:
            kept.read(b"k" * 32)
        said = "what was encoded cannot be read back (it is not what was written)"
        assert str(caught.value) == said
    # A record is whole, or it is not there; what is behind the last whole one is cut off.
    for end in (whole[:-1], whole[:60], whole[:-1] + b"?"):
        path.write_bytes(whole + end[len(b"tif2video segments 1\n") :])
        path.chmod(0o600)
        with pipeline.kept_segments(output) as kept:
            assert not kept.is_empty
            assert path.read_bytes() == whole
        path.write_bytes(end)
        path.chmod(0o600)
        with pipeline.kept_segments(output) as kept:
            assert kept.is_empty
            assert path.read_bytes() == b"tif2video segments 1\n"


def test_a_file_that_others_may_write_or_see_is_not_used(tmp_path):
    output = tmp_path / "o.mp4"
    with pipeline.kept_segments(output) as kept:
        kept.write(b"k" * 32, segment(1))
    (path,) = tmp_path.iterdir()

    def is_used():
        inode = path.stat().st_ino
        with pipeline.kept_segments(output) as kept:
            kept.is_empty or kept.read(b"k" * 32)
            used = not kept.is_empty and path.stat().st_ino == inode
            if kept.is_empty:
                kept.write(b"k" * 32, segment(1))
        return used

    assert is_used()
    for mode in (0o640, 0o602, 0o601):
        path.chmod(mode)
        assert not is_used()
        assert is_used()
    os.link(path, tmp_path / "another name")
    assert not is_used()
    (tmp_path / "another name").unlink()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert not is_used()
    assert (tmp_path / "elsewhere").exists()
    pipeline.forget_segments(output)
    assert not path.exists()


def test_a_segment_has_another_key_where_anything_makes_it_another(tmp_path):
    folder = write_folder(tmp_path / "pos", noise((70, 8, 20)), "t{:03}.tif")
    stack = t2v.open_stack(folder)
    labels = write_folder(tmp_path / "labels", np.zeros((70, 8, 20), np.uint8), "t{:03}.tif")
    (tmp_path / "t.csv").write_text("track,t,y,x\n1,0,5,5\n1,69,6,6\n")
    way = np.array([[time, 4, 10] for time in range(70)], float)

    def keys(limits=None, source=stack, **options):
        made = plan(source, t2v.VideoSettings(**{"width": 100, "crop": "10x4"} | options))
        return segment_keys(made, limits)

    first, second = same = keys()
    assert (len(first), first != second) == (32, True)
    assert keys(frames=":70") == same == keys(title="before them")
    assert keys(max_size="1MB") == same  # until a rate factor is found for it
    made_of = [
        {"width": 102}, {"crop": "10x6"}, {"crop": "10x4+0+0"}, {"gamma": 2}, {"invert": True},
        {"colormap": "magenta"}, {"fps": 11}, {"quality": "high"}, {"crf": 30}, {"codec": "h265"},
        {"limits": (0, 9)}, {"percentile": (1, 99)}, {"anchor": True},
        {"label": "x"}, {"label": "y"}, {"label": "{frame}"}, {"frames": "::-1"},
        {"timestamp": True, "frame_interval": 2}, {"timestamp": True, "frame_interval": 3},
        {"timestamp": True, "frame_interval": 2, "time_start": 1},
        {"scale_bar": True, "pixel_size": 0.5}, {"scale_bar": True, "pixel_size": 0.25},
        {"tracks": tmp_path / "t.csv"}, {"tracks": tmp_path / "t.csv", "tracks_tail": 3},
        {"segmentation": labels}, {"segmentation": labels, "segmentation_style": "contour"},
        {"follow": way}, {"follow": way * [1, 1, 0.5]}, {"codec": "ffv1"},
    ]  # fmt: skip
    others = [key for options in made_of for key in keys(**options)]
    assert len({first, second, *others}) == 2 * len(made_of) + 2
    # Limits of each frame belong to their segment; shared ones to both.
    own = tuple(((float(n), 900.0),) for n in range(70))
    later = (*own[:60], ((9.0, 900.0),), *own[61:])
    (one, two), (again, other) = (keys(limits, contrast="smooth") for limits in (own, later))
    assert (one == again, two == other) == (True, False)
    shared = [keys((((0.0, high),),), contrast="global") for high in (8.0, 9.0)]
    assert len({key for pair in shared for key in pair}) == 4
    # So does what is shown, and each file that it is read from.
    assert keys(frames=":60")[0] == first != keys(frames="1:")[0]
    os.utime(folder / "t055.tif", (1e9, 1e9))
    assert [a == b for a, b in zip(keys(source=t2v.open_stack(folder)), same, strict=True)] == [
        True,
        False,
    ]
    before = keys(segmentation=labels)
    os.utime(labels / "t055.tif", (1e9, 1e9))
    after = keys(segmentation=labels)
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, False]
    with pytest.raises(t2v.SourceError) as caught:
        keys(source=t2v.open_stack(noise((3, 8, 20))))
    assert str(caught.value) == "array: resume is for files; an array in memory is converted anew"
    drawn = planned(folder, arrays={"segmentation": np.zeros((70, 8, 20), np.uint8)}, width=100)
    with pytest.raises(t2v.SourceError, match=r"^pos: resume is for files; "):
        segment_keys(drawn, None)
