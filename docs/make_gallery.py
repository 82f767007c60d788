"""Make the pictures of gallery.md from real time-lapses, by the very commands that it shows.

    python docs/make_gallery.py MITOSIS_FOLDER USIIGACI_FOLDER [OUT]

Every command of gallery.md is run, in a temporary folder that holds links to (or copies of) the
data as `mitosis` and `usiigaci`. The pictures are frames decoded from these videos; they go to OUT
(default: docs/images). It needs the package with `[stabilise]` (for SciPy), and a few minutes.

MITOSIS_FOLDER is `microfilm/dataset/tests/test_folders/test_tifseries_good` of
https://github.com/guiwitz/microfilm (commit 58c1de32bc9dc7576e2545b9bfec95fdd4032d41,
BSD-3-Clause), with its folders `channel1` and `channel2`: 51 maximum projections of each channel of
ImageJ's sample image "mitosis".

USIIGACI_FOLDER is `ExampleData/T98G_sample` of https://github.com/oist/Usiigaci (commit
9501d80c747cf82870dd596818fcf5c28c94d733, MIT): 37 frames of migrating T98G cells in phase contrast.
Tsai et al., SoftwareX 9:230-237, 2019.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import tifffile
import ttf_opensans
from blocks import commands_of
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

import napari_tif2video as t2v
from napari_tif2video.cli.main import main as main_of_command

Picture: TypeAlias = NDArray[np.uint8]  # (H, W, 3)

HERE = Path(__file__).parent
PAGE = HERE / "gallery.md"
TEXT_PX = 14
GAP_PX = 6
FONT = ImageFont.truetype(str(ttf_opensans.OPENSANS_REGULAR.path), TEXT_PX)
BACKGROUND, INK = (255, 255, 255), (40, 40, 40)


def main() -> None:
    if len(sys.argv) not in (3, 4):
        sys.exit((__doc__ or "").split("\n\n")[1].strip())
    mitosis, usiigaci = (Path(name).resolve() for name in sys.argv[1:3])
    out = Path(sys.argv[3]).resolve() if len(sys.argv) == 4 else HERE / "images"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tif2video-gallery-") as scratch:
        folder = Path(scratch)
        gather(folder / "mitosis", sorted(mitosis.glob("channel[12]/*.tif")))
        gather(folder / "usiigaci", sorted(usiigaci.glob("*.tif")))
        stained = t2v.open_stack(folder / "mitosis").data[:, 1].compute()
        heat(folder / "hot", sorted(mitosis.glob("channel2/*.tif")))
        find_cells(folder, [tifffile.imread(file) for file in sorted(usiigaci.glob("*.tif"))])
        record(folder / "fast.tif", stained, 10)
        record(folder / "slow.tif", stained[:36:4], 40)
        answers = [run(command, folder) for command in commands_of(PAGE)]
        for name, picture in pictures(folder).items():
            path = out / f"gallery-{name}.png"
            picture.save(path, optimize=True)
            print(f"{path} ({picture.width}x{picture.height}, {path.stat().st_size / 1000:.0f} kB)")
    inspected = "".join(answers).strip()
    if inspected not in PAGE.read_text(encoding="utf-8"):
        print(f"\ngallery.md: the answer to --inspect is another one now:\n\n{inspected}")


def gather(folder: Path, files: Sequence[Path]) -> None:
    """A folder with links to these files or, where there are no links, with copies."""
    if not files:
        sys.exit(f"no .tif files for {folder.name}; see the top of {Path(__file__).name}")
    folder.mkdir()
    for file in files:
        try:
            os.symlink(file, folder / file.name)
        except OSError:
            shutil.copyfile(file, folder / file.name)


def heat(folder: Path, files: Sequence[Path]) -> None:
    """A folder with copies of these files in which one pixel is saturated."""
    folder.mkdir()
    for file in files:
        frame = tifffile.imread(file)
        frame[10, 20] = 65535
        tifffile.imwrite(folder / file.name, frame)


def find_cells(folder: Path, frames: Sequence[Picture]) -> None:
    """Label images of what has more texture than its surroundings, and their centres as tracks.

    A cell has the number of the one of the frame before that it covers most of.
    """
    (folder / "cells").mkdir()
    known, count, rows = np.zeros_like(frames[0]), 0, ["track_id,frame,y,x"]
    for index, frame in enumerate(frames):
        values = frame.astype(float)
        variance = ndimage.gaussian_filter(values**2, 4) - ndimage.gaussian_filter(values, 4) ** 2
        texture = ndimage.gaussian_filter(np.sqrt(np.maximum(variance, 0)), 3)
        found = texture > 2.2 * np.median(texture)
        parts, _ = ndimage.label(
            ndimage.binary_opening(ndimage.binary_fill_holes(found), iterations=4)
        )
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        cells, taken = np.zeros_like(known), [0]
        for part in np.argsort(-sizes)[: np.count_nonzero(sizes >= 300)]:
            covered = np.bincount(known[parts == part], minlength=count + 1)
            covered[taken] = 0
            number = int(covered.argmax()) if covered.any() else count + 1
            count = max(count, number)
            taken.append(number)
            cells[parts == part] = number
            y, x = ndimage.center_of_mass(parts == part)
            rows.append(f"{number},{index},{y:.2f},{x:.2f}")
        tifffile.imwrite(folder / "cells" / f"t{index:02}.tif", cells, compression="zlib")
        known = cells
    (folder / "cells.csv").write_text("\n".join(rows) + "\n")


def record(path: Path, frames: Picture, interval_s: float) -> None:
    """A file that says how far its frames are apart."""
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", "finterval": interval_s})


def run(arguments: list[str], folder: Path) -> str:
    """What a command writes to its standard output."""
    print(shlex.join(["tif2video", *arguments]))
    answer, messages = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), redirect_stdout(answer), redirect_stderr(messages):
        code = main_of_command(arguments)
    if code:
        sys.exit(messages.getvalue())
    return answer.getvalue()


def pictures(folder: Path) -> dict[str, Image.Image]:
    """All pictures of the gallery, by name, from the videos in a folder."""
    videos = Videos(folder)
    return {
        "contrast": contrast(videos),
        "brightness": brightness(videos),
        "auto": automatic(videos),
        "merge": merge(videos),
        "panels": few_colours(Image.fromarray(videos.frame("panels.mp4", 27))),
        "sources": sources(videos),
        "colormaps": colormaps(videos),
        "overlays": overlays(videos),
        "drawn": drawn(videos),
        "anchors": anchors(videos),
        "qualities": qualities(videos),
        "colours": colours(videos),
        "magnification": magnification(videos),
    }


class Videos:
    """The videos of a folder, as a player shows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def frames(self, name: str) -> list[Picture]:
        with av.open(str(self.folder / name)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]

    def frame(self, name: str, index: int) -> Picture:
        return self.frames(name)[index]

    def named_size(self, name: str) -> str:
        return f"{name}, {(self.folder / name).stat().st_size / 1000:,.0f} kB"


