"""The rate factor, width and palette that fit, with an encoder that only tells sizes."""

from __future__ import annotations

import math
from types import SimpleNamespace

import dask
import dask.array
import numpy as np
import pytest
from helpers.frames import noise
from helpers.planning import planned

import napari_tif2video as t2v
from napari_tif2video.overlays import title_card
from napari_tif2video.pipeline import fit


class Tried:
    """A run whose encoder makes so many bytes of a segment, and an error, at each rate factor."""

    key = phase = None

    def __init__(self, monkeypatch, nbytes, error=lambda rate: 1.0):
        self.rates, self.spans, self.expected, self.sizes = [], [], [], []

        def tasks(made, limits, run, chosen):
            rate = made.encoder.crf
            self.rates.append(rate)
            self.sizes.append((made.encoder.height, made.encoder.width))
            assert made.picture.size == self.sizes[-1]
            is_bare = made.encoder.width < 500 or not made.settings.label
            assert (made.picture.overlay is None) == is_bare
            self.spans.append(chosen)
            packet = SimpleNamespace(data=bytes(round(nbytes(rate))))
            return [
                SimpleNamespace(
                    encoded=SimpleNamespace(packets=[packet], squared_error=error(rate) * len(span))
                )
                for span in chosen
            ]

        monkeypatch.setattr(fit, "encode_tasks", tasks)

    def expect(self, count):
        self.expected.append(count)

    def compute(self, tasks, steps):
        assert steps == self.expected[-1]
        assert self.phase == "trying"
        return tasks


def sized(count, max_size, **options):
    return planned(np.zeros((count, 16, 100), np.uint16), max_size=max_size, **options)


def test_the_quality_is_kept_where_it_fits(monkeypatch):
    made = sized(60, 200_000)
    asked = made.encoder.codec.rate(made.settings.quality)
    # 60 frames are tried as a whole: 2 segments, 2,000 bytes for the file and 24 for a frame.
    fitting = (200_000 * 0.998 - 2000 - 60 * 24) / 2
    run = Tried(monkeypatch, lambda rate: math.floor(fitting))
    found = fit.with_rate(made, None, run)
    assert (found.encoder.crf, run.rates, run.expected) == (asked, [asked], [120])
    assert found.encoder.is_compared
    assert run.spans == [[range(50), range(50, 60)]]
    run = Tried(monkeypatch, lambda rate: fitting + 2 - (rate > asked) * 100)
    found = fit.with_rate(made, None, run)
    assert (found.encoder.crf, run.rates) == (asked + 1, [asked, asked + 1])
    plain = planned(np.zeros((3, 16, 100), np.uint16))
    assert fit.with_rate(plain, None, None) is plain


def test_a_long_video_is_tried_on_three_segments(monkeypatch):
    made = sized(305, 500_000)
    fitting = ((500_000 * 0.97 - 2000) / 305 - 24) * 50
    run = Tried(monkeypatch, lambda rate: math.floor(fitting))
    found = fit.with_rate(made, None, run)
    assert len(run.rates) == 1
    assert run.spans == [[range(50), range(100, 150), range(250, 300)]]
    assert run.expected == [2 * 150]
    run = Tried(monkeypatch, lambda rate: math.ceil(fitting) - (rate > run.rates[0]))
    assert fit.with_rate(made, None, run).encoder.crf == found.encoder.crf + 1


@pytest.mark.parametrize("count", [120, 150, 151])
def test_up_to_three_segments_are_tried_as_a_whole(monkeypatch, count):
    run = Tried(monkeypatch, lambda rate: 1000)
    fit.with_rate(sized(count, 500_000), None, run)
    last = range(100, min(count, 150))
    assert run.spans == [[range(50), range(50, 100), last]]


@pytest.mark.parametrize("halves_in", [2.0, 6.0, 9.5])
@pytest.mark.parametrize("factor", [1.3, 4.0, 30.0])
def test_the_lowest_rate_factor_that_fits_is_found(monkeypatch, halves_in, factor):
    """Sizes that fall exponentially are found in a few trials, however fast they fall."""
    made = sized(48, 400_000)
    asked = made.encoder.codec.rate(made.settings.quality)
    room = 400_000 * 0.998 - 2000 - 48 * 24

    def nbytes(rate):
        return room * factor * 2 ** (-(rate - asked) / halves_in)

    wanted = asked + math.ceil(math.log2(factor) * halves_in)
    run = Tried(monkeypatch, nbytes)
    if wanted > made.encoder.codec.crf_range[1]:
        with pytest.raises(t2v.SourceError):
            fit.with_rate(made, None, run)
        return
    assert fit.with_rate(made, None, run).encoder.crf == wanted
    assert len(run.rates) <= 7


