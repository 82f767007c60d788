"""The plan of one video of several sources: which frame is shown when, with which marks, notes."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from helpers.refusals import refusal

import napari_tif2video as t2v
from napari_tif2video.data import Calibration
from napari_tif2video.overlays import Scale
from napari_tif2video.planning import magnification_note, name_of_several, plan, side_by_side

BLACK = np.zeros((), np.uint16)


def source(name, times=None, *, frames=None, size=(40, 60), pixel=None, step=None, dtype=None):
    """A plain source: its name, and when its frames were recorded."""
    count = len(times) if frames is None else frames
    black = BLACK if dtype is None else np.zeros((), dtype)
    stack = t2v.open_stack(np.broadcast_to(black, (count, *size)))
    recorded = None if times is None else tuple(map(float, times))
    known = Calibration(pixel, "given" if pixel else "", step, "given" if step else "", recorded)
    return dataclasses.replace(stack, name=name).calibrated(known)


def planned(*sources, names=(), **options):
    settings = t2v.VideoSettings(**{"panels": "sources"} | options)
    return side_by_side([plan(each, settings) for each in sources], settings)


def refused(*sources, **options):
    return refusal(t2v.SourceError, planned, *sources, **options)


def marks_of(made):
    """What is written across each source, as letters: . nothing, n not begun, e ended."""
    letters = {"": ".", "not begun": "n", "ended": "e"}
    return ["".join(letters[mark] for mark in each.marks) for each in made.timeline.sources]


A = range(0, 60, 10)  # 0 to 50
BY_TIME = [
    # times of the sources, interval; places and marks of each, step
    ((A, range(0, 60, 25)), None, [(0, 1, 2, 3, 4, 5), (0, 0, 1, 1, 2, 2)], ["", ""], 10),
    # Of two as near, the earlier one: 20 lies between 15 and 25.
    (([0, 10, 20, 30], [5, 15, 25]), None, [(0, 1, 2, 3), (0, 0, 1, 2)], ["", ""], 10),
    # The second one begins 14 s before the first: one moment more; and ends at 6.
    (([0, 10, 20], [-14, 6]), None, [(0, 0, 1, 2), (0, 1, 1, 1)], ["n...", "...e"], 10),
    # Half a step more is another moment: 25 is as near to 20 as to 30.
    (([0, 10, 20], [0, 25]), None, [(0, 1, 2, 2), (0, 0, 1, 1)], ["...e", ""], 10),
    (([0, 10, 20], [0, 24.9]), None, [(0, 1, 2), (0, 0, 1)], ["", ""], 10),
    (([0, 10, 20], [0, 45]), None, [(0, 1, 2, 2, 2, 2), (0, 0, 0, 1, 1, 1)],
     ["...eee", ""], 10),
    # Half an interval away is not marked, and a bit more is.
    (([0, 10, 20, 30], [5, 25]), 10, [(0, 1, 2, 3), (0, 0, 1, 1)], ["", ""], 10),
    (([0, 10, 20, 30], [5.1, 15.1, 24.9]), 10, [(0, 1, 2, 3), (0, 0, 1, 2)], ["", "n..e"], 10),
    (([0, 10, 20, 30, 40], [16, 20]), None,
     [(0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4), (0,) * 5 + (1,) * 6], ["", "nnnn..eeeee"], 4),
    # The usual step, and not the longest one.
    (([0, 10, 20, 60], [0, 60]), None, [(0, 1, 2, 3), (0, 0, 0, 1)], ["", ""], 10),
    (([0, 10], [0, 10], [40, 50]), 20, [(0, 1, 1, 1), (0, 1, 1, 1), (0, 0, 0, 1)],
     ["..ee", "..ee", "nn.."], 20),
    (([5, 15, 25], [5, 15, 25]), 10, [(0, 1, 2), (0, 1, 2)], ["", ""], 10),
    (([5, 15, 25], [5, 15, 25]), 5, [(0, 0, 1, 1, 2), (0, 0, 1, 1, 2)], ["", ""], 5),
    (([5, 15, 25], [5, 15, 25]), 40, [(0, 2), (0, 2)], ["", ""], 40),
]  # fmt: skip


@pytest.mark.parametrize(("times", "interval", "places", "marks", "step"), BY_TIME)
def test_frames_are_matched_by_their_times(times, interval, places, marks, step):
    made = planned(*(source(f"s{n}", each) for n, each in enumerate(times)), sync_interval=interval)
    assert made.places == tuple(places)
    assert marks_of(made) == marks
    assert made.frames == len(places[0])
    assert made.stack.frame_interval_s == step
    assert made.stack.frame_interval_origin == "of the panels"
    assert made.indices == range(made.frames)
    for each, recorded, own in zip(made.timeline.sources, times, made.places, strict=True):
        assert list(each.frames) == list(own)
        assert each.times_s is None
        assert len(recorded) > max(own)


@pytest.mark.parametrize("unit", [2.0**-16, 2.0**20])
def test_times_are_matched_in_any_unit(unit):
    for times, interval, places, marks, step in BY_TIME:
        made = planned(
            *(source("s", [unit * time for time in each]) for each in times),
            sync_interval=None if interval is None else unit * interval,
        )
        assert (made.places, marks_of(made)) == (tuple(places), marks)
        assert made.stack.frame_interval_s == unit * step


MATCHED = "the panels are matched by time: at each frame, every {}, what is nearest"
A_TIME, B_TIME = source("a", A, step=10), source("b", frames=3, step=25)
PLAIN = source("plain", frames=4)
BACK = source("back", [30, 20, 10])


@pytest.mark.parametrize(
    ("sources", "options", "places", "marks", "notes"),
    [
        ([A_TIME, B_TIME], {}, [(0, 1, 2, 3, 4, 5), (0, 0, 1, 1, 2, 2)], ["", ""],
         [MATCHED.format("10 s")]),
        ([A_TIME, B_TIME], {"sync": "time", "sync_interval": "1min"}, [(0, 5), (0, 2)], ["", ""],
         [MATCHED.format("1 min"),
          "a: 4 of 6 frames are nearest to no frame of the video, and not shown; a shorter "
          "--sync-interval shows them",
          "b: 1 of 3 frames are nearest to no frame of the video, and not shown; a shorter "
          "--sync-interval shows them"]),
        ([A_TIME, B_TIME], {"sync": "frame"}, [(0, 1, 2, 3, 4, 5), (0, 1, 2, 2, 2, 2)],
         ["", "...eee"], []),
        ([B_TIME, PLAIN], {}, [(0, 1, 2, 2), (0, 1, 2, 3)], ["...e", ""],
         ["the panels go frame by frame, as the times of plain are not known, or do not grow; "
          "--frame-interval gives them"]),
        ([PLAIN, A_TIME, BACK], {}, [(0, 1, 2, 3, 3, 3), (0, 1, 2, 3, 4, 5), (0, 1, 2, 2, 2, 2)],
         ["....ee", "", "...eee"],
         ["the panels go frame by frame, as the times of plain, back are not known, or do not "
          "grow; --frame-interval gives them"]),
        ([A_TIME, source("s", frames=1), B_TIME], {},
         [(0, 1, 2, 3, 4, 5), (0,) * 6, (0, 0, 1, 1, 2, 2)], ["", "", ""],
         [MATCHED.format("10 s"), "s: is a single image, shown all the time"]),
        ([source("s", frames=1), A_TIME, source("r", frames=1)], {},
         [(0,) * 6, (0, 1, 2, 3, 4, 5), (0,) * 6], ["", "", ""],
         ["s, r: single images, shown all the time"]),
        ([source("s", frames=1), PLAIN], {}, [(0,) * 4, (0, 1, 2, 3)], ["", ""],
         ["s: is a single image, shown all the time"]),
        ([source("s", frames=1), source("r", frames=1)], {}, [(0,), (0,)], ["", ""], []),
        ([A_TIME, A_TIME], {"frame_interval": 0.04}, [(0, 1, 2, 3, 4, 5)] * 2, ["", ""],
         [MATCHED.format("0.04 s")]),
    ],
)  # fmt: skip
def test_what_is_said_of_how_they_are_matched(sources, options, places, marks, notes):
    made = planned(*sources, **options)
    assert (made.places, marks_of(made)) == (tuple(places), marks)
    assert list(made.notes) == notes
    assert made.stack.name == ", ".join(plan.stack.name for plan in made.sources)
    by_time = bool(notes) and ("by time" in notes[0] or notes[0].startswith("s, r"))
    assert (made.stack.frame_interval_s is not None) == by_time
    assert made.stack.frame_interval_origin == ("of the panels" if by_time else "")


NO_TIME = "the time from frame to frame is not known; give it with --frame-interval, such as 5min"
UNKNOWN = (
    "sync time: of {} the times are not known, or do not grow; give them with --frame-interval, "
    "such as 5min, or use --sync frame"
)


@pytest.mark.parametrize(
    ("sources", "options", "said"),
    [
        ([A_TIME, PLAIN], {"sync": "time"}, UNKNOWN.format("plain")),
        ([A_TIME, PLAIN, BACK], {"sync_interval": 5}, UNKNOWN.format("plain, back")),
        ([PLAIN] * 4, {"sync": "time"}, UNKNOWN.format("plain, plain, 2 more")),
        ([A_TIME, source("twice", [0, 5, 5])], {"sync": "time"}, UNKNOWN.format("twice")),
        ([A_TIME, B_TIME], {"sync_interval": "0.4ms"},
         "sync: at a frame every 0.0004 s the video would have 1.25e+05; give a longer "
         "--sync-interval, or --sync frame"),
        ([A_TIME, source("later", [2e6, 2e6 + 10])], {},
         "sync: at a frame every 10 s the video would have 2e+05; give a longer --sync-interval, "
         "or --sync frame"),
        ([A_TIME, source("shown", A)], {},
         "panels: the sources have different contrast rules (a local, shown displayed); choose "
         "one with --contrast or --limits"),
        ([A_TIME, B_TIME], {"width": 4000, "codec": "gif", "title": "word " * 999},
         "title: does not fit into the video, which is 8040x2666; use a larger width or a shorter "
         "text"),
        ([A_TIME, B_TIME, A_TIME], {"width": 4000, "codec": "mpeg4"},
         "MPEG-4 Part 2 takes sides of 2 to 8190 px, and the video would be 12080x2666; use "
         "another width or codec"),
        ([PLAIN, BACK], {"sync": "frame", "timestamp": True}, f"plain: timestamp: {NO_TIME}"),
        ([source("s", frames=1)] * 2, {"event": "5=x"}, f"event: {NO_TIME}"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(sources, options, said):
    if sources[-1].name == "shown":
        (channel,) = sources[-1].channels
        display = dataclasses.replace(channel.display, limits=(0.0, 9.0))
        shown = dataclasses.replace(channel, display=display)
        sources = [sources[0], dataclasses.replace(sources[-1], channels=(shown,))]
    assert refused(*sources, **options) == said


def test_as_many_moments_as_anybody_can_want():
    """100,000, or ten times as many as the longest source has frames."""
    made = planned(A_TIME, B_TIME, sync_interval="0.5ms")
    assert made.frames == 100_001
    assert refused(A_TIME, B_TIME, sync_interval="0.499ms").startswith("sync: at a frame every")
    long = source("long", range(10_100), size=(2, 2))
    assert planned(long, long, sync_interval=Fraction(1, 10)).frames == 100_991


def test_names_of_several():
    names = ["a", "b", "c", "d"]
    found = [name_of_several(names[:count], "+") for count in (1, 2, 3, 4)]
    assert found == ["a", "a+b", "a+b+c", "a+b+2 more"]


# --- marks that are drawn once ------------------------------------------------------------------

ONCE = {"panel_marks": "once"}
OWN_TIMES = "each panel has times of its own, as the panels go frame by frame and these differ{}"
FINE, COARSE = source("a", A, step=10, pixel=0.5), source("b", A, step=10, pixel=0.25)


def drawn_on(made):
    """How many bars and texts are on each panel, and on all of them together."""
    overlays = [panel.picture.overlay for panel in made.picture.panels]
    return [
        (0, 0) if each is None else (len(each.bars), len(each.texts))
        for each in (*overlays, made.picture.overlay)
    ]


# Of a bar with its length, a time and a name: what there is on the panels, and once.
@pytest.mark.parametrize(
    ("options", "drawn"),
    [
        ({}, [(0, 1), (0, 1), (0, 0)]),
        ({"label": "x"}, [(0, 1), (0, 1), (0, 0)]),
        ({"timestamp": True}, [(0, 2), (0, 2), (0, 0)]),
        (ONCE | {"timestamp": True}, [(0, 1), (0, 1), (0, 1)]),
        (ONCE | {"event": "20=x", "scale_bar": True}, [(0, 1), (0, 1), (1, 2)]),
        (ONCE | {"label": "x"}, [(0, 0), (0, 0), (0, 1)]),
        (ONCE | {"label": "{time}"}, [(0, 0), (0, 0), (0, 1)]),
        (ONCE | {"label": "{name} x"}, [(0, 1), (0, 1), (0, 0)]),
        (ONCE | {"label": "{frame} x"}, [(0, 1), (0, 1), (0, 0)]),
        (ONCE | {"label": "{channel} x"}, [(0, 1), (0, 1), (0, 0)]),
        (ONCE | {"label": "{name} {time}", "timestamp": True}, [(0, 1), (0, 1), (0, 1)]),
        (ONCE, [(0, 1), (0, 1), (0, 0)]),
    ],
)
def test_what_is_drawn_once(options, drawn):
    made = planned(FINE, FINE, **options)
    assert drawn_on(made) == drawn
    assert made.notes == (MATCHED.format("10 s"),)
    assert (made.scale_bar_um is not None) == ("scale_bar" in options)
    has_time = drawn[-1] != (0, 0) and options.get("label") != "x"
    assert made.timeline.times_s == (tuple(map(float, A)) if has_time else None)


def test_one_bar_where_all_are_of_one_magnification():
    options = {"scale_bar": True, "width": 120}
    for marks in ({}, ONCE):
        same = planned(FINE, FINE, **options, **marks)
        assert (same.scale_bar_um, same.scale) == (5, Scale(0.25))
        assert drawn_on(same) == ([(0, 1), (0, 1), (1, 1)] if marks else [(1, 2), (1, 2), (0, 0)])
        other = planned(FINE, COARSE, **options, **marks)
        assert (other.scale_bar_um, other.scale) == (None, None)
        assert drawn_on(other) == [(1, 2), (1, 2), (0, 0)]
        said = (
            "the panels show from 0.125 to 0.25 µm a pixel; --um-per-pixel 0.15 gives them the "
            "same magnification"
        )
        own = f"each panel has a scale bar of its own, as {said}"
        assert other.notes[1:] == (own if marks else said,)
    bare = planned(FINE, COARSE, width=120, timestamp=True, **ONCE)
    assert bare.notes[1:] == (said,)
    unknown = planned(FINE, source("c", A, step=10), width=120)
    assert (unknown.scale, unknown.scale_bar_um, len(unknown.notes)) == (None, None, 1)
    assert (unknown.stack.pixel_size_um, unknown.stack.pixel_size_origin) == (None, "")
    assert (same.stack.pixel_size_um, same.stack.pixel_size_origin) == (0.5, "given")
    told = FINE.calibrated(dataclasses.replace(FINE.calibration, pixel_size_origin="told"))
    assert planned(FINE, told).stack.pixel_size_origin == "given"
    assert planned(told, FINE).stack.pixel_size_origin == "told"


@pytest.mark.parametrize(
    ("pixels", "widths", "said"),
    [
        ((1, 1), (60, 60), None),
        ((1, 1.01), (60, 60), None),
        ((1, 1.011), (60, 60), "from 1 to 1.01 µm a pixel; --um-per-pixel 0.6"),
        ((2, 1), (60, 60), "from 1 to 2 µm a pixel; --um-per-pixel 0.6"),  # 100 px at least
        ((1, 0.001), (60, 60), "from 0.001 to 1 µm a pixel; --um-per-pixel"),
        ((None, 2), (60, 60), None),
        ((None, None), (60, 60), None),
        ((1, 2, 1), (200, 300, 400), "from 1 to 2 µm a pixel; --um-per-pixel 2"),
    ],
)
def test_pictures_that_would_deceive_about_sizes(pixels, widths, said):
    plans = [
        plan(source("s", frames=1, size=(40, width), pixel=pixel), t2v.VideoSettings(width="full"))
        for pixel, width in zip(pixels, widths, strict=True)
    ]
    note = magnification_note(plans, "videos")
    if said is None:
        assert note is None
        return
    assert note == f"the videos show {said} gives them the same magnification"
    settings = dataclasses.replace(plans[0].settings, width=500, um_per_pixel=2)
    plans[0] = dataclasses.replace(plans[0], settings=settings)
    assert magnification_note(plans, "videos") is None


@pytest.mark.parametrize(
    ("sources", "options", "times", "said"),
    [
        # The first that began has the time that is asked for; all count from one moment.
        (([5, 15, 25], [25, 35, 45]), {}, [5, 15, 25, 35, 45], None),
        (([5, 15, 25], [25, 35, 45]), {"time_start": 100}, [100, 110, 120, 130, 140], None),
        (([25, 35, 45], [5, 15, 25]), {"time_start": 100}, [100, 110, 120, 130, 140], None),
        (([5, 15, 25], [5]), {"time_start": 100}, [100, 110, 120], None),
        (([5, 15, 25], [5, 15, 25]), {"sync": "frame"}, [5, 15, 25], None),
        (([5, 15, 25], [5, 15]), {"sync": "frame"}, [5, 15, 25], None),
        (([5, 15], [5, 15, 25]), {"sync": "frame"}, [5, 15, 25], None),
        # A fiftieth of the shortest step, which is 9.81 s or 9.8 s.
        (([5, 15, 25], [5.1, 15.19, 25]), {"sync": "frame"}, [5, 15, 25], None),
        (([5, 15, 25], [5.1, 15.2, 25]), {"sync": "frame"}, None, "; --sync time gives them one"),
        (([5, 15, 25], [6, 16, 26]), {"sync": "frame"}, None, "; --sync time gives them one"),
        # A single image has no clock of its own.
        (([5, 15, 25], [3]), {"time_start": 100}, [100, 110, 120], None),
        (([7], [5, 15, 25]), {"time_start": 100}, [100, 110, 120], None),
        (([5, 15, 25], [9]), {"sync": "frame"}, [5, 15, 25], None),
        (([5], [5]), {}, [5], None),
        (([5], [9]), {}, None, ""),
        (([5, 5], [5.01, 5.01]), {"sync": "frame"}, None, "; --sync time gives them one"),
        (([5, 5], [5, 5]), {"sync": "frame"}, [5, 5], None),
        (([25, 15, 5], [25, 15, 5]), {}, [25, 15, 5], None),
        (([25, 15, 5], [25, 15, 6]), {}, None, ""),
    ],
)  # fmt: skip
def test_one_time_for_all(sources, options, times, said):
    options = ONCE | {"timestamp": True} | options
    made = planned(*(source(f"s{n}", each) for n, each in enumerate(sources)), **options)
    assert (None if made.timeline.times_s is None else list(made.timeline.times_s)) == times
    own = [note for note in made.notes if note.startswith("each panel")]
    assert own == ([] if said is None else [OWN_TIMES.format(said)])
    on_panels = 1 if said is None else 2  # the name, and the time
    assert [texts for _, texts in drawn_on(made)] == [on_panels] * 2 + [2 - on_panels]


def test_a_single_image_may_lack_the_time():
    alone = source("s", frames=1)
    for options, drawn in (({}, [(0, 2), (0, 1), (0, 0)]), (ONCE, [(0, 1), (0, 1), (0, 1)])):
        made = planned(A_TIME, alone, timestamp=True, **options)
        assert drawn_on(made) == drawn
        assert (
            made.notes
            == (MATCHED.format("10 s"), "s: is a single image, shown all the time")[
                len(made.notes) == 1 :
            ]
        )
        assert [each.times_s for each in made.timeline.sources] == [tuple(map(float, A)), None]


def test_events_go_by_the_common_clock():
    """Of a source that began later, the event is at the time that the video shows."""
    late = source("b", [25, 35, 45])
    made = planned(source("a", [5, 15, 25]), late, time_start=0, event="20=x")
    assert [each.times_s for each in made.timeline.sources] == [
        (0, 10, 20, 20, 20), (0, 0, 0, 10, 20),
    ]  # fmt: skip
    once = planned(source("a", [5, 15, 25]), late, time_start=0, event="20=x", **ONCE)
    assert once.timeline.times_s == (0, 10, 20, 30, 40)
    assert [each.times_s for each in once.timeline.sources] == [
        (0, 10, 20, 20, 20), (20, 20, 20, 30, 40),
    ]  # fmt: skip


# --- the whole ----------------------------------------------------------------------------------


def test_the_whole_is_made_of_its_sources():
    rgb = dataclasses.replace(t2v.open_stack(np.zeros((2, 40, 60, 3), np.uint8)), name="rgb")
    left = dataclasses.replace(FINE, notes=("one", "both"), left_out=2)
    right = dataclasses.replace(COARSE, notes=("both", "two"), left_out=3)
    made = planned(left, right, fps=30, codec="gif", width=120)
    magnified = (
        "the panels show from 0.125 to 0.25 µm a pixel; --um-per-pixel 0.15 gives them the same "
        "magnification"
    )
    uneven = ".gif counts time in 1/100 s: frames last 3/100 or 4/100 s, which is 30 fps on average"
    assert made.notes == (
        "both", "a: one", "b: two", MATCHED.format("10 s"), magnified, uneven,
    )  # fmt: skip
    assert made.stack.left_out == 5
    assert [channel.name for channel in made.stack.channels] == ["a", "b"]
    named = tuple(dataclasses.replace(channel, name="DAPI") for channel in left.channels)
    both = planned(dataclasses.replace(left, channels=named), right)
    assert [channel.name for channel in both.stack.channels] == ["a DAPI", "b"]
    assert [panel.channels for panel in made.picture.panels] == [(0,), (1,)]
    assert [panel.source for panel in made.picture.panels] == [0, 1]
    assert (made.encoder.height, made.encoder.width) == made.picture.mosaic.size == (80, 242)
    assert (made.encoder.has_colour, made.encoder.palette) == (False, b"")
    assert made.contrast == "local"
    assert made.picture.limits == (None, None)
    assert len(made.sources) == 2
    assert made.source_format.size == (40, 60)
    mixed = planned(PLAIN, rgb, sync="frame", width=120)
    assert mixed.encoder.has_colour
    coloured = planned(PLAIN, PLAIN, sync="frame", colormap="viridis", codec="gif", width=120)
    assert (coloured.encoder.has_colour, coloured.encoder.palette) == (True, b"")


def test_what_the_whole_has_of_its_first_source():
    made = planned(source("wide", frames=2, size=(20, 60)), PLAIN, width=120, percentile=(1, 99))
    assert (str(made.picture.box), made.picture.size) == ("60x20+0+0", (40, 120))
    assert (made.source_format.size, made.picture.percentile) == ((20, 60), (1, 99))
    assert [panel.picture.size for panel in made.picture.panels] == [(40, 120), (80, 120)]
    assert (made.encoder.height, made.encoder.width) == made.picture.mosaic.size == (80, 242)
    fixed = planned(PLAIN, PLAIN, limits=(5, 9), gamma=2)
    assert fixed.picture.limits == ((5, 9), (5, 9))
    assert [display.gamma for display in fixed.picture.displays] == [2, 2]


def test_bad_frames_are_named_by_their_source():
    settings = t2v.VideoSettings(panels="sources", on_error="skip", sync="frame")
    plans = [plan(each, settings) for each in (A_TIME, B_TIME)]
    made = side_by_side([plans[0].without({4: "cut off"}), plans[1].without({1: "gone"})], settings)
    assert [(bad.frame, bad.name, bad.error) for bad in made.bad_frames] == [
        (4, "a: frame 4", "cut off"), (1, "b: frame 1", "gone"),
    ]  # fmt: skip
    assert made.frames == 5


def test_what_is_drawn_of_all_sources():
    settings = t2v.VideoSettings(panels="sources", sync="frame")
    arrays = {"points": np.array([[0, 5.0, 5.0]])}
    made = side_by_side([plan(A_TIME, settings, arrays=arrays), plan(B_TIME, settings)], settings)
    assert [(each.kind, each.objects) for each in made.drawn] == [("points", 1)]
    assert not made.is_to_stabilise
    pytest.importorskip("skimage")
    assert planned(PLAIN, PLAIN, sync="frame", stabilise=True).is_to_stabilise
    assert made.encoder.has_colour


@pytest.mark.parametrize(("name", "title"), [("", "a{b}"), ("x {y}", "x {y}")])
def test_the_name_of_a_source_is_its_label(name, title):
    settings = t2v.VideoSettings(panels="sources", sync="frame", label="{name}: {{name}}")
    stack = dataclasses.replace(PLAIN, name="a{b}")
    titled = dataclasses.replace(settings, title="x", title_duration=3)
    made = plan(stack, titled, name=name)
    (text,) = made.picture.overlay.texts
    assert text.says.at(made.timeline[0]) == f"{title}: {{name}}"
    assert made.stack.name == title
    plain = plan(stack, dataclasses.replace(settings, label=None), name=name)
    (text,) = plain.picture.overlay.texts
    assert text.says.at(made.timeline[0]) == title
    own = made.settings
    assert (own.sync, own.panels, own.title, own.title_duration) == (None, None, None, None)
    assert (made.title_frames, own.panel_marks) == (0, "each")
    timed = dataclasses.replace(settings, sync="time", sync_interval=5)
    assert plan(stack, timed).settings.sync_interval is None


def of_channels(name, times=None, pixel=None):
    """A source of two channels and 3 frames."""
    stack = t2v.open_stack(np.zeros((3, 2, 40, 60), np.uint16), axes="TCYX")
    recorded = None if times is None else tuple(map(float, times))
    known = Calibration(pixel, "given" if pixel else "", None, "", recorded)
    return dataclasses.replace(stack, name=name).calibrated(known)


def test_rows_of_channels():
    stacks = [of_channels(name) for name in "ab"]
    made = planned(*stacks, panels="both", sync="frame", width=120)
    assert [panel.channels for panel in made.picture.panels] == [
        (0,), (1,), (0, 1), (2,), (3,), (2, 3),
    ]  # fmt: skip
    assert [panel.source for panel in made.picture.panels] == [0, 0, 0, 1, 1, 1]
    assert made.picture.mosaic.rows == (3, 3)
    assert (made.encoder.height, made.encoder.width) == made.picture.mosaic.size == (162, 364)
    flat = planned(*stacks, channel="all", sync="frame", width=120)
    assert flat.picture.mosaic.rows == (2,)
    assert [panel.channels for panel in flat.picture.panels] == [(0, 1), (2, 3)]
    assert [channel.name for channel in flat.stack.channels] == ["a", "a", "b", "b"]
    once = planned(*stacks, panels="both", frame_interval=5, timestamp=True, width=120, **ONCE)
    # The names of channel and source; of the merge, those of both channels.
    assert [texts for _, texts in drawn_on(once)] == [2, 2, 3, 2, 2, 3, 1]


def test_marks_of_rows_of_channels():
    """What the sources speak against is on each panel, and the rest once."""
    options = {"panels": "both", "sync": "frame", "width": 120, **ONCE}
    on_each = [3, 3, 4, 3, 3, 4]  # the names of channel and source, and a time or the length
    apart = [of_channels("a", [5, 15, 25]), of_channels("b", [3600, 3610, 3620])]
    made = planned(*apart, timestamp=True, **options)
    assert [texts for _, texts in drawn_on(made)] == [*on_each, 0]
    assert made.notes[1:] == (OWN_TIMES.format("; --sync time gives them one"),)
    clocks = [panel.picture.overlay.texts[0].says for panel in made.picture.panels]
    assert [clock.at(made.timeline.sources[n // 3][0]) for n, clock in enumerate(clocks)] == [
        *["5 s"] * 3, *["1:00:00 h"] * 3,
    ]  # fmt: skip
    sizes = [of_channels("a", [5, 15, 25], 0.5), of_channels("b", [5, 15, 25], 0.25)]
    made = planned(*sizes, timestamp=True, scale_bar=True, **options)
    assert drawn_on(made) == [*((1, texts) for texts in on_each), (0, 1)]
    assert [source.scale_bar_um for source in made.sources] == [5, 2]
    assert (made.scale_bar_um, made.scale) == (None, None)


def test_labels_of_channels_that_are_drawn_once():
    """All but those that name a channel."""
    for label, once in (("{name}", 1), ("{frame}", 1), ("{time}", 1), ("{channel}", 0)):
        settings = t2v.VideoSettings(panels="channels", panel_marks="once", label=label, width=120)
        made = plan(of_channels("a", [0, 1, 2]), settings)
        assert [texts for _, texts in drawn_on(made)] == [
            *(names + 1 - once for names in (1, 1, 2)), once,
        ]  # fmt: skip


def test_what_fits_into_all_panels_together_need_not_fit_into_one():
    """A title, and a label that is drawn once."""
    word = "x" * 30  # more than 120 px
    by_source = {"sync": "frame", "width": 120}
    channels = t2v.VideoSettings(panels="channels", width=120, title=word)
    assert planned(PLAIN, PLAIN, title=word, **by_source).title == word
    assert plan(of_channels("a"), channels).title == word
    once = planned(PLAIN, PLAIN, label=word, **by_source, **ONCE)
    assert drawn_on(once) == [(0, 0), (0, 0), (0, 1)]
    labelled = dataclasses.replace(channels, title=None, label=word, panel_marks="once")
    assert drawn_on(plan(of_channels("a"), labelled)) == [(0, 1), (0, 1), (0, 2), (0, 1)]
    for settings in (labelled, dataclasses.replace(labelled, panels="sources")):
        with pytest.raises(t2v.SourceError, match=r"^a: the label does not fit .* is 120x80;"):
            plan(of_channels("a"), dataclasses.replace(settings, panel_marks="each", channel="all"))
