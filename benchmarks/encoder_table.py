"""Which x264 preset, rate factor, segment length and entropy coder: time, size and quality.

    python benchmarks/encoder_table.py FOLDER[=WIDTH[,WIDTH]] ... [--preset P] [--crf N]

On folders of real frames: every preset and rate factor with segments of 50 frames; then, with the
chosen preset and rate factor (default: those of the package), both entropy coders and segment
lengths. Everything else is as the package encodes: one thread, no macroblock tree, and its own
x264 options on top of each preset.

ms/frame  CPU time of the one thread that encodes the rendered frames, conversion to the codec's
          pixel format included; the fastest of --runs.
kB/frame  the packets, in kB of 1000 bytes.
PSNR      decoded luma as grey levels 0 to 255 against the rendered frame, from the mean squared
          error over all frames. The 220 levels of limited range alone allow 59 dB at best.
SSIM      the same pictures; uniform windows of 8x8 px, population statistics, mean over all
          windows and frames (Wang et al., IEEE Trans. Image Process. 13(4), 600-612, 2004).

Frames are rendered with global contrast. For the segment lengths the sequence is played forwards
and backwards until it has --frames frames, because the real sequences at hand are short.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from measuring import print_machine, print_table
from numpy.typing import NDArray

import napari_tif2video as t2v
from napari_tif2video.encode import EncodedSegment, Encoder, VideoWriter, encode_segment
from napari_tif2video.settings import codecs

PRESETS = ("ultrafast", "superfast", "veryfast", "fast")
RATE_FACTORS = (16, 18, 20, 23)
WHOLE = 1_000_000
SEGMENTS = (25, 50, 100, WHOLE)
CODERS = {"CAVLC": "cabac=0", "CABAC": "cabac=1"}

Pictures = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class Sequence:
    name: str
    pictures: Pictures

    @classmethod
    def render(cls, folder: str, width_px: int) -> Sequence:
        stack = t2v.open_stack(folder)
        colours = (
            t2v.render_frame(stack, i, width=width_px, contrast="global") for i in range(len(stack))
        )
        return cls(f"{stack.name}, {width_px} px", [rgb[..., 0].copy() for rgb in colours])

    def prolonged(self, frames: int) -> Sequence:
        """Played forwards and backwards until it has so many frames."""
        there_and_back = chain(self.pictures, self.pictures[-2:0:-1])
        return replace(self, pictures=list(islice(cycle(there_and_back), frames)))


@dataclass(frozen=True)
class Choice(Encoder):
    """The package's encoder with another choice."""

    preset: str = codecs.X264_PRESET
    rate_factor: int = 0
    segment: int = codecs.SEGMENT_FRAMES
    coder: str = ""

    def configure(self, context: Any) -> None:
        super().configure(context)
        context.gop_size = self.segment
        options = context.options | {"preset": self.preset, "crf": str(self.rate_factor)}
        if self.coder:
            options["x264-params"] += f":{CODERS[self.coder]}"
        context.options = options


def choices(pictures: Pictures, preset: str, rate_factor: int) -> tuple[list[Choice], list[Choice]]:
    """What is tried on the sequence, and what on the prolonged one."""
    chosen = Choice(
        *pictures[0].shape, t2v.VideoSettings.fps, preset=preset, rate_factor=rate_factor
    )
    grid = [replace(chosen, preset=p, rate_factor=r) for p in PRESETS for r in RATE_FACTORS]
    coders = [replace(chosen, coder=coder) for coder in CODERS]
    lengths = [replace(chosen, segment=n) for n in SEGMENTS]
    return grid + coders, lengths