# Of each contrast rule: the video, its name in the pictures, and its colour in the plot, if any.
RULES = {
    "local": ("local", (200, 60, 40)),
    "global": ("global", (30, 110, 200)),
    "gamma": ("global,\ngamma 0.4", None),
    "smooth": ("smooth", (20, 140, 70)),
    "percentile": ("smooth,\n0.1 to 99.9 %", None),
}


def contrast(videos: Videos) -> Image.Image:
    """Four time points with each rule."""
    moments = 8, 24, 33, 42
    rows = [[videos.frame(f"{name}.mp4", i) for i in moments] for name in RULES]
    names = [label for label, _ in RULES.values()]
    return few_greys(grid(rows, names, [f"frame {i}" for i in moments]), 64)


def brightness(videos: Videos) -> Image.Image:
    """Mean grey level of each frame, as a plot."""
    width, height, left, top, highest, last = 640, 200, 70, 14, 40, 50
    lines = Image.new("RGB", (2 * (width + left + 80), 2 * (height + top + 50)), BACKGROUND)
    draw = ImageDraw.Draw(lines)

    def at(index: float, grey: float, scale: int = 1) -> tuple[float, float]:
        x, y = left + index * width / last, top + height * (1 - grey / highest)
        return scale * x, scale * y

    for grey in range(0, highest + 1, 10):
        draw.line([at(0, grey, 2), at(last, grey, 2)], (220, 220, 220), 2)
    ends = []
    for name, (label, colour) in RULES.items():
        if colour is not None:
            means = [float(frame.mean()) for frame in videos.frames(f"{name}.mp4")]
            draw.line([at(i, mean, 2) for i, mean in enumerate(means)], colour, 4, joint="curve")
            ends.append((label, colour, at(last, means[-1])))
    # Lines are drawn twice as large and shrunk, which smooths them; letters are smooth already.
    image = lines.reduce(2)
    draw = ImageDraw.Draw(image)
    for label, colour, (x, y) in ends:
        draw.text((x + 8, y), label, colour, FONT, anchor="lm")
    for grey in range(0, highest + 1, 10):
        draw.text((left - 8, at(0, grey)[1]), str(grey), INK, FONT, anchor="rm")
    for index in range(0, last + 1, 10):
        draw.text((at(index, 0)[0], top + height + 6), str(index), INK, FONT, anchor="ma")
    draw.text((left + width / 2, top + height + 26), "frame", INK, FONT, anchor="ma")
    draw.multiline_text((0, top + height / 2), "mean\ngrey\nlevel", INK, FONT, anchor="lm")
    return few_colours(image)


def automatic(videos: Videos) -> Image.Image:
    """One frame with and without a hot pixel, and the mean grey level of each video."""
    names = "usual", "auto", "hot-usual", "hot-auto"
    movies = [videos.frames(f"{name}.mp4") for name in names]
    rules = "local", "auto", "hot pixel, local", "auto"
    labels = [f"{rule}: {np.mean(m):.0f}" for rule, m in zip(rules, movies, strict=True)]
    return few_greys(grid([[movie[31] for movie in movies]], columns=labels), 48)


def merge(videos: Videos) -> Image.Image:
    frames = videos.frames("merge.mp4")
    return few_colours(grid([[frames[i] for i in (8, 31, 42)]]))


