"""What names tell without any file: the whole grid, its order, and each word of what is said."""

from __future__ import annotations

import random
from itertools import product

import pytest

import napari_tif2video as t2v
from napari_tif2video.data import axes_of_names, find_gaps, folders_are_axes, natural_key

STAINS = ("DAPI", "GFP")


def names_of(pattern, *values):
    """Names of all combinations, the last one fastest."""
    return [f"{pattern}.tif".format(*place) for place in product(*values)]


def told(names):
    """What names tell, in any order; a text where they are refused."""
    shuffled = random.Random(1).sample(names, len(names))
    found, again = in_short(shuffled), in_short(shuffled[::-1])
    assert found == again
    return found


def in_short(names):
    try:
        found = axes_of_names(names, "folder")
    except t2v.SourceError as exc:
        return str(exc)
    if found.positions:
        assert (found.sizes, found.names) == ((), ())
        return {called: tuple(sorted(files)) for called, files in found.positions}
    return found.sizes, list(found.names), found.channels, found.notes, found.meaning


def time(names, *notes, meaning="T"):
    return (("T", len(names)),), names, (), notes, meaning


def test_the_natural_order():
    ordered = [
        "a", "a0", "a00", "A1", "a01", "a1", "a2b", "a09", "a9", "a10", "a10 b1", "a10 b2",
        "a10 b10", "a!", "ab1",
    ]  # fmt: skip
    assert sorted(random.Random(1).sample(ordered, len(ordered)), key=natural_key) == ordered


TIMES = {
    "points around": names_of("t1.5_t{}.5", (9, 10, 11)),
    "hours of days": names_of("2024_01_{}_{}", ("01", "31"), ("00", "09", "23")),
    "minutes of hours": names_of("2024-01-31 {}.{}", ("00", "23"), ("00", "59")),
    "seconds of minutes": names_of("2024_01_31_23_{}_{}", ("00", "59"), ("00", "59")),
    "months": names_of("x_{}_{}_1", (1900, 2100), (1, 12)),
    "days": names_of("x_2000_{}_{}", (9, 10), (1, 31)),
    "date, hour and minute": names_of("{}_{}", ("20240101", "20240102"), ("0000", "0100", "2359")),
    "date and seconds": names_of("{}-{}", ("19990101", "20991231"), ("000000", "235959")),
    "date and an hour": names_of("{}_{}", ("20240101", "20240102"), ("0000", "0100")),
    "T between": names_of("2024-01-{}T{}", ("01", "31"), ("00", "23")),
    "days and hours": names_of("{}d{}h", ("00", "01"), ("00", "23")),
    "hours, minutes, seconds": names_of("a_{}h_{}m-{}s", (9, 10), (5, 30), (0, 1)),
    "decimals": names_of("a_{}.{}h", (0, 1), (0, 25)),
    "minutes and seconds": names_of("{}min{}sec", (1, 12), (3, 4)),
    "durations behind a number": names_of("x1_{}h{}m", (1, 2), (3, 4)),
    "a space between": names_of("{}h {}m", (1, 2), (3, 4)),
    "seconds that stay": names_of("{}h{}m00s", (1, 2), (3, 4)),
    "units by their letters": names_of("{}days{}hrs-{}mins_{}secs", (1, 2), (3,), (4, 5), (6,)),
    "a date behind a number": names_of("7-20240{}03_{}", (1, 2), ("0900", "1000")),
    "a date in words": names_of("2024-{}-{}, {}:{}", ("01", "02"), ("03",), ("05", "06"), ("07",)),
    "t between": names_of("2024-01-{}_t_{}", ("03", "04"), ("05", "06")),
    "decimals of a time": ["t9.25.tif", "t9.5.tif", "t9.75.tif", "t10.5.tif"],
    "decimals with a unit": names_of("t{}.{}s", (0, 1), (0, 5)),
    "durations behind others": names_of("1h2m_x{}h{}m", (1, 2), (3, 4)),
    "times like lasers": names_of("t{}", (405, 488, 561)),
    "time and milliseconds": [f"t{t}_{5 * t}ms.tif" for t in (0, 1, 10)],
}


@pytest.mark.parametrize("names", TIMES.values(), ids=TIMES)
def test_times(names):
    assert told(names) == time(names)


