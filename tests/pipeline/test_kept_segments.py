"""The file in which finished segments wait for a run that goes on."""

from __future__ import annotations

import hashlib
import json
import os
import struct

import numpy as np
import pytest

import napari_tif2video as t2v
from napari_tif2video import pipeline
from napari_tif2video.encode import EncodedSegment, FrameCheck
from napari_tif2video.picture import Brightness, FrameStats
from napari_tif2video.pipeline.tasks import Segment


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
