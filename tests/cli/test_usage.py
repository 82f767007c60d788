"""Wrong usage: found before any work, said in one line, exit code 2."""

from __future__ import annotations

import gc
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import make_options
import pytest
import tifffile
from helpers.files import everything_in, write_folder
from helpers.frames import noise, numbered

import napari_tif2video as t2v
from napari_tif2video import _napari
from napari_tif2video.cli import main
from napari_tif2video.settings import SETTINGS, option_of


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "pos", numbered(3))


WIDTHS = "--width: must be between 100 and 4000 px, or 'full', got"
NO_WIDTH = "--width: expected a whole number of pixels or 'full', got"
RATES = "--fps: must be between 1 and 120, got"
NO_RATE = "--fps: expected a number such as 10, 29.97 or 30000/1001, got"
NO_BOX = "--crop: expected WxH or WxH+X+Y such as 250x250, got"
ENDINGS = "must end in .mp4, "

# Options, and how what is said about them begins.
WRONG = {
    "width too small": ("--width 99", f"{WIDTHS} 99"),
    "width too large": ("--width 4001", f"{WIDTHS} 4001"),
    "width negative": ("--width=-500", f"{WIDTHS} -500"),
    "width no number": ("--width wide", f"{NO_WIDTH} 'wide'"),
    "width not whole": ("--width 500.5", f"{NO_WIDTH} '500.5'"),
    "fps too small": ("--fps 0.99", f"{RATES} 0.99"),
    "fps too large": ("--fps 120.5", f"{RATES} 120.5"),
    "fps zero": ("--fps 0", f"{RATES} 0"),
    "fps no number": ("--fps fast", f"{NO_RATE} 'fast'"),
    "fps by zero": ("--fps 10/0", f"{NO_RATE} '10/0'"),
    "fps nan": ("--fps nan", f"{NO_RATE} 'nan'"),
    "fps infinite": ("--fps inf", f"{NO_RATE} 'inf'"),
    "fps too fine": ("--fps 29.97000001", "--fps: use at most four decimals"),
    "crop one number": ("--crop 250", f"{NO_BOX} '250'"),
    "crop words": ("--crop large", f"{NO_BOX} 'large'"),
    "crop zero": ("--crop 0x10", "--crop: the box must be at least 1x1, got 0x10"),
    "crop negative": ("--crop -5x10", f"{NO_BOX} '-5x10'"),
    "crop half a corner": ("--crop 10x10+5", f"{NO_BOX} '10x10+5'"),
    "crop negative corner": ("--crop 10x10+-5+5", f"{NO_BOX} '10x10+-5+5'"),
    "crop fraction": ("--crop 10.5x10", f"{NO_BOX} '10.5x10'"),
    "contrast unknown": ("--contrast bright", "argument --contrast: invalid choice: 'bright'"),
    "contrast of layers": ("--contrast displayed", "argument --contrast: invalid choice"),
    "contrast twice": (
        "--global-normalize --contrast local",
        "--global-normalize and --contrast local exclude each other",
    ),
    "limits with contrast": (
        "--limits 0 100 --contrast global",
        "--limits: fixed limits and a contrast rule exclude each other",
    ),
    "limits with global": (
        "--limits 0 100 --global-normalize",
        "--limits: fixed limits and a contrast rule exclude each other",
    ),
    "limits turned": ("--limits 100 0", "--limits: LO must be below HI, got 100 and 0"),
    "limits equal": ("--limits 5 5", "--limits: LO must be below HI, got 5 and 5"),
    "limits nan": ("--limits nan 5", "--limits: both must be finite, got nan and 5"),
    "limits infinite": ("--limits 0 inf", "--limits: both must be finite, got 0 and inf"),
    "limits no numbers": ("--limits a b", "--limits: expected two grey values LO HI"),
    "limits one number": ("--limits 5", "argument --limits: expected 2 arguments"),
    "percentile beyond": ("--percentile 1 101", "--percentile: expected 0 <= LO < HI <= 100"),
    "gamma zero": ("--gamma 0", "--gamma: must be between 0.05 and 20, got 0"),
    "anchor too small": ("--anchor-size 5", "--anchor-size: expected a whole number of pixels, at"),
    "corner of nothing": ("--label-corner top-left", "--label-corner: there is no label to place"),
    "two widths": ("--width 500 --um-per-pixel 2", "--um-per-pixel: gives the video its width"),
    "rate factor with quality": ("--crf 20 --quality high", "--crf: sets the quality by itself"),
    "raw with width": (
        "--raw --width 300",
        "--raw: counts are written as they are;",
    ),
    "workers zero": ("--workers 0", "--workers: must be at least 1, got 0"),
    "workers negative": ("--workers -2", "--workers: must be at least 1, got -2"),
    "workers no number": ("--workers many", "argument --workers: invalid int value: 'many'"),
    "two ways with existing files": (
        "--overwrite --skip-existing",
        "--output: overwrite and skip existing exclude each other",
    ),
    "output twice": ("-o o.mp4 --output-dir out", "--output: give a file or a folder, not both"),
    "another ending": ("-o o.avi", f"--output: o.avi {ENDINGS}"),
    "no ending": ("-o video", f"--output: video {ENDINGS}"),
    "unknown option": ("--xyz blue", "unrecognized arguments: --xyz blue; see tif2video"),
    "mistyped option": ("--ouput o.mp4", "unrecognized arguments: --ouput o.mp4; did you mean --o"),
    "option without its value": ("--width", "argument --width: expected one argument"),
}


