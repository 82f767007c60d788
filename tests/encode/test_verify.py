"""`--verify`: the finished file, decoded from disk, against the frames that were rendered."""

from __future__ import annotations

import dataclasses
import io
import json
import math

import av
import numpy as np
import pytest
from helpers.files import write_folder
from helpers.frames import noise, numbered, smooth
from helpers.video import change_what_was_written, numbers

import napari_tif2video as t2v
from napari_tif2video.encode import Encoder, Spool, VideoWriter

OLD = b"an older video, precious"


def psnr(errors):
    return 10 * np.log10(255**2 / np.mean(errors))


@pytest.mark.parametrize("quality", ["draft", "high"])
def test_psnr_is_that_of_the_luma(tmp_path, ffmpeg, quality):
    stack = np.stack(
        [noise((60, 100), high=3000, seed=i) + i * smooth((60, 100)) // 60 for i in range(55)]
    )
    video = t2v.convert(stack, tmp_path / "o.mp4", width=100, quality=quality, verify=True)
    luma, *_ = ffmpeg.planes(video.path, (video.height, video.width))
    errors = []
    for index in range(55):
        grey = t2v.render_frame(stack, index, width=100)[..., 0].astype(float)
        errors.append(np.mean((luma[index] - np.rint(16 + grey * 219 / 255)) ** 2))
    assert video.verified
    assert video.psnr_mean_db == pytest.approx(psnr(errors), abs=1e-3)
    assert video.psnr_worst_db == pytest.approx(psnr(max(errors)), abs=1e-3)


@pytest.mark.parametrize("options", [{}, {"contrast": "global"}, {"anchor": True}], ids=str)
@pytest.mark.parametrize("count", [1, 51, 120])
def test_it_changes_no_byte(tmp_path, count, options):
    stack = numbered(count)
    plain = t2v.convert(stack, tmp_path / "plain.mp4", width=120, **options)
    for workers in (1, 3):
        video = t2v.convert(
            stack, tmp_path / f"{workers}.mp4", width=120, verify=True, workers=workers, **options
        )
        assert video.path.read_bytes() == plain.path.read_bytes()
        assert video.psnr_worst_db > 30
    assert plain.verified is False
    assert plain.psnr_mean_db is None


def test_what_is_said(tmp_path, cli):
    folder = write_folder(tmp_path / "pos", numbered(6))
    ended = cli(folder, "--verify", "--json")
    (source,) = json.loads(ended.out)["sources"]
    assert source["verified"] is True
    assert source["psnr_mean_db"] >= source["psnr_worst_db"] > 30
    assert f"6 frames in order, PSNR {source['psnr_mean_db']:.1f} dB" in ended.err
    (source,) = json.loads(cli(folder, "--overwrite", "--json").out)["sources"]
    assert source["verified"] is False
    assert source["psnr_mean_db"] is None


def test_frames_that_come_out_as_they_went_in(tmp_path, cli):
    """Black has no error at all, and JSON has no infinity."""
    folder = write_folder(tmp_path / "pos", np.zeros((3, 50, 100), np.uint16))
    ended = cli(folder, "--verify", "--json")
    (source,) = json.loads(ended.out)["sources"]
    assert (source["verified"], source["psnr_worst_db"]) == (True, None)
    assert "all frames decode to what was rendered" in ended.err
    assert t2v.convert(folder, tmp_path / "o.mp4", verify=True).psnr_worst_db == math.inf


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
@pytest.mark.parametrize("kind", ["noise", "black and white", "colour"])
def test_the_hardest_pictures_pass(tmp_path, quality, kind):
    shape = (4, 100, 120, 3) if kind == "colour" else (4, 100, 120)
    stack = noise(shape)
    if kind == "black and white":
        stack = (stack // 32768) * np.uint16(65535)
    video = t2v.convert(stack, tmp_path / "o.mp4", width="full", quality=quality, verify=True)
    assert 25 < video.psnr_worst_db < 60


def quiet(count=120):
    """Frames that differ by less than the encoder's error: no PSNR tells one from another."""
    still = np.tile(smooth((60, 100)), (count, 1, 1))
    return still + noise((count, 60, 100), high=300) // 10


def flip(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


def flip_a_byte_of_a_packet(monkeypatch, frames=None):
    append = VideoWriter.append

    def damaged(self, segment):
        packets = list(segment.packets)
        if frames in (None, len(packets)):
            packets[3] = dataclasses.replace(packets[3], data=flip(packets[3].data))
        append(self, dataclasses.replace(segment, packets=tuple(packets)))

    monkeypatch.setattr(VideoWriter, "append", damaged)


def flip_bytes_on_the_disk(monkeypatch):
    def flipped(path):
        content = bytearray(path.read_bytes())
        for place in range(len(content) - 3000, len(content) - 2000, 50):
            content[place] ^= 0xFF
        path.write_bytes(content)

    change_what_was_written(monkeypatch, flipped)


def show_a_frame_late(monkeypatch):
    """The same packets in another file, one of them half a frame later."""

    def remuxed(path):
        data = io.BytesIO(path.read_bytes())
        with av.open(data) as old, av.open(str(path), "w", format="mp4") as new:
            stream = new.add_stream_from_template(old.streams.video[0])
            for number, packet in enumerate(p for p in old.demux(video=0) if p.size):
                packet.pts += packet.duration // 2 if number == 60 else 0
                packet.stream = stream
                new.mux(packet)

    change_what_was_written(monkeypatch, remuxed)


def swap_segments(monkeypatch):
    """Whole groups of pictures at each other's place: every frame decodes, and looks alike."""
    read = Spool.__iter__
    monkeypatch.setattr(
        Spool, "__iter__", lambda self: iter([*read(self)][1::-1] + [*read(self)][2:])
    )


def show_a_segment_twice(monkeypatch):
    read = Spool.__iter__

    def repeated(self):
        first, _, *others = read(self)
        return iter([first, first, *others])

    monkeypatch.setattr(Spool, "__iter__", repeated)


def other_colours(monkeypatch):
    """The file states the matrix of old television, while the pictures are of BT.709."""
    configure = Encoder.configure

    def other(self, context):
        configure(self, context)
        context.colorspace = 5

    monkeypatch.setattr(Encoder, "configure", other)


DAMAGE = {
    flip_a_byte_of_a_packet: "",
    flip_bytes_on_the_disk: "",
    show_a_frame_late: "frame 60 of the finished video has another time",
    swap_segments: "frame 0 of the finished video is not the one that was rendered",
    show_a_segment_twice: "frame 50 of the finished video is not the one that was rendered",
    other_colours: "states another colorspace",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("exists", [False, True])
def test_a_broken_file_is_caught_and_not_published(tmp_path, monkeypatch, cli, damage, exists):
    folder, out = write_folder(tmp_path / "pos", quiet()), tmp_path / "o.mp4"
    argv = [folder, "-o", out, "--verify", "--overwrite", "--sidecar", "--quiet"]
    argv += ["--width", "full"]
    assert cli(*argv).code == 0
    (tmp_path / "o.json").unlink()
    out.unlink()
    if exists:
        out.write_bytes(OLD)
    damage(monkeypatch)
    ended = cli(*argv)
    assert ended.code == 1
    assert f"{folder}: verify: " in ended.error_line
    assert DAMAGE[damage] in ended.error_line
    assert not (tmp_path / "o.json").exists()
    assert out.exists() == exists
    assert not exists or out.read_bytes() == OLD


def test_one_broken_file_does_not_stop_the_others(tmp_path, monkeypatch):
    folders = [write_folder(tmp_path / name, numbered(5 + i)) for i, name in enumerate("abc")]
    flip_a_byte_of_a_packet(monkeypatch, frames=6)
    videos = t2v.convert_batch(folders, verify=True, width="full")
    assert [v.status for v in videos] == ["ok", "failed", "ok"]
    assert numbers(videos[2].path) == list(range(7))


def test_it_can_be_cancelled(tmp_path):
    phases = []

    def cancel():
        return "verifying" in phases

    with pytest.raises(t2v.Cancelled):
        t2v.convert(
            noise((120, 100, 200)),
            tmp_path / "o.mp4",
            width=600,
            verify=True,
            progress=lambda p: phases.append(p.phase),
            cancel=cancel,
        )
    assert list(tmp_path.iterdir()) == []


def test_progress_reaches_the_end(tmp_path):
    seen = []
    t2v.convert(
        numbered(120),
        tmp_path / "o.mp4",
        verify=True,
        contrast="global",
        progress=lambda p: seen.append((p.fraction, p.phase)),
    )
    assert seen == sorted(seen)
    assert seen[-1] == (1.0, "verifying")


def test_a_gif_of_many_colours_is_compared_with_the_picture(tmp_path):
    """256 colours are not all that there are, and that is said."""
    rgb = np.stack([smooth((60, 80)), smooth((60, 80))[::-1], smooth((60, 80))[:, ::-1]], axis=-1)
    stack = np.stack([np.roll(rgb, 3 * i, axis=1) for i in range(5)])
    video = t2v.convert(stack, tmp_path / "o.gif", width="full", limits=(0, 65535), verify=True)
    wanted = [t2v.render_frame(stack, i, width="full", limits=(0, 65535)) for i in range(5)]
    with av.open(str(video.path)) as container:
        found = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    errors = np.mean((np.array(found, float) - np.array(wanted)) ** 2, axis=(1, 2, 3))
    assert video.psnr_mean_db == pytest.approx(psnr(errors), abs=0.01)
    assert video.psnr_worst_db == pytest.approx(psnr(errors.max()), abs=0.01)


def test_a_video_that_shows_little_of_its_frames_is_not_published(tmp_path):
    noise_in_black_and_white = noise((3, 64, 64), high=1) * np.uint16(65535)
    with pytest.raises(t2v.EncodingError, match=r"frame \d is not .* give a better quality"):
        t2v.convert(noise_in_black_and_white, tmp_path / "o.mp4", width="full", crf=51, verify=True)
    assert list(tmp_path.iterdir()) == []