def test_a_size_that_cannot_be_kept(monkeypatch):
    made = sized(48, 60_000)
    run = Tried(monkeypatch, lambda rate: 1000, lambda rate: 65.1)
    assert fit.with_rate(made, None, run).encoder.crf == run.rates[0]  # nothing was lowered
    asked = run.rates[0]
    spoilt = Tried(monkeypatch, lambda rate: 90_000 if rate == asked else 50_000, lambda r: 65.1)
    with pytest.raises(t2v.SourceError) as caught:
        fit.with_rate(made, None, spoilt)
    assert str(caught.value) == (
        "array: 60kB are too few for 48 frames of 500x80 (it would take 30 dB, and below 30 dB "
        "pictures are spoilt); show fewer frames"
    )
    bearable = Tried(monkeypatch, lambda rate: 90_000 if rate == asked else 50_000, lambda r: 65.0)
    assert fit.with_rate(made, None, bearable).encoder.crf == asked + 1
    for rate, reached, is_spoilt in ((asked, 1, False), (asked + 1, 29.9, True), (30, 30, False)):
        assert fit.is_spoilt(made, rate, reached) == is_spoilt


def test_what_is_tried_one_after_the_other(monkeypatch):
    """H.264 halves in six steps; after two that fit in a row, what is left is halved."""
    made = sized(50, 60_000)
    asked = made.encoder.codec.rate(made.settings.quality)
    room = 60_000 * 0.998 - 2000 - 50 * 24

    def steps(nbytes):
        run = Tried(monkeypatch, nbytes)
        try:
            found = fit.with_rate(made, None, run).encoder.crf - asked
        except t2v.SourceError:
            found = None
        return found, [
            rate - asked
            for rate, (_, width) in zip(run.rates, run.sizes, strict=True)
            if width == 500
        ]

    # Four times too large, and it fits all of a sudden.
    large = 60_000 * 0.998 * 4 - 2000 - 50 * 24
    assert steps(lambda rate: large if rate < asked + 2 else room * 0.9) == (
        2,
        [0, 12, 11, 5, 4, 2, 1],
    )
    highest = made.encoder.codec.crf_range[1] - asked
    assert steps(lambda rate: large) == (None, [0, 12, 24, highest])
    # Nothing comes closer, but the size itself is kept, to the byte.
    assert steps(lambda rate: 56_800) == (6, list(range(7)))
    assert steps(lambda rate: 56_801) == (None, list(range(7)))


