"""Finished videos, looked at from outside: with ffprobe and ffmpeg, or decoded with PyAV."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction

import av
import numpy as np

from napari_tif2video.encode import VideoWriter

from .frames import number_of


def decoded(path):
    """The luma planes of a video as (T, H, W), decoded in this process."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    planes = []
    for frame in frames:
        plane = frame.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        planes.append(rows[: frame.height, : frame.width].copy())
    return np.stack(planes)


def media(path):
    """What of a video is not metadata: its packets as they lie in the file, and their times."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [
            (bytes(p), p.pts, p.dts, p.duration, p.is_keyframe)
            for p in container.demux(stream)
            if p.size  # the last one only says that there are no more
        ]
        extradata = bytes(stream.codec_context.extradata or b"")
        return packets, extradata, stream.time_base, stream.average_rate, stream.duration


def numbers(path):
    """The number that each frame of a video of numbered frames shows."""
    return [number_of(picture) for picture in decoded(path)]


def grey_of(luma):
    """Limited-range luma back to grey levels 0 to 255."""
    return (luma.astype(float) - 16) * 255 / 219


class FFmpeg:
    """The command-line tools, independent of the libraries inside the package."""

    def facts(self, path):
        """What ffprobe says about the only stream of a file, frames counted by decoding."""
        args = ["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json"]
        done = subprocess.run(["ffprobe", *args, str(path)], check=True, capture_output=True)
        found = json.loads(done.stdout)
        (stream,) = found["streams"]
        return stream | {"container": found["format"]}

    def rate_in_the_bitstream(self, path, raw):
        """The frame rate that H.264 itself states, whatever the file around it says."""
        copy = ["ffmpeg", "-v", "error", "-i", str(path), "-c", "copy", "-f", "h264", str(raw)]
        subprocess.run(copy, check=True)
        show = ["-v", "error", "-f", "h264", "-of", "csv=p=0"]
        show += ["-show_entries", "stream=r_frame_rate"]
        done = subprocess.run(["ffprobe", *show, str(raw)], check=True, capture_output=True)
        return Fraction(done.stdout.decode().strip())

    def pictures(self, path, size):
        """Frames (T, H, W, 3) of a video in RGB, converted as a player does."""
        raw = self._raw(path, "rgb24", "-sws_flags", "accurate_rnd+full_chroma_int")
        return raw.reshape(-1, *size, 3)

    def planes(self, path, size):
        """Luma (T, H, W), blue and red difference (T, H/2, W/2) of a video, not converted."""
        height, width = size
        raw = self._raw(path, "yuv420p").reshape(-1, height * width * 3 // 2)
        luma, blue, red = np.split(raw, [height * width, height * width * 5 // 4], axis=1)
        half = (-1, height // 2, width // 2)
        return luma.reshape(-1, *size), blue.reshape(half), red.reshape(half)

    def _raw(self, path, pix_fmt, *options):
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", pix_fmt]
        done = subprocess.run([*command, *options, "-"], check=True, capture_output=True)
        return np.frombuffer(done.stdout, np.uint8)

    def write_tiff(self, path, frame, algorithm):
        """A TIFF file by another writer: grey16 or RGB; raw, lzw, packbits or deflate."""
        form = {(2, "uint16"): "gray16le", (2, "uint8"): "gray", (3, "uint8"): "rgb24"}
        form[3, "uint16"] = "rgb48le"
        pix_fmt = form[frame.ndim, frame.dtype.name]
        size = f"{frame.shape[1]}x{frame.shape[0]}"
        args = f"-v error -f rawvideo -pix_fmt {pix_fmt} -s {size} -i - -c:v tiff".split()
        options = ["-compression_algo", algorithm, "-y", str(path)]
        subprocess.run(["ffmpeg", *args, *options], input=frame.tobytes(), check=True)


def atoms(path):
    """Names of the top-level boxes of an MP4 file, in order."""
    data, position, names = path.read_bytes(), 0, []
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        names.append(data[position + 4 : position + 8].decode("ascii"))
        position += length or len(data)
    return names


def change_what_was_written(monkeypatch, change):
    """The file is changed on the disk, in ways that its own index does not tell."""
    begin, close, paths = VideoWriter.__init__, VideoWriter.close, {}

    def begun(self, path, *args):
        paths[self] = path
        begin(self, path, *args)

    def closed(self):
        close(self)
        change(paths[self])

    monkeypatch.setattr(VideoWriter, "__init__", begun)
    monkeypatch.setattr(VideoWriter, "close", closed)