def measure(sequence: Sequence, choice: Choice, runs: int) -> list[str]:
    """One row of the table."""
    pictures, length = sequence.pictures, choice.segment
    times = []
    for _ in range(runs):
        begun = time.thread_time()
        segments = [
            encode_segment(pictures[i : i + length], choice)
            for i in range(0, len(pictures), length)
        ]
        times.append(time.thread_time() - begun)
    nbytes = sum(len(packet.data) for segment in segments for packet in segment.packets)
    psnr_db, similarity = quality(pictures, written(segments, choice)[1])
    return [
        sequence.name,
        choice.preset,
        str(choice.rate_factor),
        f"all {len(pictures)}" if length == WHOLE else str(length),
        choice.coder or "as set",
        f"{min(times) / len(pictures) * 1e3:.2f}",
        f"{nbytes / len(pictures) / 1e3:.1f}",
        f"{psnr_db:.2f}",
        f"{similarity:.4f}",
    ]


def written(segments: list[EncodedSegment], encoder: Encoder) -> tuple[int, list[NDArray]]:
    """The bytes of a file of these segments, and the grey levels that a player shows of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"video{encoder.container.ending}")
        writer = VideoWriter(path, encoder)
        for segment in segments:
            writer.append(segment)
        writer.close()
        with av.open(str(path)) as container:
            return path.stat().st_size, [grey_of(frame) for frame in container.decode(video=0)]


def grey_of(frame: av.VideoFrame) -> NDArray[np.float64]:
    """Grey levels 0 to 255, not rounded."""
    if not frame.format.name.startswith("yuv"):
        return frame.to_ndarray(format="gray").astype(np.float64)
    factor = 4 if frame.format.name.endswith("10le") else 1
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint16 if factor == 4 else np.uint8)
    luma = luma.reshape(frame.height, -1)[:, : frame.width].astype(np.float64)
    return np.clip((luma / factor - 16) * 255 / 219, 0, 255)


def quality(pictures: Pictures, decoded: list[NDArray]) -> tuple[float, float]:
    """PSNR in dB, and SSIM."""
    errors, similarities = [], []
    for picture, shown in zip(pictures, decoded, strict=True):
        wanted = picture.astype(np.float64)
        errors.append(np.mean((wanted - shown) ** 2))
        similarities.append(ssim(wanted, shown))
    return 10 * np.log10(255**2 / np.mean(errors)), float(np.mean(similarities))


def ssim(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    mean_a, mean_b = box_mean(a), box_mean(b)
    variance_a = box_mean(a * a) - mean_a**2
    variance_b = box_mean(b * b) - mean_b**2
    covariance = box_mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    structure = (2 * covariance + c2) / (variance_a + variance_b + c2)
    return float((luminance * structure).mean())


def box_mean(image: NDArray[np.float64], side: int = 8) -> NDArray[np.float64]:
    """Means of all windows that lie inside the image."""
    sums = np.pad(image.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    tall = sums[side:] - sums[:-side]
    return (tall[:, side:] - tall[:, :-side]) / side**2


def sources(text: str) -> list[tuple[str, int]]:
    folder, equals, widths = text.rpartition("=")
    if not equals:
        return [(text, t2v.VideoSettings.width)]
    return [(folder, int(width)) for width in widths.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=sources, metavar="FOLDER[=WIDTH[,WIDTH]]")
    parser.add_argument("--preset", default=codecs.X264_PRESET, help="for the segment lengths")
    parser.add_argument("--crf", type=int, default=codecs.DEFAULT_CODEC.rate("standard"))
    parser.add_argument("--frames", type=int, default=200, help="for the segment lengths")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()

    rows = []
    for folder, width_px in chain.from_iterable(args.folders):
        sequence = Sequence.render(folder, width_px)
        longer = sequence.prolonged(args.frames)
        grid, lengths = choices(sequence.pictures, args.preset, args.crf)
        work = [(sequence, choice) for choice in grid] + [(longer, choice) for choice in lengths]
        for number, (frames, choice) in enumerate(work, 1):
            print(f"{sequence.name}: {number} of {len(work)}", end="\r", file=sys.stderr)
            rows.append(measure(frames, choice, args.runs))
        print(file=sys.stderr)
    print_machine("napari-tif2video", "av")
    header = ["frames", "preset", "crf", "segment", "coder", "ms/frame", "kB/frame"]
    print_table([*header, "PSNR dB", "SSIM"], rows)


if __name__ == "__main__":
    main()
