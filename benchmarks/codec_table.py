"""What each codec takes and gives at each quality: time, size and PSNR.

    python benchmarks/codec_table.py FOLDER[=WIDTH[,WIDTH]] ... [--codec C] [--crf N ...]

On folders of real frames, rendered with global contrast and encoded as the package does, in
segments of 50 frames by one thread each.

time      CPU time for the rendered frames, conversion to the codec's pixel format included, the
          fastest of --runs; in brackets as a multiple of H.264 at standard quality.
kB/frame  the finished file, in kB of 1000 bytes, and the same ratio.
PSNR      what a player shows, in grey levels 0 to 255, against the rendered frame, from the mean
          squared error over all frames. The 220 levels of 8 bits and limited range alone allow
          59 dB at best, the 877 of 10 bits 71 dB.

With --crf, these rate factors instead of the qualities: from them the qualities were chosen.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from itertools import chain

import numpy as np
from encoder_table import Sequence, sources, written
from measuring import print_machine, print_table
from numpy.typing import NDArray

from napari_tif2video.encode import Encoder, encode_segment
from napari_tif2video.settings import codecs
from napari_tif2video.settings.video import VideoSettings


def encoders(codec: str, size: tuple[int, int], rates: list[int]) -> list[Encoder]:
    """One for each quality, or each rate factor."""
    chosen = codecs.CODECS[codec]
    container = codecs.CONTAINERS[chosen.endings[0]]
    base = Encoder(*size, VideoSettings.fps, codec=chosen, container=container)
    if rates and chosen.crf_range:
        return [replace(base, crf=rate) for rate in rates]
    return [replace(base, quality=q) for q in chosen.qualities if q != "lossless"]


def measure(
    frames: list[NDArray[np.uint8]], encoder: Encoder, runs: int
) -> tuple[float, float, float]:
    """Milliseconds and bytes a frame, and PSNR in dB."""
    length, times = codecs.SEGMENT_FRAMES, []
    for _ in range(runs):
        begun = time.process_time()  # SVT-AV1 works in threads of its own
        segments = [
            encode_segment(frames[i : i + length], encoder) for i in range(0, len(frames), length)
        ]
        times.append(time.process_time() - begun)
    nbytes, shown = written(segments, encoder)
    errors = [np.mean((a.astype(np.float64) - b) ** 2) for a, b in zip(frames, shown, strict=True)]
    psnr_db = 10 * np.log10(255**2 / np.mean(errors)) if np.any(errors) else np.inf
    return min(times) / len(frames) * 1e3, nbytes / len(frames), float(psnr_db)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=sources, metavar="FOLDER[=WIDTH[,WIDTH]]")
    parser.add_argument("--codec", action="append", choices=codecs.CODECS, help="default: all")
    parser.add_argument("--crf", type=int, nargs="+", default=[])
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()

    rows = []
    for folder, width_px in chain.from_iterable(args.folders):
        sequence = Sequence.render(folder, width_px)
        size = sequence.pictures[0].shape
        usual = Encoder(*size, VideoSettings.fps)
        usual_ms, usual_bytes, _ = measure(sequence.pictures, usual, args.runs)
        for codec in args.codec or codecs.CODECS:
            for encoder in encoders(codec, size, args.crf):
                print(f"{sequence.name}: {codec} {encoder.rate}", file=sys.stderr)
                ms, nbytes, psnr_db = measure(sequence.pictures, encoder, args.runs)
                rows.append(
                    [
                        sequence.name,
                        codec,
                        "" if args.crf else encoder.quality,
                        "" if encoder.rate is None else encoder.rate,
                        f"{ms:.1f} ({ms / usual_ms:.1f})",
                        f"{nbytes / 1e3:.1f} ({nbytes / usual_bytes:.2f})",
                        f"{psnr_db:.1f}",
                    ]
                )
    print_machine("napari-tif2video", "av")
    print_table(["frames", "codec", "quality", "rate", "ms/frame", "kB/frame", "PSNR dB"], rows)


if __name__ == "__main__":
    main()
