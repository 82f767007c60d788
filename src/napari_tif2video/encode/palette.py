"""Which 256 colours does a GIF have, and which of them does each pixel get?

Both are done by FFmpeg's filters, which are the same on any machine and for any number of workers.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
from av import VideoFormat
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ..colours import in_colour
from ..errors import EncodingError

_CLOCK = Fraction(1, 100)
_SIDE = 16  # a palette travels as a picture of 16x16 pixels

# Passes errors on to the neighbours. Ordered patterns (bayer) keep still what does not move, but
# cost up to 8 % more bytes, and ten times the error where the palette has nearly all colours. The
# shorter sierra2_4a heaps errors up in saturated colours, until a dot of magenta stands in green.
_DITHER = "sierra3"


def make_palette(pictures: Iterable[NDArray[np.uint8]]) -> bytes:
    """256 RGB triples for some pictures (H, W, 3) of one size: median cut over all their pixels."""
    try:
        return _made(pictures)
    except av.FFmpegError as exc:
        raise EncodingError(f"the palette cannot be made ({exc.strerror or exc})") from exc


def _made(pictures: Iterable[NDArray[np.uint8]]) -> bytes:
    graph, source = None, None
    for number, picture in enumerate(pictures):
        if graph is None or source is None:
            graph = _graph()
            source = _source(graph, picture.shape[1], picture.shape[0], "rgb24")
            palettegen = graph.add("palettegen", "stats_mode=full:reserve_transparent=0")
            graph.link_nodes(source, graph.add("format", "rgb32"), palettegen, _sink(graph))
            graph.configure()
        source.push(_rgb(picture, number))
    assert graph is not None
    assert source is not None
    source.push(None)
    made = graph.vpull()
    rows = np.frombuffer(memoryview(made.planes[0]), np.uint8).reshape(_SIDE, -1)
    bgra = rows[:, : 4 * _SIDE].reshape(-1, 4)
    return bgra[:, 2::-1].tobytes()


class Paletted:
    """Turns RGB pictures into indices of a palette.

    Parameters
    ----------
    palette : bytes
        256 RGB triples.
    dithers : bool
        Whether colours between those of the palette are mixed from them.
    """

    def __init__(self, palette: bytes, dithers: bool) -> None:
        self._palette, self._dithers = palette, dithers
        self._graph: Graph | None = None
        self._source: FilterContext | None = None
        self._number = 0

    def frame(self, picture: NDArray[np.uint8]) -> VideoFrame:
        picture = in_colour(picture)
        if self._graph is None:
            self._begin(*picture.shape[:2])
        assert self._graph is not None
        assert self._source is not None
        self._source.push(_rgb(picture, self._number))
        self._number += 1
        return self._graph.vpull()

    def _begin(self, height: int, width: int) -> None:
        graph = _graph()
        source = _source(graph, width, height, "rgb24")
        colours = _source(graph, _SIDE, _SIDE, "rgb24")
        rgb, table = graph.add("format", "rgb32"), graph.add("format", "rgb32")
        use = graph.add("paletteuse", f"dither={_DITHER if self._dithers else 'none'}")
        source.link_to(rgb)
        colours.link_to(table)
        rgb.link_to(use, 0, 0)
        table.link_to(use, 0, 1)
        use.link_to(_sink(graph))
        graph.configure()
        triples = np.frombuffer(self._palette, np.uint8).reshape(_SIDE, _SIDE, 3)
        colours.push(_rgb(triples, 0))
        colours.push(None)
        self._graph, self._source = graph, source


def _graph() -> Graph:
    graph = Graph()
    graph.threads = 1
    return graph


def _source(graph: Graph, width: int, height: int, pix_fmt: str) -> FilterContext:
    form = VideoFormat(pix_fmt)
    return graph.add_buffer(width=width, height=height, format=form, time_base=_CLOCK)


def _sink(graph: Graph) -> FilterContext:
    return graph.add("buffersink")


def _rgb(picture: NDArray[np.uint8], number: int) -> VideoFrame:
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    frame.pts, frame.time_base = number, _CLOCK
    return frame