DAYS = ("20240101", "20240102")
DAY = "20240101, 20240102"
#: A pattern, the values of its two fields, what they are called, and which are asked for.
UNCLEAR = {
    "counters of days": ("{}_{}", DAYS, ("0000", "0059"), f"{DAY}; 0000, 0059", DAY, "20240101_*"),
    "minute 60": ("{}_{}", DAYS, ("0000", "2360"), f"{DAY}; 0000, 2360", DAY, "20240101_*"),
    "second 60": ("{}_{}", DAYS, ("000000", "235960"), f"{DAY}; 000000, 235960", DAY, "20240101_*"),
    "month 13 of a date": (
        "{}_{}", ("20240101", "20241302"), ("000000", "235900"),
        "20240101, 20241302; 000000, 235900", "20240101, 20241302", "20240101_*",
    ),
    "year 1899": (
        "x_{}_{}_1", (1899, 2000), (1, 12), "x_1899, x_2000; 1, 12", "x_1899, x_2000", "x_1899_*_1",
    ),
    "year 2101": (
        "x_{}_{}_1", (1999, 2101), (1, 12), "x_1999, x_2101; 1, 12", "x_1999, x_2101", "x_1999_*_1",
    ),
    "month 0": ("x_2000_{}_{}", (0, 1), (1, 2), "0, 1; 1, 2", "0, 1", "x_2000_0_*"),
    "month 13": ("x_2000_{}_{}", (1, 13), (1, 2), "1, 13; 1, 2", "1, 13", "x_2000_1_*"),
    "day 0": ("x_2000_{}_{}", (1, 2), (0, 2), "1, 2; 0, 2", "1, 2", "x_2000_1_*"),
    "day 32": ("x_2000_{}_{}", (1, 2), (1, 32), "1, 2; 1, 32", "1, 2", "x_2000_1_*"),
    "hour 24": (
        "2024_01_{}_{}", ("01", "31"), ("00", "24"), "01, 31; 00, 24", "01, 31", "2024_01_01_*",
    ),
    "one digit": (
        "2024_01_{}_{}", ("01", "31"), ("0", "9"), "01, 31; 0, 9", "01, 31", "2024_01_01_*",
    ),
    "minute 60 alone": (
        "2024_01_31_{}_{}", ("00", "23"), ("00", "60"), "00, 23; 00, 60", "00, 23",
        "2024_01_31_00_*",
    ),
    "second 60 alone": (
        "2024_01_31_00_{}_{}", ("00", "23"), ("00", "60"), "00, 23; 00, 60", "00, 23",
        "2024_01_31_00_00_*",
    ),
    "thirds": (
        "2024_01_31_00_00_{}_{}", ("00", "23"), ("00", "10"), "00, 23; 00, 10", "00, 23",
        "2024_01_31_00_00_00_*",
    ),
    "days behind hours": ("{}h{}d", (0, 1), (1, 2), "0, 1; h1, h2", "0, 1", "0h*d"),
    "a unit twice": ("{}m{}m", (0, 1), (1, 2), "0, 1; m1, m2", "0, 1", "0m*m"),
    "a word between": ("{}h-x{}m", (0, 1), (1, 2), "0, 1; x1, x2", "0, 1", "0h-x*m"),
    "a number between": ("{}h_7_{}m", (1, 2), (3, 4), "1, 2; 3, 4", "1, 2", "1h_7_*m"),
    "a point between": ("{}h.{}m", (1, 2), (3, 4), "1, 2; 3, 4", "1, 2", "1h.*m"),
    "minutes before hours": ("{}m_{}h", (1, 2), (3, 4), "1, 2; m_3, m_4", "1, 2", "1m_*h"),
    "a number that is no duration": ("{}x{}h", (1, 2), (3, 4), "1, 2; x3, x4", "1, 2", "1x*h"),
    "units that stand apart": (
        "{}_mins{}_secs", (1, 2), (3, 4), "1, 2; mins3, mins4", "1, 2", "1_mins*_secs",
    ),
    "a time of seconds and one more": (
        "20240103_{}_{}", ("000000", "235959"), (1, 2), "000000, 235959; 1, 2", "000000, 235959",
        "20240103_000000_*",
    ),
    "hour 24 in between": (
        "2024_01_{}_24_{}_10", ("01", "31"), ("10", "20"), "01, 31; 10, 20", "01, 31",
        "2024_01_01_24_*_10",
    ),
    "a point behind words": (
        "{}.{}h", ("ab", "cd"), (1, 2), "ab, cd; 1, 2", "ab, cd", "ab.*h",
    ),
    "wavelengths behind letters": (
        "{}{}", "AB", ("405nm", "488nm"), "A, B; 405nm, 488nm", "A, B", "A*",
    ),
    "no hours": ("{}_h_{}", (0, 1), (1, 2), "0, 1; h_1, h_2", "0, 1", "0_h_*"),
    "x between": (
        "2024-01-{}x{}", ("03", "04"), (5, 6), "03, 04; x5, x6", "03, 04", "2024-01-03x*",
    ),
    "three lines between": (
        "2024-01-{}---{}", ("03", "04"), ("05", "06"), "03, 04; 05, 06", "03, 04", "2024-01-03---*",
    ),
    "one and two digits": (
        "2024_01_{}_{}", ("01", "31"), ("0", "10"), "01, 31; 0, 10", "01, 31", "2024_01_01_*",
    ),
    "a year and a month": (
        "{}_{}", (2000, 2001), (1, 2), "2000, 2001; 1, 2", "2000, 2001", "2000_*",
    ),
    "two dates": (
        "20240{}03_20250{}03", (1, 2), (3, 4), "20240103, 20240203; 20250303, 20250403",
        "20240103, 20240203", "20240103_*",
    ),
    "a counter and one more": (
        "20240103_{}_{}", ("0001", "0099"), (1, 2), "0001, 0099; 1, 2", "0001, 0099",
        "20240103_0001_*",
    ),
    "a time and one more": (
        "20240103_{}_{}", ("0001", "0100"), (1, 2), "0001, 0100; 1, 2", "0001, 0100",
        "20240103_0001_*",
    ),
    "a point behind a word": ("t{}x.{}", (0, 1), (0, 5), "t0, t1; 0, 5", "0, 5", "t*x.0"),
    "a number before wells": ("x1{}{}", "AB", (1, 24), "A, B; 1, 24", "A, B", "x1A*"),
    "a line inside wells": ("{}_{}", "ab", (1, 2), "a, b; 1, 2", "a, b", "a_*"),
    "a line inside a well": ("A-{}_{}", (1, 2), (0, 1), "A-1, A-2; 0, 1", "A-1, A-2", "A-1_*"),
    "words that are no unit": (
        "{}{}", (1, 2, 3), ("h", "x"), "1, 2, 3; h, x", "h, x", "*h",
    ),
    "decimals of nothing": ("a_{}.{}", (0, 1), (0, 25), "a_0, a_1; 0, 25", "a_0, a_1", "a_0.*"),
    "column 25": ("{}{}", "AP", (1, 25), "A, P; 1, 25", "A, P", "A*"),
    "column 0": ("{}{}", "AP", (0, 24), "A, P; 0, 24", "A, P", "A*"),
    "row Q": ("{}{}", "AQ", (1, 24), "A, Q; 1, 24", "A, Q", "A*"),
    "a letter before": ("x{}{}", "AP", (1, 24), "xA, xP; 1, 24", "xA, xP", "xA*"),
    "a single row, column 25": ("a{}_{}", (1, 25), (0, 1), "a1, a25; 0, 1", "a1, a25", "a1_*"),
    "a single row, column 0": ("a{}_{}", (0, 24), (0, 1), "a0, a24; 0, 1", "a0, a24", "a0_*"),
    "a single row q": ("q{}_{}", (1, 24), (0, 1), "q1, q24; 0, 1", "q1, q24", "q1_*"),
    "words behind chan": ("chan {}_{}", "xy", (0, 1), "x, y; 0, 1", "x, y", "chan x_*"),
    "no line of a laser": ("{}_{}", (405, 489), (0, 1), "405, 489; 0, 1", "405, 489", "405_*"),
    "numbers behind a stain": (
        "GFP{}_t{}", (2, 10), (0, 1), "GFP2, GFP10; t0, t1", "GFP2, GFP10", "GFP2_t*",
    ),
    "channels twice": (
        "c{}_ch{}", (0, 1), (0, 1, 2), "c0, c1; ch0, ch1, ch2", "c0, c1", "c0_ch*",
    ),
    "slices twice": ("z{}_z{}", (0, 1, 2), (0, 1), "z0, z1, z2; z0, z1", "z0, z1", "z*_z0"),
    "time and another number": (
        "t{}_x{}", range(5), range(3), "t0, t1, t2, ... t4; x0, x1, x2", "x0, ... x2", "t*_x0",
    ),
    "words of channels": (
        "{}_c{}", ("one", "two"), (0, 1), "one, two; c0, c1", "one, two", "one_c*",
    ),
    "numbers before words": ("{}{}", (1, 10), ("ab", "b"), "1, 10; ab, b", "1, 10", "1[!0-9]*"),
    "words before numbers": ("{}{}", ("x", "xy"), (1, 10), "x, xy; 1, 10", "x, xy", "x[0-9]*"),
    "numbers and words": (
        "{}_{}", range(3), ("ab", "cd"), "0, 1, 2; ab, cd", "ab, cd", "*_ab",
    ),
    "a coarser number that is no time": (
        "{}_q{}", range(6), range(2), "0, 1, 2, ... 5; q0, q1", "q0, q1", "*_q0",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "first", "second", "ways", "unclear", "typed"), UNCLEAR.values(), ids=UNCLEAR
)
def test_what_is_asked_of_two_fields(pattern, first, second, ways, unclear, typed):
    assert told(names_of(pattern, first, second)) == (
        f"folder: the names of its files differ in 2 ways: {ways}; whether {unclear} are series, "
        f"channels or times cannot be told; choose one with --match '{typed}.tif'"
    )


