"""Files as TrackMate writes them."""

from __future__ import annotations

from collections.abc import Sequence

# What programs must pass over: features of spots, tracks and edges, and the log.
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<TrackMate version="7.14.0">
  <Log>TrackMate v7.14.0 started on:
Thu, 17 Mar 2022 15:51:20 &amp; so on</Log>
  <Model spatialunits="{unit}" timeunits="min">
    <FeatureDeclarations>
      <SpotFeatures>
        <Feature feature="QUALITY" name="Quality" dimension="QUALITY" />
      </SpotFeatures>
    </FeatureDeclarations>
    <AllSpots nspots="{spots}">
"""
_SPOT = (
    '<Spot ID="{number}" name="ID{number}" QUALITY="3.5" POSITION_T="{time}.0" FRAME="{t}" '
    'VISIBILITY="1" RADIUS="5.0" POSITION_X="{x!r}" POSITION_Y="{y!r}" POSITION_Z="{z!r}" '
    'ROI_N_POINTS="3">-1.0 -1.0 1.0 -1.0 0.0 1.0</Spot>'
)
_EDGE = (
    '<Edge SPOT_SOURCE_ID="{}" SPOT_TARGET_ID="{}" LINK_COST="2.5" SPEED="1.0" EDGE_TIME="0.5" />'
)
_IMAGE = (
    '<ImageData filename="a.tif" folder="/data/" width="{}" height="{}" nslices="1" nframes="50" '
    'pixelwidth="{size}" pixelheight="{size}" voxeldepth="1.0" timeinterval="2.0" />'
)

Spot = tuple[int, int, float, float]
Edge = tuple[int, int]


def model(
    spots: Sequence[Spot],
    tracks: Sequence[Sequence[Edge]],
    *,
    pixel_size: float = 1.0,
    unit: str = "pixel",
    image: tuple[int, int] = (128, 128),
    kept: Sequence[int] | None = None,
) -> str:
    """The XML of a model.

    Parameters
    ----------
    spots : sequence of (number, frame, y, x)
        y and x in pixels.
    tracks : sequence of sequences of (source, target)
        The edges of track 0, 1 and so on.
    image : (int, int)
        Height and width of the image.
    kept : sequence of int, optional
        The tracks that the filter lets pass; by default all.
    """
    parts = [_HEAD.format(unit=unit, spots=len(spots))]
    for frame in sorted({t for _, t, _, _ in spots}):
        parts.append(f'      <SpotsInFrame frame="{frame}">\n')
        for number, t, y, x in spots:
            if t == frame:
                place = {"x": x * pixel_size, "y": y * pixel_size, "z": 0.0}
                parts.append(f"        {_SPOT.format(number=number, time=2 * t, t=t, **place)}\n")
        parts.append("      </SpotsInFrame>\n")
    parts.append("    </AllSpots>\n    <AllTracks>\n")
    for track, edges in enumerate(tracks):
        parts.append(f'      <Track name="Track_{track}" TRACK_ID="{track}" NUMBER_SPLITS="0">\n')
        parts += [f"        {_EDGE.format(*ends)}\n" for ends in edges]
        parts.append("      </Track>\n")
    parts.append("    </AllTracks>\n    <FilteredTracks>\n")
    shown = range(len(tracks)) if kept is None else kept
    parts += [f'      <TrackID TRACK_ID="{track}" />\n' for track in shown]
    height, width = image
    parts.append("    </FilteredTracks>\n  </Model>\n  <Settings>\n    ")
    parts.append(_IMAGE.format(width, height, size=pixel_size))
    return "".join([*parts, "\n  </Settings>\n</TrackMate>\n"])


def dividing(**options: object) -> str:
    """A track that divides twice and merges once, one with a gap, and a spot in no track."""
    spots = [(10 + t, t, 20.0 + t, 30.5) for t in range(4)]
    spots += [(20 + t, t, 25.0 + t, 30.5 - 3 * t) for t in range(4, 8)]
    spots += [(30 + t, t, 25.0 + t, 30.5 + 3 * t) for t in range(4, 7)]
    spots += [(40 + t, t, 60.0, 10.25 * t) for t in (2, 3, 5)]
    spots += [(50, 8, 33.0, 40.0), (60, 5, 33.0, 20.0), (61, 5, 2.0, 2.0)]
    first = [(10, 11), (11, 12), (12, 13), (13, 24), (13, 34), (24, 25), (25, 26), (26, 27)]
    first += [(34, 35), (35, 36), (24, 60), (27, 50), (36, 50)]
    return model(spots, [first, [(42, 43), (45, 43)]], **options)  # type: ignore[arg-type]
