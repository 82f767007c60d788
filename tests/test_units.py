"""Numbers as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

import napari_tif2video as t2v
from napari_tif2video.errors import describe, escaped
from napari_tif2video.units import (
    MAX_S,
    counted,
    decimal_fps,
    few_of,
    length_text,
    length_um,
    listed,
    pairs_text,
    percent,
    readable_duration,
    readable_size,
    size_text,
    time_s,
)

SHARES = [
    (0, "0 %"), (0.0000001, "0.00001 %"), (0.0057, "0.57 %"), (0.0349, "3.5 %"), (0.35, "35 %"),
    (0.996, "100 %"), (1, "100 %"),
]  # fmt: skip


@pytest.mark.parametrize(("share", "text"), SHARES)
def test_a_share_is_written_without_powers_of_ten(share, text):
    assert percent(share) == text


def test_one_is_no_plural():
    assert [counted(n, "frame") for n in (0, 1, 2)] == ["0 frames", "1 frame", "2 frames"]


TIMES = [
    ("5", 5), ("250us", 250e-6), ("250 ms", 0.25), ("5 s", 5), ("5sec", 5), ("5 min", 300),
    ("1.5h", 5400), ("1 h 30 min", 5400), ("2d", 172800), (".5e1 s", 5), ("+2e-3", 0.002), (5, 5),
    (timedelta(minutes=5), 300), ("1 h 1 min 1 s 1 ms 1 us 1 ns", 3661.001001001),
]  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), TIMES)
def test_times_as_people_write_them(text, seconds):
    assert t2v.VideoSettings(frame_interval=text).frame_interval == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5 3", "5 x", "h", "5 min 3 h", "5 s 5 s", "5 min 3", "- -5", "5 3 ms", True]
)
def test_what_is_no_time(text):
    with pytest.raises(t2v.SettingsError, match="frame_interval: expected a time such as 300"):
        t2v.VideoSettings(frame_interval=text)


LENGTHS_UM = {
    "m": 1e6, "cm": 1e4, "mm": 1e3, "nm": 1e-3, "pm": 1e-6,
    "in inch inches": 25400, "um µm μm \\u00B5m micron microns micrometer Micrometers": 1,
}  # fmt: skip
TIMES_S = {
    "d day days": 86400, "h hr hour hours": 3600, "min minute minutes": 60,
    "s sec second Seconds": 1, "ms msec": 1e-3, "us µs": 1e-6, "ns": 1e-9,
}  # fmt: skip


@pytest.mark.parametrize(("read", "units"), [(length_um, LENGTHS_UM), (time_s, TIMES_S)])
def test_units_as_programs_write_them(read, units):
    for names, size in units.items():
        for unit in names.split():
            assert read("2.5", f" {unit} ") == pytest.approx(2.5 * size)
    unit = min(" ".join(units).split(), key=len)
    assert read(0.25, unit) == read(1, unit) / 4
    for value, written in ((1, "parsec"), (1, ""), (0, unit), (-1, unit), ("x", unit)):
        assert read(value, written) is None
    for value in (None, True, float("inf"), float("nan"), 10**400):
        assert read(value, unit) is None


WRITTEN = [
    (readable_duration, {0: "0 s", 0.25: "0.25 s", 59.0: "59 s", 60.0: "1 min", 90.0: "90 s",
                         3600: "1 h", 5400: "90 min", 7200: "2 h"}),
    (readable_size, {999: "999B", 1000: "1kB", 999_999: "999.999kB", 10**6: "1MB",
                     1_500_000_000: "1.5GB", 1 << 20: "1MiB", 8 << 20: "8MiB", 2048: "2.048kB",
                     125 << 20: "125MiB", 10**9 - 1: "999.999999MB",
                     1024**2 * 10**6: "1048.576GB"}),
    (size_text, {20: "0.02 kB", 999_400: "999 kB", 999_600: "1 MB", 1_534_000: "1.53 MB",
                 999.6e6: "1 GB", 1234e9: "1230 GB"}),
    (length_text, {0.5: "500 nm", 0.3: "300 nm", 0.9999: "999.9 nm", 1: "1 µm", 999.9: "999.9 µm",
                   1000: "1 mm", 1500: "1.5 mm", 2e-4: "0.2 nm",
                   1.2345678e-7: "0.0001234568 nm", 999.99999: "1 mm", 1e10: "10000000 mm"}),
    (decimal_fps, {10: "10", 29.97: "29.97", 30000 / 1001: "29.97", 0.5: "0.5", 100: "100"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("write", "texts"), WRITTEN, ids=lambda value: getattr(value, "__name__", "")
)
def test_numbers_get_the_unit_that_fits(write, texts):
    assert {number: write(number) for number in texts} == texts


def test_lists_of_names_and_limits():
    names = ["a", "b", "c"]
    assert [few_of(names, most) for most in (1, 2, 3, 4)] == [
        "a and 2 more", "a, b and 1 more", "a, b, c", "a, b, c",
    ]  # fmt: skip
    assert [listed(names, most) for most in (2, 3, 4)] == ["a, ... c", "a, b, c", "a, b, c"]
    assert listed([*names, "d"], 3) == "a, b, ... d"
    assert pairs_text([(1.0, 2.5), (0.1, 12345678901.0)]) == "1 2.5, 0.1 1.23456789e+10"
    assert [size_text(1_234_567, digits) for digits in (2, 3)] == ["1.2 MB", "1.23 MB"]


SIZES = {
    "1000": 1000, "1000B": 1000, "2kB": 2000, "1.5MB": 1_500_000, "3GB": 3 * 10**9,
    "1KiB": 1024, "2 MiB": 2 * 1024**2, "1gib": None, "1GiB": 1024**3, "999": None,
}  # fmt: skip


@pytest.mark.parametrize(("text", "nbytes"), SIZES.items())
def test_sizes_as_people_write_them(text, nbytes):
    if nbytes is None:
        with pytest.raises(t2v.SettingsError, match=r"^max_size: "):
            t2v.VideoSettings(max_size=text)
    else:
        assert t2v.VideoSettings(max_size=text).max_size == nbytes


def test_times_have_limits():
    assert MAX_S == 31_557_600_000  # a thousand years of 365.25 days

    def taken(name, value):
        return getattr(t2v.VideoSettings(**{name: value}), name)

    for value in (MAX_S, 1e-9, "1e-9"):
        assert taken("frame_interval", value) == float(value)
    for value in (-MAX_S, 0, MAX_S, "-1h 30min"):
        assert taken("time_start", value) == (-5400 if isinstance(value, str) else value)
    for name, value in (("frame_interval", 1.001 * MAX_S), ("time_start", -1.001 * MAX_S)):
        with pytest.raises(t2v.SettingsError, match=f"{name}: .* is more than a thousand years"):
            taken(name, value)
    for value in (0, -1, "-5min"):
        with pytest.raises(t2v.SettingsError, match="frame_interval: must be more than 0"):
            taken("frame_interval", value)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (t2v.SourceError("a\n b"), "a b"),
        (t2v.SourceError(""), ""),
        (KeyError("a"), "unexpected KeyError: 'a'"),
        (ValueError(), "unexpected ValueError"),
        (
            MemoryError(),
            "there is not enough memory; use fewer workers, or a smaller crop or width",
        ),
        (
            MemoryError("5 GB"),
            "there is not enough memory (5 GB); use fewer workers, or a smaller crop or width",
        ),
        (t2v.SourceError("µ\x1b"), "µ\\x1b"),
        (t2v.SourceError("\x1b[1m\u202e"), "\\x1b[1m\\u202e"),
        (t2v.SourceError("a\u00a0b\u2003\u200b"), "a b \\u200b"),
    ],
)
def test_any_error_is_one_line(error, line):
    assert describe(error) == line


def test_spaces_of_any_kind_are_shown_and_controls_are_not():
    assert escaped("µ\u00a0\u2003\x07\u200b\t") == "µ\u00a0\u2003\\x07\\u200b\\t"