POSITIONS = {
    "wells": (names_of("{}{}", "AP", (1, 24)), "A1, A24, P1, P24"),
    "wells behind a line": (names_of("x_{}{}", "ap", (1, 24)), "a1, a24, p1, p24"),
    "rows and columns": (names_of("r{}c{}", (1, 2), (1, 10)), "r1c1, r1c10, r2c1, r2c10"),
    "columns of two rows": (["A2.tif", "A10.tif", "B2.tif"], "A2, A10, B2"),
    "wells in front": (names_of("{}{}_x", "AB", (1, 2)), "A1, A2, B1, B2"),
    "rows and columns apart": (names_of("r{}_c{}", (1, 2), (1, 3)), "r1_c1, r1_c3, r2_c1, r2_c3"),
    "rows and columns in front": (names_of("r{}C{}_x", (1, 2), (1, 3)), "r1C1, r1C3, r2C1, r2C3"),
    "as many as are told": (
        names_of("{}{}", "AB", range(1, 7)),
        "A1, A2, A3, A4, A5, A6, B1, B2, B3, B4, B5, B6",
    ),
    "more than are told": (
        names_of("{}{}", "AB", range(1, 8)),
        "A1, A2, A3, A4, A5, A6, A7, B1, B2, B3, B4, ... B7",
    ),
}