def test_smaller_widths_down_to_the_least(monkeypatch):
    """They are tried from the quality on that was asked for, whatever the larger picture had."""
    frames = np.zeros((10, 16, 100), np.uint16)
    made = planned(frames, max_size=60_000, width=200)
    asked, highest = made.encoder.codec.rate(made.settings.quality), made.encoder.codec.crf_range[1]
    for widest, said in ((140, "width 140 would fit"), (100, "width 100 would fit"),
                         (99, "show fewer frames")):  # fmt: skip
        run = Tried(monkeypatch, lambda rate: 50)
        shown = run.sizes

        def psnr_db(_, shown=shown, widest=widest):
            return 30.0 if shown[-1][1] <= widest else 29.99

        monkeypatch.setattr(fit, "psnr_db", psnr_db)
        with pytest.raises(t2v.SourceError, match=rf"; {said}$"):
            fit.higher_rate(fit._at_rate(made, highest), 99_801, None, run)
        widths = [140, 100] if widest < 140 else [140]
        assert run.sizes == [(width * 16 // 100 // 2 * 2, width) for width in widths]
        assert run.rates == [asked] * len(widths)

    flat = planned(np.zeros((10, 20, 400)), max_size=60_000, width="full", codec="h265")
    run = Tried(monkeypatch, lambda rate: 50)
    with pytest.raises(t2v.SourceError, match=r"; show fewer frames$"):  # 14 px are too flat for it
        fit.higher_rate(fit._at_rate(flat, highest), 99_801, None, run)
    assert run.sizes == []


def test_pictures_side_by_side_become_smaller_together():
    def picture(width):
        options = {"panels": "channels", "label": "all"}
        return planned(noise((3, 2, 24, 40)), axes="TCYX", width=width, **options).picture

    found, wanted = fit._of_width(picture(400), 200), picture(200)
    assert found.mosaic == wanted.mosaic
    assert found.size == wanted.size == (120, 200)
    assert [p.picture.size for p in found.panels] == [(120, 200)] * 3
    assert [p.picture.overlay for p in found.panels] == [None] * 3
    assert None not in [p.picture.overlay for p in wanted.panels]


def test_another_try_after_a_file_that_is_too_large(monkeypatch):
    made = fit._at_rate(sized(48, 100_000), 30)
    codec, room = made.encoder.codec, 99_800
    for steps in (1, 3):
        nbytes = room * 2 ** (steps / codec.doubling)
        assert fit.higher_rate(made, nbytes * 0.999, None, None).encoder.crf == 30 + steps
        assert fit.higher_rate(made, nbytes * 1.001, None, None).encoder.crf == 31 + steps
    assert fit.higher_rate(made, 99_801, None, None).encoder.crf == 31
    highest = codec.crf_range[1]
    last = fit._at_rate(made, highest - 1)
    assert fit.higher_rate(last, 10**9, None, None).encoder.crf == highest
    monkeypatch.setattr(fit, "_SMALLER_SHARES", ())
    with pytest.raises(t2v.SourceError) as caught:
        fit.higher_rate(fit._at_rate(made, highest), 99_801, None, None)
    assert str(caught.value) == (
        "array: 100kB are too few for 48 frames of 500x80 (below 30 dB pictures are spoilt); show "
        "fewer frames"
    )


@pytest.mark.parametrize(
    ("widest", "said", "last"),
    [(250, "width 250 would fit", (166, 250)), (349, "width 250 would fit", (166, 250)),
     (350, "width 350 would fit", (234, 350)), (174, "width 174 would fit", (116, 174)),
     (124, "width 124 would fit", (82, 124)), (123, "show fewer frames", (82, 124))],
)  # fmt: skip
def test_the_width_that_would_fit_is_tried(monkeypatch, widest, said, last):
    made = planned(np.zeros((48, 200, 300), np.uint16), max_size=60_000, label="bare")
    asked = made.encoder.codec.rate(made.settings.quality)
    run = Tried(
        monkeypatch,
        lambda rate: 90_000 if rate == asked else 50_000,
        lambda rate: 66.0 if run.sizes[-1][1] > widest else 1.0,
    )
    with pytest.raises(t2v.SourceError) as caught:
        fit.with_rate(made, None, run)
    assert str(caught.value) == (
        "array: 60kB are too few for 48 frames of 500x334 (it would take 30 dB, and below 30 dB "
        f"pictures are spoilt); {said}"
    )
    assert run.sizes[-1] == last
    widths = list(dict.fromkeys(width for _, width in run.sizes))
    assert widths == [w for w in (500, 350, 250, 174, 124) if w >= last[1]]


class Looked:
    """A run that does its tasks here."""

    key, phase = "none", None

    def expect(self, count):
        self.expected = count

    def compute(self, tasks, steps):
        assert (self.phase, steps) == ("trying", self.expected)
        self.found = list(dask.compute(*tasks, scheduler="sync"))
        return self.found


@pytest.mark.parametrize(("count", "size", "stride"), [(3, 24, 1), (40, 100, 2)])
def test_the_pictures_that_a_palette_is_made_of(count, size, stride):
    frames = noise((count, size, 400, 3), high=255, dtype=np.uint8)
    options = {"codec": "gif", "width": "full"}
    made = planned(frames, contrast="local", **options)
    run = Looked()
    found = fit.with_palette(made, None, run)
    chosen = np.rint(np.linspace(0, count - 1, min(count, 32))).astype(int)
    assert len(run.found) == run.expected == len(chosen)
    for number, picture in zip(chosen, run.found, strict=True):
        own = t2v.render_frame(frames, number, contrast="local", **options)
        np.testing.assert_array_equal(picture, own[::stride, ::stride])
    assert (len(found.encoder.palette), found.encoder.dithers) == (768, True)
    assert fit.with_palette(found, None, None) is found  # it has one
    plain = planned(frames, contrast="local")
    assert fit.with_palette(plain, None, None) is plain  # it needs none
    grey = planned(frames[..., 0], contrast="local", codec="gif")
    assert fit.with_palette(grey, None, None) is grey
    titled = planned(frames, contrast="local", title="i", **options)
    fit.with_palette(titled, (((0.0, 5.0),),), run)
    assert len(run.found) == len(chosen) + 1
    card = run.found.pop()
    written = title_card("i", (size, 400))[::stride, ::stride]
    assert written.any()
    np.testing.assert_array_equal(card, np.dstack([written] * 3))
    assert (run.found[0][frames[0, ::stride, ::stride] >= 5] == 255).all()
