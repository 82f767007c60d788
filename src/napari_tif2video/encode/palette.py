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

from ..colours import in_triples
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
    graph, source = _graph(), None
    for number, picture in enumerate(pictures):
        if source is None:
            source = _source(graph, picture.shape[:2])
            palettegen = graph.add("palettegen", "stats_mode=full:reserve_transparent=0")
            graph.link_nodes(source, graph.add("format", "rgb32"), palettegen, _sink(graph))
            graph.configure()
        source.push(_rgb(picture, number))
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
    size : (int, int)
        Height and width of the pictures.
    """

    def __init__(self, palette: bytes, dithers: bool, size: tuple[int, int]) -> None:
        self._graph = graph = _graph()
        self._source = _source(graph, size)
        self._number = 0
        colours = _source(graph, (_SIDE, _SIDE))
        use = graph.add("paletteuse", f"dither={_DITHER if dithers else 'none'}")
        for place, source in enumerate((self._source, colours)):
            rgb = graph.add("format", "rgb32")
            source.link_to(rgb)
            rgb.link_to(use, 0, place)
        use.link_to(_sink(graph))
        graph.configure()
        colours.push(_rgb(np.frombuffer(palette, np.uint8).reshape(_SIDE, _SIDE, 3), 0))
        colours.push(None)

    def frame(self, picture: NDArray[np.uint8]) -> VideoFrame:
        self._source.push(_rgb(picture, self._number))
        self._number += 1
        return self._graph.vpull()


def _graph() -> Graph:
    graph = Graph()
    graph.threads = 1
    return graph


def _source(graph: Graph, size: tuple[int, ...]) -> FilterContext:
    height, width = size
    form = VideoFormat("rgb24")
    return graph.add_buffer(width=width, height=height, format=form, time_base=_CLOCK)


def _sink(graph: Graph) -> FilterContext:
    return graph.add("buffersink")


def _rgb(picture: NDArray[np.uint8], number: int) -> VideoFrame:
    frame = VideoFrame.from_ndarray(in_triples(picture), format="rgb24")
    frame.pts, frame.time_base = number, _CLOCK
    return frame