@pytest.mark.parametrize(("names", "listed"), POSITIONS.values(), ids=POSITIONS)
def test_positions_alone_are_played_and_said(names, listed):
    said = f"its {len(names)} positions are played: {listed}; --match chooses"
    assert told(names) == time(names, said, meaning="P")


def test_positions_of_time_points():
    for first, second, pattern in (
        ("r1c1", "r2c3", "x_{}_t{}"),
        ("A1", "B1", "{}_t{}"),
        ("a1", "a24", "{}_{}"),
        ("pos2", "pos10", "{}_t{}"),
    ):
        found = told(names_of(pattern, (first, second), (0, 1)))
        assert found == {p: tuple(names_of(pattern, [p], (0, 1))) for p in (first, second)}
        assert list(found) == [first, second]
    rows = told(names_of("x_r{}c{}_t{}", (1, 2), (1, 3), (0, 1)))
    assert list(rows) == ["r1c1", "r1c3", "r2c1", "r2c3"]
    columns = told(names_of("xr{}c{}_t{}", (1, 2), (1, 3), (0, 1)))
    assert list(columns) == ["c1", "c3"]  # a word that ends with r is no row
    assert list(told(names_of("r{}d{}_t{}", (1, 2), (1, 3), (0, 1)))) == ["r1", "r2"]
    assert list(told(names_of("r{}c_t{}", (1, 3), (0, 1)))) == ["r1", "r3"]
    sites = told(names_of("well{}_site{}_t{}", (2, 10), (0, 1), (0, 1)))
    assert list(sites) == ["well2 site0", "well2 site1", "well10 site0", "well10 site1"]
    assert sites["well10 site0"] == ("well10_site0_t0.tif", "well10_site0_t1.tif")


#: Pattern, channels, times, what the channels are called.
CHANNELS = {
    "stains": ("_{1}_t{0}", STAINS, (0, 10), STAINS),
    "words behind channel": ("channel {1}_t{0}", ("x", "y"), (0, 1), ("x", "y")),
    "lasers": ("{1}_t{0}", (405, 488), (0, 1), ("405nm", "488nm")),
    "two words and one": ("{1}_t{0}", ("Cy5 far", "DAPI"), (1, 2), ("Cy5 far", "DAPI")),
    "numbers and stains": ("{1}_t{0}", ("w1DAPI", "w2GFP"), (0, 1), STAINS),
    "numbers and one stain": ("{1}_t{0}", ("w1DAPI", "w2DAPI"), (0, 1), ("w1", "w2")),
    "numbers alone": ("{1}_t{0}", ("w1", "w2"), (0, 1), ("w1", "w2")),
    "the order is that of numbers": (
        "{1}_t{0}", ("ch9_GFP", "ch10_DAPI"), (0, 1), ("GFP", "DAPI"),
    ),
    "numbers behind stains": ("{1}_t{0}", ("GFP_ch9", "DAPI_ch10"), (0, 1), ("GFP", "DAPI")),
    "numbers before two words": (
        "{1}_t{0}", ("w1Cy5 far", "w2DAPI"), (0, 1), ("Cy5 far", "DAPI"),
    ),
    "numbers beside stains": ("{1}_t{0}", ("2_DAPI", "1_GFP"), (0, 1), STAINS),
    "numbered from 1": ("t{0}_{1}", ("c1", "c2"), (0, 1), ("c1", "c2")),
    "numbers in words": (
        "{1}_t{0}", ("DAPI", "far 9", "far 10"), (0, 1), ("DAPI", "far 9", "far 10"),
    ),
    "a number before nothing": ("{1}_t{0}", ("w1", "w2DAPI"), (0, 1), ("w1", "w2DAPI")),
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "fields", "t", "called"), CHANNELS.values(), ids=CHANNELS)
def test_channels_of_time_points(pattern, fields, t, called):
    names = names_of(pattern, t, fields)
    assert told(names) == ((("T", 2), ("C", len(called))), names, called, (), "T")