def sources(videos: Videos) -> Image.Image:
    """The title, and two time points of two sources side by side."""
    frames = videos.frames("sources.mp4")
    return few_greys(grid([[frames[i] for i in (0, 20 + 27, 20 + 45)]]), 64)


def colormaps(videos: Videos) -> Image.Image:
    names = ["grey", "invert", "viridis", "magma", "fire", "green", "batlow", "turbo"]
    tiles = [videos.frame(f"{name}.mp4", 31) for name in names]
    return few_colours(joined([grid([tiles[i : i + 4]], columns=names[i : i + 4]) for i in (0, 4)]))


def overlays(videos: Videos) -> Image.Image:
    return few_colours(grid([[videos.frame(f"{name}.mp4", 17) for name in ("bright", "dark")]]))


def drawn(videos: Videos) -> Image.Image:
    names = "filled", "contours", "followed"
    return few_colours(grid([[videos.frame(f"{name}.mp4", 30) for name in names]]))


def anchors(videos: Videos) -> Image.Image:
    names = "dot", "cross", "circle", "corners"
    return few_colours(grid([[videos.frame(f"{name}.mp4", 17) for name in names]]))


def qualities(videos: Videos) -> Image.Image:
    """The same detail out of each file, and as it was before it was encoded."""
    names = [
        "draft.mp4",
        "standard.mp4",
        "high.mp4",
        "h265.mp4",
        "av1.mp4",
        "cells.gif",
        "small.mp4",
    ]
    index = 17
    rendered = t2v.render_frame(videos.folder / "usiigaci", index)
    tiles = [rendered, *(videos.frame(name, index) for name in names)]
    tiles = [enlarged(tile, 90, 218, 54, 4) for tile in tiles]
    labels = ["before encoding", *(videos.named_size(name) for name in names)]
    rows = [grid([tiles[i : i + 4]], columns=labels[i : i + 4]) for i in (0, 4)]
    return joined(rows).convert("L")


def colours(videos: Videos) -> Image.Image:
    """The same detail in 4:2:0, in 256 colours and without loss."""
    names = "merge.mp4", "merge.gif", "merge.mkv"
    tiles = [enlarged(videos.frame(name, 8), 150, 100, 72, 4) for name in names]
    return grid([tiles], columns=[videos.named_size(name) for name in names])


def magnification(videos: Videos) -> Image.Image:
    names = ["whole-width", "part-width", "whole-um", "part-um"]
    rules = ["--width 216", "--width 216", "--um-per-pixel 0.07", "0.07"]
    return few_greys(grid([[videos.frame(f"{name}.mp4", 31) for name in names]], columns=rules), 64)


def enlarged(picture: Picture, row: int, column: int, size: int, times: int) -> Picture:
    detail = picture[row : row + size, column : column + size]
    return detail.repeat(times, axis=0).repeat(times, axis=1)


def grid(
    rows: Sequence[Sequence[Picture]],
    names: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> Image.Image:
    """Pictures in rows, with names to the left of rows and above columns."""
    left = max((round(widest(name)) + 2 * GAP_PX for name in names), default=0)
    top = TEXT_PX + 2 * GAP_PX if columns else 0
    widths = [max(row[i].shape[1] for row in rows) for i in range(len(rows[0]))]
    heights = [max(tile.shape[0] for tile in row) for row in rows]
    image = Image.new(
        "RGB",
        (
            left + sum(widths) + GAP_PX * (len(widths) - 1),
            top + sum(heights) + GAP_PX * (len(heights) - 1),
        ),
        BACKGROUND,
    )
    draw = ImageDraw.Draw(image)
    x = left
    for i, width in enumerate(widths):
        if columns:
            draw.text((x + width / 2, GAP_PX), columns[i], INK, FONT, anchor="ma")
        y = top
        for row, height in zip(rows, heights, strict=True):
            image.paste(Image.fromarray(row[i]), (x, y))
            y += height + GAP_PX
        x += width + GAP_PX
    y = top
    for name, height in zip(names, heights, strict=False):
        draw.multiline_text((0, y + height / 2), name, INK, FONT, anchor="lm")
        y += height + GAP_PX
    return image


def joined(images: Sequence[Image.Image]) -> Image.Image:
    """Images below each other."""
    width = max(image.width for image in images)
    height = sum(image.height for image in images) + GAP_PX * (len(images) - 1)
    whole = Image.new("RGB", (width, height), BACKGROUND)
    y = 0
    for image in images:
        whole.paste(image, (0, y))
        y += image.height + GAP_PX
    return whole


def widest(text: str) -> float:
    return max(FONT.getlength(line) for line in text.splitlines())


def few_greys(image: Image.Image, levels: int) -> Image.Image:
    """A grey picture with this many levels, evenly spaced, which makes its file smaller."""
    step = 255 / (levels - 1)
    return image.convert("L").point([round(round(i / step) * step) for i in range(256)])


def few_colours(image: Image.Image) -> Image.Image:
    """The 256 colours that suit a picture best."""
    return image.quantize(256, kmeans=3, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