@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=WRONG)
def test_wrong_options(folder, cli, monkeypatch, options, said):
    monkeypatch.chdir(folder.parent)
    before = everything_in(folder.parent)
    ended = cli(folder, *options.split())
    assert ended.code == 2
    assert ended.out == ""
    assert ended.error_line.startswith(f"tif2video: {said}")
    assert everything_in(folder.parent) == before


@pytest.mark.parametrize(
    "options", ["--workers 0", "-o o.avi", "--width 5", "--overwrite --skip-existing"]
)
def test_wrong_options_of_the_demo_write_nothing(tmp_path, cli, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    assert cli("--demo", "new", *options.split()).code == 2
    assert list(tmp_path.iterdir()) == []


def test_no_source(cli):
    ended = cli("--nogui")
    assert ended.code == 2
    assert "folder" in ended.error_line


@pytest.mark.parametrize("option", ["--json", "--width 800", "--dry-run", "--global-normalize"])
def test_options_without_a_source_are_not_ignored(cli, option):
    ended = cli(*option.split())
    assert ended.code == 2
    assert f"no source given for {option.split()[0]};" in ended.error_line


def test_inspect_ignores_no_option(cli, folder, tmp_path):
    t2v.convert(folder, tmp_path / "o.mp4", width=100)
    ended = cli("--inspect", tmp_path / "o.mp4", "--verify", "--width", 300)
    assert ended.code == 2
    assert "--verify" in ended.error_line
    assert "--width" in ended.error_line


def run_with_output(stdout, unbuffered, *argv):
    """Run the program with this stdout; returns its exit code and what it says."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, "-m", "napari_tif2video", *argv],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=env | unbuffered,
        text=True,
    )
    return done.returncode, done.stderr


BUFFERING = pytest.mark.parametrize("unbuffered", [{}, {"PYTHONUNBUFFERED": "1"}], ids=len)


@pytest.mark.skipif(os.name == "nt", reason="Windows reports a closed pipe otherwise")
@BUFFERING
def test_a_reader_that_leaves_early_is_no_error(folder, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as stdout:
        assert run_with_output(stdout, unbuffered, folder, "--dry-run", "--json") == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@BUFFERING
def test_results_that_cannot_be_written_are_an_error(folder, unbuffered):
    with open("/dev/full", "wb") as stdout:
        code, said = run_with_output(stdout, unbuffered, folder, "--dry-run", "--json")
    assert code == 1
    assert len(said.splitlines()) == 1
    assert "No space left" in said


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of Unix")
def test_a_run_without_standard_output(folder):
    command = [sys.executable, "-m", "napari_tif2video", folder, "--quiet", "--width", "100"]
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    done = subprocess.run(closed, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(folder.glob("*.mp4"))) == 1


def test_a_demo_with_sources_is_refused(folder, tmp_path, cli):
    ended = cli(folder, "--demo", tmp_path / "demo")
    assert ended.code == 2
    assert not (tmp_path / "demo").exists()


def test_a_report_that_cannot_be_written_is_found_before_any_work(folder, tmp_path, cli):
    ended = cli(folder, "--report", tmp_path / "no" / "such" / "folder.csv")
    assert ended.code == 2
    assert "--report" in ended.error_line
    assert not list(tmp_path.rglob("*.mp4"))


def test_version(cli):
    ended = cli("--version")
    assert (ended.code, ended.out) == (0, f"tif2video {t2v.__version__}\n")
    assert ended.err == ""


OPTION = re.compile(r"--[a-z][a-z-]*")


def test_help_and_page_name_every_option(cli):
    ended = cli("--help-all")
    assert ended.code == 0
    assert ended.err == ""
    options = set(OPTION.findall(ended.out))
    settings = {f"--{field.name}".replace("_", "-") for field in fields(t2v.VideoSettings)}
    others = """--nogui --output --output-dir --global-normalize --workers --recursive --match
        --overwrite --skip-existing --dry-run --json --report --quiet --demo --version --settings
        --reuse --sidecar --scheduler --verify --resume --inspect --completion --help --help-all"""
    assert options == settings | set(others.split())
    page = (Path(__file__).parents[2] / "docs" / "reference" / "options.md").read_text("utf-8")
    assert make_options.tables() in page, "run python docs/make_options.py"
    rows = re.findall(r"^\| (.*?) \|", page, flags=re.MULTILINE)
    assert set(OPTION.findall("".join(rows))) == options


def test_the_short_help_has_what_most_people_need_in_a_window_or_two(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    short, everything = cli("--help").out, cli("--help-all").out
    assert all(len(line) <= 80 for line in everything.splitlines())
    assert len(short.splitlines()) < 110
    assert len(short) < 0.6 * len(everything)
    assert "--help-all" in short
    basic = {option_of(name) for name, setting in SETTINGS.items() if setting.is_basic}
    others = """--output --output-dir --settings --recursive --overwrite --skip-existing --verify
        --dry-run --quiet --demo --inspect --version --help --help-all"""
    listed = re.findall(r"^  (?:-\w[^,]*, )?(--[a-z-]+)", short, re.M)
    assert set(listed) == basic | set(others.split())
    assert cli("-h").out == short


def test_the_examples_of_the_help_work(cli, tmp_path, monkeypatch):
    examples = re.findall(r"^  (tif2video .*?)(?:  .*)?$", cli("--help").out, re.M)
    monkeypatch.chdir(tmp_path)
    for name in ("frames", "pos1", "pos2"):
        write_folder(tmp_path / name, noise((3, 300, 400)))
    channels = noise((2, 2, 3, 300, 400))
    tifffile.imwrite("cells.ome.tif", channels, ome=True, metadata={"axes": "TCZYX"})
    calibrated = ["--pixel-size", "0.5", "--frame-interval", "5min"]
    assert len(examples) == 6
    for example in sorted(examples, key=lambda line: "--dry-run" not in line):
        _, *words = shlex.split(example)
        ended = cli(*words, *(calibrated if "--scale-bar" in words else []))
        assert ended.code == 0, ended.err
    made = {path.name for path in tmp_path.rglob("*.mp4")}
    assert {"talk.mp4", "pos1_500px_10fps_batch_norm_video.mp4"} <= made


# What the last line of defence says about sources: exit code 1, the reason, a way out.
def test_an_empty_folder(tmp_path, cli):
    (tmp_path / "empty").mkdir()
    ended = cli(tmp_path / "empty", "--quiet")
    assert ended.code == 1
    assert f"No TIF images found in {tmp_path / 'empty'}" in ended.error_line
    assert "--recursive" not in ended.error_line


def test_a_folder_whose_subfolders_hold_the_images(tmp_path, cli):
    for name in ("pos1", "pos2"):
        write_folder(tmp_path / "exp" / name, numbered(1))
    (tmp_path / "exp" / "notes").mkdir()
    ended = cli(tmp_path / "exp", "--quiet")
    assert ended.code == 1
    assert "No TIF images found in" in ended.error_line
    assert "--recursive" in ended.error_line
    assert "in 2 subfolders" in ended.error_line


MISSING = {
    "folder": "missing",
    "file": "missing.tif",
    "folder in a folder": "no/such/folder",
    "very long name": "x" * 300,
    "pattern": "pos*9/",
}


@pytest.mark.parametrize("name", MISSING.values(), ids=MISSING)
def test_a_source_that_is_not_there(tmp_path, cli, name):
    ended = cli(tmp_path / name, "--quiet")
    assert ended.code == 1
    assert name.rstrip("/") in ended.error_line
    assert "unexpected" not in ended.error_line


def test_a_file_that_is_no_tiff(tmp_path, cli):
    (tmp_path / "movie.avi").write_bytes(b"RIFF")
    ended = cli(tmp_path / "movie.avi", "--quiet")
    assert ended.code == 1
    assert "movie.avi" in ended.error_line


def test_a_crop_larger_than_the_frame(folder, cli):
    ended = cli(folder, "--crop", "500x500", "--quiet")
    assert ended.code == 1
    assert str(folder) in ended.error_line
    assert "500x500" in ended.error_line
    assert "160x48" in ended.error_line


def test_messages_stay_on_one_line_whatever_the_name(tmp_path, cli):
    folder = tmp_path / "two\nlines"
    folder.mkdir()
    ended = cli(folder, "--quiet")
    assert ended.code == 1
    assert "No TIF images found" in ended.error_line


def test_options_of_old_scripts_still_work(folder, cli):
    argv = "--nogui --width 800 --fps 20 --crop 40x30 --anchor --global-normalize --workers 1"
    assert cli(*argv.split(), folder).code == 0
    assert (folder / "800px_20fps_crop_40x30_global_norm_video.mp4").is_file()


def test_a_run_as_a_program(folder, command):
    ended = command(folder, "--width", "200")
    assert ended.code == 0
    assert ended.out == ""
    assert (folder / "200px_10fps_video.mp4").is_file()
    failed = command(folder, "--width", "200", "--quiet")
    assert failed.code == 1
    assert "exists" in failed.error_line
    wrong = command(folder, "--width", "2")
    assert wrong.code == 2
    assert "width" in wrong.error_line


ANY_NAME = {"letters": "zellen_µm_日本", "no text at all": "bytes\udcff"}


@pytest.mark.parametrize("name", ANY_NAME.values(), ids=ANY_NAME)
@pytest.mark.parametrize("options", ["", "--dry-run", "--json --report report.csv"])
def test_any_folder_name_on_any_terminal(tmp_path, command, name, options):
    """A terminal that cannot show a name must not stop a conversion."""
    try:
        folder = write_folder(tmp_path / name, numbered(2))
    except (OSError, UnicodeError):
        pytest.skip("this file system refuses the name")
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    argv = [folder, "--width", "100", *options.split()]
    ended = command(*argv, env=environment, cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert (folder / "100px_10fps_video.mp4").is_file() == (options != "--dry-run")
    assert (tmp_path / "report.csv").is_file() == ("--report" in options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-size", "10 bananas"], "--max-size: "),
        (["--crop", "wide"], "--crop: "),
        (["--raw", "--scale-bar"], "leave out --scale-bar"),
        (["--codec", "gif", "--crf", "20"], "--crf: GIF has no rate factor; leave it out"),
    ],
    ids=" ".join,
)
def test_errors_name_options_as_they_are_typed(tmp_path, cli, options, said):
    ended = cli(tmp_path, *options)
    assert ended.code == 2
    assert said in ended.error_line


def test_errors_of_a_source_name_options_too(tmp_path, cli):
    folder = write_folder(tmp_path / "pixel_size", noise((2, 20, 30)))
    ended = cli(folder, "--um-per-pixel", "2", "--quiet")
    assert ended.code == 1
    assert "--um-per-pixel" in ended.error_line
    assert str(folder) in ended.error_line  # a name is no option


@pytest.mark.parametrize(
    "options", [["--frames", "-3:"], ["--time-start", "-1min", "--label", "x"]]
)
def test_values_that_begin_with_a_minus(tmp_path, cli, options):
    folder = write_folder(tmp_path / "in", noise((5, 20, 30)))
    ended = cli(folder, *options, "--frame-interval", "20", "-o", tmp_path / "o.mp4", "--json")
    assert ended.code == 0
    (source,) = json.loads(ended.out)["sources"]
    assert source["frames"] == (3 if options[0] == "--frames" else 5)


def test_a_file_that_is_no_video_is_kept_and_said(tmp_path, cli):
    folder = write_folder(tmp_path / "in", noise((2, 20, 30)))
    out = tmp_path / "o.mp4"
    out.write_text("a thesis")
    ended = cli(folder, "-o", out, "--skip-existing")
    assert ended.code == 0
    assert "what exists there is no video" in ended.err
    assert out.read_text() == "a thesis"


HELP = {
    "--quality {draft,standard,high,lossless}": (
        "how much the encoder may lose, about the same in each format",
        "; lossless is for FFV1",
        " (default: standard)",
    ),
    "--codec NAME": (
        "format of the video: h264, h265, av1, vp9, ffv1, prores, mpeg4, gif",
        "",
        " (default: by the ending of the output, else h264)",
    ),
    "--limits LO HI": ("fixed grey values for black and white", None, ""),
    "--width N|full": ("width in px, 100 to 4000", None, " (default: 500)"),
    "--skip-existing": (
        "leave videos that exist, and go on",
        "; a note tells where one was made otherwise than it would be now",
        "",
    ),
    "--demo [DIR]": (
        "write the bundled sample into a new or empty folder and convert it",
        "",
        "",
    ),
    "--anchor": ("draw a red dot at the centre of the video", None, ""),
}


def test_the_help_to_the_letter(cli, monkeypatch):
    """What options say: the part that both helps have, that of the long one, and the default."""
    monkeypatch.setenv("COLUMNS", "2000")

    def told(option):
        rows = re.findall(r"^  (-\S.*?)(?:\s{2,}(\w.*))?$", cli(option).out, re.M)
        return {re.sub("^-\\w[^,]*, ", "", name): meaning for name, meaning in rows}

    short, everything = told("--help"), told("--help-all")
    for name, (meaning, more, default) in HELP.items():
        assert short[name] == meaning + default
        if more is not None:
            assert everything[name] == meaning + more + default
    assert "smoothed over time (smooth)" in everything["--contrast NAME"]
    assert everything["--contrast NAME"].endswith(
        "that the program stored with the data (stored) (default: local)"
    )
    corners = "top-left, top-right, bottom-left, bottom-right"
    assert everything["--scale-bar-corner NAME"] == (
        f"where the scale bar is; implies --scale-bar: {corners} (default: bottom-right)"
    )
    assert everything["--percentile LO HI"]
    assert everything["--arrow X,Y[@TIME..TIME]"]
    assert "short for --contrast global" in everything["--global-normalize"]
    assert (
        cli("--help")
        .out.rstrip()
        .endswith("These are the options that most people need. All options: tif2video --help-all")
    )
    assert cli("--help-all").out.rstrip().endswith("130 interrupted")


def test_the_help_says_something_of_every_option(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "2000")
    told = re.findall(r"^  (-\S.*?)(?:\s{2,}(\w.*))?$", cli("--help-all").out, re.M)
    assert len(told) > 60
    assert not [option for option, meaning in told if not meaning or meaning.startswith("--")]


REFUSED = {
    "--nogui": (
        "no source given; name a folder of TIFF files, a TIFF stack or a pattern, or try --demo"
    ),
    "in --demo new": "--demo converts the bundled sample; leave the sources out",
    "--demo new --dry-run": "--demo writes its files first; leave out --dry-run",
    "in --workers 2 --scheduler tcp://localhost:1": "--workers and --scheduler exclude each other",
    "in --reuse rule": "--reuse goes with --settings VIDEO",
    "in --inspect v.mp4 --width 300 --verify": (
        "--inspect only reads a video; leave out in --width, --verify"
    ),
    "--completion bash in --json": "--completion only prints a script; leave out in --json",
    "--width 300 --json": (
        "no source given for --width, --json; name a folder of TIFF files, a TIFF stack or a "
        "pattern, or leave out all options to open the window"
    ),
    "in --settings v.json --reuse numbers --gamma 2 --limits 1 2": (
        "--reuse numbers and --limits exclude each other"
    ),
}


@pytest.mark.parametrize("argv", REFUSED)
def test_what_does_not_go_together_is_said_in_a_whole_line(cli, tmp_path, monkeypatch, argv):
    monkeypatch.chdir(tmp_path)
    ended = cli(*argv.split())
    assert (ended.code, ended.error_line) == (2, f"tif2video: {REFUSED[argv]}")
    assert list(tmp_path.iterdir()) == []


def test_what_the_program_leaves_of_its_process(cli, folder, monkeypatch, capsys):
    for before, after in ((None, "1"), ("3", "3")):
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        if before:
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", before)
        assert cli(folder, "--dry-run").code == 0
        assert os.environ["OPENBLAS_NUM_THREADS"] == after
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    monkeypatch.setattr("sys.argv", ["tif2video", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"tif2video {t2v.__version__}\n"


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (ZeroDivisionError("x"), 1, "unexpected ZeroDivisionError: x"),
        (t2v.SourceError("no"), 1, "no"),
        (t2v.SettingsError("width: no"), 2, "--width: no"),
        (t2v.Cancelled("no"), 130, "interrupted; finished videos stay"),
        (KeyboardInterrupt(), 130, "interrupted; finished videos stay"),
    ],
    ids=repr,
)
def test_how_the_program_ends(cli, monkeypatch, raised, code, said):
    def fail(_):
        raise raised

    monkeypatch.setattr(sys.modules["napari_tif2video.cli.main"], "read_recipe", fail)
    ended = cli("--inspect", "o.mp4")
    assert (ended.code, ended.out, ended.error_line) == (code, "", f"tif2video: {said}")
    monkeypatch.setenv("TIF2VIDEO_TRACEBACK", "1")
    if code == 1:
        with pytest.raises(type(raised)):
            cli("--inspect", "o.mp4")
    else:
        assert cli("--inspect", "o.mp4").code == code


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted; finished videos stay"),
        (t2v.Cancelled("no"), 130, "interrupted; finished videos stay"),
        (t2v.OutputError("r.csv: no"), 1, "r.csv: no"),
    ],
    ids=repr,
)
def test_what_was_finished_is_told_however_a_run_ends(
    folder, cli, monkeypatch, capsys, raised, code, said
):
    def fail(*_, **options):
        assert sorted(options) == ["measuring", "overwrite", "started", "verify"]
        raise raised
        yield

    monkeypatch.setattr("napari_tif2video.videos.run_jobs", fail)
    ended = cli(folder, "--json")
    assert (ended.code, json.loads(ended.out)) == (code, {"sources": []})
    assert ended.err.splitlines() == [
        "Summary: 1 total, 0 successful, 0 failed, 0 skipped", f"tif2video: {said}",
    ]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="needs signals of Unix")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signals_end_a_run_unless_they_were_left_out_before(cli, monkeypatch, name):
    number, sent = getattr(signal, name), []

    def send(_):
        sent.append(os.kill(os.getpid(), number))
        raise t2v.SourceError("it went on")

    monkeypatch.setattr(sys.modules["napari_tif2video.cli.main"], "read_recipe", send)
    before = signal.getsignal(number)
    try:
        for handler, ended in ((signal.SIG_DFL, 130), (signal.SIG_IGN, 1)):
            signal.signal(number, handler)
            assert cli("--inspect", "o.mp4").code == ended
            assert signal.getsignal(number) == handler
    finally:
        signal.signal(number, before)
    assert sent == [None]  # the other one did not get that far


MISTYPED = {
    "--ouput o.mp4": "unrecognized arguments: --ouput o.mp4; did you mean --output?",
    "--with=300": "unrecognized arguments: --with=300; did you mean --width?",
    "--xyz --fpps 5": "unrecognized arguments: --xyz --fpps 5; did you mean --fps?",
    "--xyz blue": "unrecognized arguments: --xyz blue; see tif2video --help",
    "--width": "argument --width: expected one argument; see tif2video --help",
    "--workers x": "argument --workers: invalid int value: 'x'; see tif2video --help",
}


@pytest.mark.parametrize("options", MISTYPED)
def test_what_is_advised_after_a_slip(folder, cli, options):
    ended = cli(folder, *options.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.error_line == f"tif2video: {MISTYPED[options]}"


def test_limits_that_begin_with_a_minus(folder, cli):
    for low in ("-1e-07", "-.5", "-5"):
        assert cli(folder, "--limits", low, "2", "--dry-run").code == 0
    assert cli(folder, "--gamma", "-1e-07").error_line.startswith("tif2video: --gamma: must be")


def test_options_are_put_on_top_of_those_of_a_file(folder, cli, tmp_path):
    path = tmp_path / "s.json"
    t2v.VideoSettings(legend=True, width=300, gamma=2, event=("1=x",)).save(path)

    def name(*options):
        options = ["--settings", path, *options, "--frame-interval", 5]
        (plan,) = json.loads(cli(folder, "--dry-run", "--json", *options).out)["sources"]
        return Path(plan["output"]).name

    assert name() == "300px_10fps_gamma_2_every_5s_legend_events_video.mp4"
    assert name("--gamma", 3, "--invert", "--width", 400) == (
        "400px_10fps_gamma_3_inverted_every_5s_legend_events_video.mp4"
    )


def test_the_window_opens_where_there_is_a_screen(cli, monkeypatch):
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    opened = []
    monkeypatch.setattr(_napari, "open_window", lambda: opened.append(screen))
    for screen in names:
        for name in names:
            monkeypatch.delenv(name, raising=False)
        if sys.platform == "linux":
            ended = cli()
            assert (ended.code, ended.error_line) == (
                2,
                "tif2video: no source given, and no screen for the window; name a source, see "
                "--help",
            )
        monkeypatch.setenv(screen, ":0")
        assert cli().code == 0
    assert opened == list(names)
    for missing, problem in (("napari", "is not installed"), ("qtpy", "finds no Qt that works")):

        def fail(name=missing):
            raise ImportError(name=name)

        monkeypatch.setattr(_napari, "open_window", fail)
        assert cli().error_line == (
            f"tif2video: no source given, and napari {problem}; name a source (see --help), or "
            "install the window with pip install 'napari-tif2video[all]'"
        )