THROUGH = "its files are numbered through, channel by channel"
GRIDS = {
    "a number is time": (
        names_of("{0}_{1}", (8, 9, 10, 11, 12), STAINS),
        (("T", 5), ("C", 2)), STAINS, "8, 9, 10, ... 12 are taken for points in time", "",
    ),
    "slices": (names_of("t{}_z{}", (0, 1), (9, 10)), (("T", 2), ("Z", 2)), (), "", "T"),
    "channels first": (
        names_of("t{0}_{1}_z{2}", (0, 1), STAINS, (9, 10, 11)),
        (("T", 2), ("C", 2), ("Z", 3)), STAINS, "", "T",
    ),
    "a number through all": (
        [f"{i:04}_t{i // 2}_c{i % 2}.tif" for i in range(6)],
        (("T", 3), ("C", 2)), ("c0", "c1"), "", "T",
    ),
    "as many stamps as time points": (
        ["10_t0_DAPI.tif", "11_t0_GFP.tif", "11_t1_DAPI.tif", "11_t1_GFP.tif"],
        (("T", 2), ("C", 2)), STAINS, "", "T",
    ),
    "stamps of all": (
        [f"{1000 + 7 * t + c}_t{t}_{STAINS[c]}.tif" for t in range(3) for c in range(2)],
        (("T", 3), ("C", 2)), STAINS, "", "T",
    ),
    "hours beside a number": (
        [f"i_{i}_{i // 2}h_c{c}.tif" for i in range(6) for c in range(2)],
        (("T", 6), ("C", 2)), ("c0", "c1"), "i_0, i_1, i_2, ... i_5 are taken for points in time",
        "",
    ),
    "hours and times beside a number": (
        [f"{i}_t{i // 2}_{i // 4}h_{STAINS[c]}.tif" for i in range(8) for c in range(2)],
        (("T", 8), ("C", 2)), STAINS, "0, 1, 2, ... 7 are taken for points in time", "",
    ),
    "two stains of three of one name": (
        names_of("{1}_t{0}", (0, 1), ("w1Cy5 far", "w2Cy5 far", "w3DAPI")),
        (("T", 2), ("C", 3)), ("w1Cy5 far", "w2Cy5 far", "w3DAPI"), "", "T",
    ),
    "decimals of slices": (
        names_of("t{}_z{}.{}", (0, 1), (0, 1), (0, 5)), (("T", 2), ("Z", 4)), (), "", "T",
    ),
    "no time": (names_of("{}_z{}", STAINS, (0, 1)), (("C", 2), ("Z", 2)), STAINS, "", ""),
    "numbered through": (
        [f"{2 * t + c}_{STAINS[c]}.tif" for t in range(6) for c in range(2)],
        (("T", 6), ("C", 2)), STAINS, THROUGH, "",
    ),
    "numbered through slices": (
        [
            f"{6 * t + 3 * c + z}_{STAINS[c]}_z{z}.tif"
            for t in range(2) for c in range(2) for z in range(3)
        ],
        (("T", 2), ("C", 2), ("Z", 3)), STAINS, THROUGH, "",
    ),
    "numbered through without time": (
        [f"{2 * c + z}_{STAINS[c]}_z{z}.tif" for c in range(2) for z in range(2)],
        (("C", 2), ("Z", 2)), STAINS, THROUGH, "",
    ),
    "times numbered through": (
        [f"t{2 * t + c}_{STAINS[c]}.tif" for t in range(2) for c in range(2)],
        (("T", 2), ("C", 2)), STAINS, THROUGH, "T",
    ),
    "channels alone": (["ch2.tif", "ch10.tif"], (("C", 2),), ("ch2", "ch10"), "", ""),
    "stains alone": (names_of("w{}", ("1DAPI", "2GFP")), (("C", 2),), STAINS, "", ""),
    "many channels": (
        names_of("c{}", range(60)), (("C", 60),), tuple(f"c{n}" for n in range(60)), "", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("names", "sizes", "channels", "note", "meaning"), GRIDS.values(), ids=GRIDS
)
def test_grids(names, sizes, channels, note, meaning):
    assert told(names) == (sizes, names, channels, (note,) if note else (), meaning)


def test_series_of_words_and_of_what_is_alike():
    said = "its files are played in the order of the alphabet: {}; --match chooses"
    assert told(["wash.tif", "Before.tif"]) == time(
        ["Before.tif", "wash.tif"], said.format("Before, wash"), meaning="W"
    )
    names = ["wash2.tif", "wash10.tif"]
    assert told(names) == time(names, meaning="N")
    for name in ("a.tif", "a_1.tif"):
        assert told([name]) == time([name], meaning="")
    names = [f"x_{n}_{{1234567{n}-0000-1111-2222-1234567890AB}}.tif" for n in (2, 1, 3)]
    assert told(names) == time(sorted(names), meaning="N")
    names = ["a_1.tif", "A_2.tif", "a_3.tif"]
    assert told(names) == time(names, meaning="N")
    names = [f"i_{i}_{i // 2}h.tif" for i in range(6)]
    assert told(names) == time(names, meaning="N")
    for beside in ("img", "IMG"):
        names = [f"{beside}.tif", "img_2.tif", "img_10.tif"]
        assert told(names) == time(names, meaning="")
    for names in (
        ["2_img.tif", "10_img.tif", "img.tif"], ["2 img.tif", "img.tif"], ["img.tif", "img-2.tif"],
        ["img.tif", "img2.tif"], ["7img.tif", "img.tiff"],
    ):  # fmt: skip
        assert told(names) == time(names, meaning="")
    for names in (["a1 p1.tif", "a1 p2.tif"], ["a.1 p9.tif", "a.1 p10.tif"]):
        assert told(names) == time(names, meaning="P")
    names = ["a_99nm.tif", "a_100nm.tif"]
    assert told(names) == time(names, meaning="")
    names = ["t1a.tif", "t1b.tif"]
    assert told(names) == time(names, said.format("a, b"), meaning="W")
    names = [f"{2 * t + w}_{('ab', 'cd')[w]}.tif" for t in range(2) for w in range(2)]
    assert told(names) == (
        "folder: the names of its files differ in 2 ways: 0, 1, 2, 3; ab, cd; whether ab, cd are "
        "series, channels or times cannot be told; choose one with --match '*_ab.tif'"
    )
    assert told(["x2y1.tif", "x10y1.tif", "x2y01.tif"]) == (
        "folder: the names of its files differ in 2 ways: x2, x10; y01, y1; whether x2, x10 are "
        "series, channels or times cannot be told; choose one with --match 'x2y*.tif'"
    )


def test_what_is_asked_of_three_fields():
    for names, ways, unclear, typed in (
        (
            [f"{i}_{i % 2}h_{STAINS[c]}.tif" for i in range(4) for c in range(2)],
            "0, 1, 2, 3; 0, 1; DAPI, GFP", "0, ... 3", "0_0h_*.tif",
        ),
        (
            [f"t{i}_q{i // 2}_{STAINS[c]}.tif" for i in range(4) for c in range(2)],
            "t0, t1, t2, t3; q0, q1; DAPI, GFP", "q0, q1", "t*_q0_*.tif",
        ),
        (
            names_of("t{}_c{}_{}", (0, 1), (0, 1), ("ab", "cd")),
            "t0, t1; c0, c1; ab, cd", "ab, cd", "t*_c*_ab.tif",
        ),
        (
            [f"{i}_q{i // 2}_t{i // 4}_{STAINS[c]}.tif" for i in range(8) for c in range(2)],
            "0, 1, 2, ... 7; q0, q1, q2, q3; DAPI, GFP", "q0, ... q3", "*_q0_t0_*.tif",
        ),
        (
            [f"t{t}_z{z}_{'abcd'[2 * t + z]} .tif" for t in range(2) for z in range(2)],
            "t0, t1; z0, z1; a, b, c, d", "a, ... d", "t0_z0_a .tif",
        ),
    ):  # fmt: skip
        assert told(names) == (
            f"folder: the names of its files differ in 3 ways: {ways}; whether {unclear} are "
            f"series, channels or times cannot be told; choose one with --match '{typed}'"
        )
    identifiers = [f"x_{{{c}2345678-0000-1111-2222-1234567890AB}}.tif" for c in "AB"]
    assert told(identifiers) == (
        "folder: the names of its files differ in identifiers only, which tell no order; rename "
        "them, or choose one with --match"
    )


def test_files_that_only_identifiers_tell_apart():
    a, b, c = (f"{{{letter}2345678-0000-1111-2222-1234567890AB}}.tif" for letter in "ABC")
    for one, other in (("x_1_", "x_2_"), ("t1_GFP_", "t2_DAPI_")):
        with pytest.raises(t2v.SourceError) as caught:
            axes_of_names([one + a, other + b, one + c], "folder")
        assert str(caught.value) == (
            f"folder: {one}{a} and {one}{c} have the same place in the series; leave one out with "
            "--match"
        )


def test_masks_and_copies_are_left_out():
    series = ["t1.tif", "t2.tif", "t10.tif"]
    masks = [f"t{n}_mask.tif" for n in (2, 10, 1)]
    assert told(series + masks) == time(series, "3 masks are left out: t1_mask.tif to t10_mask.tif")
    assert told([*series, "mask.tif"]) == time(series, "1 mask is left out: mask.tif")
    assert told(["mask1.tif", "mask2.tif"]) == time(["mask1.tif", "mask2.tif"], meaning="N")
    series = ["t1.0.tif", "t1.5.tif"]
    said = "1 copy is left out: t1.0 (1).tif"
    assert told([*series, "t1.0 (1).tif"]) == time(series, said, meaning="N")
    alphabet = "its files are played in the order of the alphabet: a, b; --match chooses"
    assert told(["a.tif", "b.tif", "a - Copy.tif", "b copy 2.tif", "b copy.tif"]) == time(
        ["a.tif", "b.tif"], "3 copies are left out: a - Copy.tif to b copy.tif", alphabet,
        meaning="W",
    )  # fmt: skip
    assert told(["a.tif", "b.tif", "a (1).tif", "mask.tif"]) == time(
        ["a.tif", "b.tif"], "1 copy is left out: a (1).tif", "1 mask is left out: mask.tif",
        alphabet, meaning="W",
    )  # fmt: skip


#: Names in their order, and what is said of them.
REFUSED = {
    "two endings": (
        ["a1.tif", "a2.tif", "a1.tiff"],
        "a1.tif and a1.tiff, which would be the same frame; choose by --match '*.tif'",
    ),
    "the ending of most": (
        ["a1.tif", "A1.TIF", "b.TIF"],
        "a1.tif and A1.TIF, which would be the same frame; choose by --match '*.TIF'",
    ),
    "two spellings": (
        ["a1.tif", "A1.tif"], "a1.tif and A1.tif, which would be the same frame; rename one",
    ),
    "a copy of one": (
        ["a.tif", "a (1).tif"],
        "2 kinds of names, a.tif (1), a (1).tif (1); choose those that belong together with "
        "--match a.tif",
    ),
    "a copy of none": (
        ["a1.tif", "a2.tif", "b (1).tif"],
        "2 kinds of names, a1.tif (2), b (1).tif (1); choose those that belong together with "
        "--match 'a*.tif'",
    ),
    "no number": (
        ["img.tif", "img_x.tif"],
        "2 kinds of names, img.tif (1), img_x.tif (1); choose those that belong together with "
        "--match img.tif",
    ),
    "a number for some": (
        ["img.tif", "img_1.tif", "img_x.tif"],
        "3 kinds of names, img.tif (1), img_1.tif (1), img_x.tif (1); choose those that belong "
        "together with --match img.tif",
    ),
    "most first": (
        ["a.tif", "b_1.tif", "b_2.tif"],
        "2 kinds of names, b_1.tif (2), a.tif (1); choose those that belong together with "
        "--match 'b_*.tif'",
    ),
    "more than six": (
        [*names_of("a_{}", (0, 1, 2)), "b.tif", "c_d.tif", "e-f.tif", "g.h.tif", "1.2.3.tif",
         "x1_y1.tif", "(1).tif"],
        "8 kinds of names, a_0.tif (3), b.tif (1), c_d.tif (1), e-f.tif (1), g.h.tif (1), "
        "1.2.3.tif (1) and 2 more; choose those that belong together with --match 'a_*.tif'",
    ),
    "one digit": (
        ["a_1_b.tif", "a_2_b.tif", "a_1_b_b.tif"],
        "2 kinds of names, a_1_b.tif (2), a_1_b_b.tif (1); choose those that belong together with "
        "--match 'a_?_b.tif'",
    ),
    "digits of any number": (
        ["a_1_b.tif", "a_10_b.tif", "a_1_b_b.tif"],
        "2 kinds of names, a_1_b.tif (2), a_1_b_b.tif (1); choose those that belong together with "
        "--match 'a_*[0-9]_b.tif'",
    ),
    "digits of any number in front": (
        ["a_1_b.tif", "a_10_b.tif", "a_b_1_b.tif"],
        "2 kinds of names, a_1_b.tif (2), a_b_1_b.tif (1); choose those that belong together with "
        "--match 'a_[0-9]*_b.tif'",
    ),
    "words of any length": (
        ["a_b_1.tif", "a_cd_1.tif", "a_b_1_1.tif"],
        "2 kinds of names, a_b_1.tif (2), a_b_1_1.tif (1); choose those that belong together with "
        "--match 'a_*[!0-9]_1.tif'",
    ),
    "no pattern": (
        ["a_1_b.tif", "a_10_b.tif", "a_1_1_b.tif"],
        "2 kinds of names, a_1_b.tif (2), a_1_1_b.tif (1); choose those that belong together by "
        "moving the others to another folder",
    ),
    "endings of one kind": (
        ["a_1.tif", "a_2.tiff", "a_1_x.tif"],
        "2 kinds of names, a_1.tif (2), a_1_x.tif (1); choose those that belong together with "
        "--match 'a_?.*'",
    ),
    "digits of any number and one": (
        [*names_of("x{}_a_{}_b", (1, 10), (1, 2)), "x1_a_1_b_b.tif"],
        "2 kinds of names, x1_a_1_b.tif (4), x1_a_1_b_b.tif (1); choose those that belong together "
        "with --match 'x*_a_?_b.tif'",
    ),
    "brackets": (
        ["a_[1].tif", "a_[2].tif", "a_1.tif"],
        "2 kinds of names, a_[1].tif (2), a_1.tif (1); choose those that belong together with "
        "--match 'a_[[]*].tif'",
    ),
    "nothing complete": (
        ["z0_DAPI.tif", "z1_DAPI.tif", "z2_GFP.tif"],
        "files of DAPI, GFP, z0, z1, z2, but nothing is there for all of them; choose some with "
        "--match 'z*_DAPI.tif'",
    ),
    "channels of other times": (
        ["t0_DAPI.tif", "t0_GFP.tif", "t1_Cy5.tif"],
        "files of Cy5, DAPI, GFP, but nothing is there for all of them; choose some with --match "
        "t1_Cy5.tif",
    ),
    "not in turn": (
        [f"{3 * c + t}_{STAINS[c]}.tif" for c in range(2) for t in range(3)],
        "files of DAPI, GFP, but nothing is there for all of them; choose some with "
        "--match '*_DAPI.tif'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("names", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_said_of_names_that_make_no_series(names, said):
    with pytest.raises(t2v.SourceError) as caught:
        axes_of_names(names, "folder")
    assert str(caught.value) == f"folder: holds {said}"


def test_what_is_said_of_time_points_that_lack_a_file():
    stains = ("Cy5", "DAPI", "GFP")
    names = names_of("t{}_{}", range(4), stains)
    left = [name for name in names if name not in ("t1_GFP.tif", "t3_Cy5.tif")]
    whole = names[:3] + names[6:9]
    note = (
        "2 of 4 time points are left out, as they are not there for all of Cy5, DAPI, GFP: the "
        "first that is missing is GFP, t1; choose one with --match 't*_Cy5.tif' for all its files"
    )
    assert told(left) == ((("T", 2), ("C", 3)), whole, stains, (note,), "T")
    names = names_of("t{}_{}_z{}", range(3), STAINS, range(2))
    left = [name for name in names if name != "t1_GFP_z1.tif"]
    note = (
        "1 of 3 time points are left out, as they are not there for all of DAPI, GFP, z0, z1: the "
        "first that is missing is GFP, z1, t1; choose one with --match 't*_DAPI_z*.tif' for all "
        "its files"
    )
    assert told(left) == (
        (("T", 2), ("C", 2), ("Z", 2)), names[:4] + names[8:], STAINS, (note,), "T",
    )  # fmt: skip
    names = ["2d1h5m_DAPI.tif", "2d1h5m_GFP.tif", "2d1h6m_DAPI.tif"]
    note = (
        "1 of 2 time points are left out, as they are not there for all of DAPI, GFP: the first "
        "that is missing is GFP, 2d1h6m; choose one with --match '2d1h*m_DAPI.tif' for all its "
        "files"
    )
    assert told(names) == ((("C", 2),), names[:2], STAINS, (note,), "T")
    names = ["0_DAPI.tif", "1_GFP.tif", "2_DAPI.tif"]
    note = (
        "1 of 2 time points are left out, as they are not there for all of DAPI, GFP: the first "
        "that is missing is GFP, 1; choose one with --match '*_DAPI.tif' for all its files"
    )
    assert told(names) == ((("C", 2),), names[:2], STAINS, (THROUGH, note), "")
    said = "01, 1 are taken for points in time"
    note = (
        "1 of 2 time points are left out, as they are not there for all of DAPI, GFP: the first "
        "that is missing is GFP, 01; choose one with --match 'a_DAPI_*.tif' for all its files"
    )
    assert told(["a_DAPI_01.tif", "a_DAPI_1.tif", "a_GFP_1.tif"]) == (
        (("C", 2),), ["a_DAPI_1.tif", "a_GFP_1.tif"], STAINS, (said, note), "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("folders", "are_axes"),
    [
        (["GFP", "mCherry"], True),
        (["GFP", "masks"], True),
        (["GFP", "control"], False),
        (["GFP"], False),
        (["TimePoint_1", "TimePoint_2"], True),
        (["z1", "z2"], True),
        (["TimePoint_1/GFP", "TimePoint_2/GFP"], True),
        (["pos1", "pos2"], False),
        (["exp1", "exp2"], False),
        (["GFP 2.5", "DAPI 2.5"], True),
        (["a_b", "c"], False),
        (["t1_GFP", "t2_control"], False),
        (["t1_GFP_z1", "t2_DAPI_z2"], True),
    ],
)
def test_which_folders_are_axes(folders, are_axes):
    assert folders_are_axes(folders) is are_axes


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a1", "a2", "a4"], "1 missing in the numbering, the first is a3"),
        (
            ["a008_x", "a009_x", "a012_x", "a014_x"],
            "3 missing in the numbering, the first is a010_x",
        ),
        (["a0", "a5", "a15", "a20"], "1 missing in the numbering, the first is a10"),
        (["00", "01", "03"], "1 missing in the numbering, the first is 02"),
        (["0", "1", "3"], "1 missing in the numbering, the first is 2"),
        (["t099", "t100", "t103"], "2 missing in the numbering, the first is t101"),
        (["a1", "a3"], None),
        (["a1", "a3", "a5"], None),
        (["a1", "a3", "a6"], None),
        (["a1", "a1", "a3"], None),
        (["a1", "a3", "a8"], None),
        (["a1_1", "a2_2", "a4_4"], None),
        (["a1_1", "a1_2", "a1_4"], "1 missing in the numbering, the first is a1_3"),
        (["a1", "b1", "d1"], None),
        (["1a", "1b", "1d"], None),
        (["a1", "a2", "b4"], None),
        (["a1", "a2", "4"], None),
        (["a1_1", "a1_2", "a2_4"], None),
        (["a1", "a2", "a4_1"], None),
    ],
)
def test_gaps_in_the_numbering(names, said):
    found = find_gaps(names)
    assert (None if found is None else str(found)) == said
