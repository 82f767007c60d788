"""What FFmpeg or the file system does wrong while a video is made is said, and nothing is left."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from pathlib import Path

import av
import pytest
from helpers.frames import noise, numbered
from helpers.video import change_what_was_written, numbers

import napari_tif2video as t2v
from napari_tif2video.encode import check, container, encoder, palette

FRAMES = numbered(6)


def packets_come(times_of_each):
    def change(monkeypatch):
        encoded = check.Checker.encoded

        def changed(self, found):
            encoded(self, [one for one in found for _ in range(times_of_each[one.pts])])

        monkeypatch.setattr(check.Checker, "encoded", changed)

    return change


def give_fewer_frames_than_come(monkeypatch):
    given = check.Checker.given

    def sometimes(self, frame, picture):
        if frame.pts < 5:
            given(self, frame, picture)

    monkeypatch.setattr(check.Checker, "given", sometimes)


def fail(*_):
    raise av.FFmpegError(errno.EINVAL, "Invalid argument")


def refuse_a_frame(monkeypatch):
    monkeypatch.setattr(encoder, "to_video_frame", fail)


def refuse_the_metadata(monkeypatch):
    monkeypatch.setattr(container, "metadata", fail)


def cut_the_file(monkeypatch):
    change_what_was_written(monkeypatch, lambda path: os.truncate(path, 20))


def other_video(frames, size, fps):
    def replaced(path):
        with av.open(str(path), "w", format="matroska") as new:
            stream = new.add_stream("ffv1", rate=fps)
            stream.width, stream.height, stream.pix_fmt = *size, "gray"
            for _ in range(frames):
                frame = av.VideoFrame(*size, "gray")
                new.mux(stream.encode(frame))
            new.mux(stream.encode(None))

    return lambda monkeypatch: change_what_was_written(monkeypatch, replaced)


PLANNED = (
    "the finished video is not what was planned (frames, size, seconds): "
    "expected 6, 100x30, 0.600, found {}; is the disk full?"
)
FAILURES = {
    "two packets are lost": (packets_come([1, 1, 1, 1, 0, 0]), "the encoder lost 2 frames"),
    "the last packet is lost": (packets_come([1, 1, 1, 1, 1, 0]), "the encoder lost 1 frame"),
    "another packet is lost": (
        packets_come([1, 1, 0, 1, 1, 1]),
        "the encoder changed the order: frame 3 came where 2 was due",
    ),
    "a packet comes twice": (
        packets_come([1, 2, 1, 1, 1, 1]),
        "the encoder made more frames than it was given",
    ),
    "more come than were given": (
        give_fewer_frames_than_come,
        "the encoder made more frames than it was given",
    ),
    "a frame is refused": (refuse_a_frame, "the FFV1 encoder failed (Invalid argument)"),
    "metadata are refused": (
        refuse_the_metadata,
        "the video cannot be begun ([Errno 22] Invalid argument)",
    ),
    "the file is cut": (
        cut_the_file,
        "the finished video cannot be opened ([Errno 1094995529] Invalid data found when "
        "processing input: 'file:{folder}/o.mkv')",
    ),
    "a frame is lacking": (other_video(5, (100, 30), 10), PLANNED.format("5, 100x30, 0.500")),
    "it is wider": (other_video(6, (102, 30), 10), PLANNED.format("6, 102x30, 0.600")),
    "it is higher": (other_video(6, (100, 32), 10), PLANNED.format("6, 100x32, 0.600")),
    "it is slower": (other_video(6, (100, 30), 8), PLANNED.format("6, 100x30, 0.750")),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_it_is_said_and_nothing_is_left(tmp_path, monkeypatch, failure):
    fail_so, said = FAILURES[failure]
    fail_so(monkeypatch)
    options = {"width": 100, "fps": 10, "codec": "ffv1"}
    with pytest.raises(t2v.EncodingError) as raised:
        t2v.convert(FRAMES, tmp_path / "o.mkv", verify=True, **options)
    assert str(raised.value) == said.replace("{folder}", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_palette_that_cannot_be_made(tmp_path, monkeypatch):
    monkeypatch.setattr(palette, "_made", fail)
    with pytest.raises(t2v.EncodingError, match=r"^the palette cannot be made \(Invalid argument"):
        t2v.convert(noise((2, 20, 20, 3)), tmp_path / "o.gif")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def no_links(monkeypatch):
    """As on exFAT."""

    def refused(*_, **__):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)


def test_a_file_system_without_links(tmp_path, no_links):
    video = t2v.convert(FRAMES, tmp_path / "o.mp4", sidecar=True)
    assert numbers(video.path) == list(range(6))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.json", "o.mp4"]


def test_a_name_that_is_taken_meanwhile_without_links(tmp_path, no_links):
    def take(_):
        (tmp_path / "o.mp4").write_bytes(b"precious")

    said = re.escape(f"{tmp_path / 'o.mp4'} exists already; use --overwrite to replace it")
    with pytest.raises(t2v.OutputExistsError, match=f"^{said}"):
        t2v.convert(FRAMES, tmp_path / "o.mp4", progress=take)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"precious"]


def test_a_sidecar_that_cannot_be_written(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refused)
    with pytest.raises(t2v.OutputError) as raised:
        t2v.convert(FRAMES, tmp_path / "o.mp4", sidecar=True)
    assert str(raised.value) == f"{tmp_path}: cannot be written to (Permission denied)"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_kept_segments(tmp_path):
    name = hashlib.sha256(b"o.mp4").hexdigest()[:16]
    place = tmp_path / f".tif2video-{name}.resume"
    place.mkdir()
    with pytest.raises(t2v.OutputError) as raised:
        t2v.convert(FRAMES, tmp_path / "o.mp4", resume=True)
    assert str(raised.value) == (
        f"{tmp_path / 'o.mp4'}: its finished segments cannot be kept (Is a directory)"
    )
    assert list(tmp_path.iterdir()) == [place]
