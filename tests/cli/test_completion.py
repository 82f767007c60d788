"""The Tab key in real shells, which read what `--completion` prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from napari_tif2video.settings import SETTINGS

TAB = "\t"
PROMPT = "READY> "

# How a shell is started without anybody's settings, and what makes it ready. Each says a last
# word in two parts, so that its echo is not taken for it.
INTERACTIVE = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "bind 'set bell-style none' 'set show-all-if-ambiguous on'; "
        "bind 'set completion-query-items 0' 'set page-completions off'; ",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -Uz compinit && compinit -u -D; LISTMAX=1000; unsetopt beep; ",
    ),
}


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The path of what is printed for a shell, which has to be installed."""

    def write(shell):
        if shutil.which(shell) is None:
            if shell == "bash" and os.environ.get("CI"):
                pytest.fail("bash must be installed where CI is set")
            pytest.skip(f"{shell} is not installed")
        path = tmp_path_factory.mktemp("completion") / f"tif2video.{shell}"
        command = [sys.executable, "-m", "napari_tif2video", "--completion", shell]
        path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
        return path

    return write


@pytest.fixture(params=["bash", "zsh", "fish"])
def completed(request, script, tmp_path):
    """What a shell shows for a line that ends with the Tab key, in a folder of its own."""
    path = script(request.param)
    for name in ("frames", "videos"):
        (tmp_path / name).mkdir()
    (tmp_path / "frames.tif").touch()
    if request.param == "fish":
        # Its own way to ask; it shows names with their descriptions.
        return lambda line: fish_answer(path, line, tmp_path)
    pytest.importorskip("pty", reason="needs the terminals of Unix")
    return lambda line: shown_by(request.param, path, line, tmp_path)


def fish_answer(path, line, folder):
    command = ["fish", "--no-config", "-c", f"source {path}; complete -C '{line}'"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    return " ".join(line.split("\t")[0] for line in done.stdout.splitlines())


def shown_by(shell, path, line, folder):
    """What stands on the screen of an interactive shell after a line and the Tab key."""
    import pty

    command, ready = INTERACTIVE[shell]
    child, terminal = pty.fork()
    if not child:
        os.chdir(folder)
        environment = os.environ | {"TERM": "dumb", "PS1": "", "COLUMNS": "400", "LINES": "200"}
        os.execvpe(command[0], command, environment)
    try:
        prompt = f"PS1='{PROMPT[:3]}''{PROMPT[3:]}'"
        os.write(terminal, f'{ready}eval "$(cat {path})"; {prompt}\n'.encode())
        read_until(terminal, lambda text: PROMPT in text)
        os.write(terminal, f"{line}{TAB}{TAB}".encode())
        time.sleep(0.1)
        os.write(terminal, b" \x01: \x05\necho en'd'\n")  # not run, as it is the word of a no-op
        return read_until(terminal, lambda text: "\nend" in text)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)


def read_until(terminal, is_there, timeout_s=20):
    import select

    text, end = "", time.monotonic() + timeout_s
    while not is_there(text):
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            pytest.fail(f"the shell went silent after {text!r}")
        text += os.read(terminal, 65536).decode(errors="replace")
    return text


def test_options_and_their_values_are_completed(completed):
    assert "--contrast" in completed("tif2video --contr")
    said = completed("tif2video --scale-bar-corner bottom-")
    assert "bottom-left" in said
    assert "bottom-right" in said
    assert "top-left" not in said


def test_words_that_a_value_may_be_are_completed(completed):
    assert "median" in completed("tif2video --z med")


def test_sources_are_files_and_folders(completed):
    said = completed("tif2video fram")
    assert "frames/" in said
    assert "frames.tif" in said


def test_folders_are_completed_where_a_folder_is_wanted(completed):
    said = completed("tif2video --output-dir ")
    assert "videos/" in said
    assert "frames.tif" not in said


FILES = {
    "pos_0", "__settings", "_o", "__output", "__report", "__inspect", "__follow", "__segmentation",
    "__tracks", "__points", "__shapes",
}  # fmt: skip
WORDS = {
    "width": "full", "channel": "all each", "z": "max mean sum median", "position": "each",
    "follow_id": "each", "completion": "bash zsh fish", "reuse": "rule numbers",
}  # fmt: skip


def test_what_each_option_is_completed_with(cli):
    script = cli("--completion", "bash").out
    named = dict(re.findall(r"^_shtab_tif2video_(\w+)_COMPGEN=_shtab_compgen_(\w+)$", script, re.M))
    assert named == dict.fromkeys(FILES, "files") | dict.fromkeys(
        ("__output_dir", "__demo"), "dirs"
    )
    found = dict(re.findall(r"^_shtab_tif2video___(\w+)_choices=\((.*)\)$", script, re.M))
    listed = {name: " ".join(s.choices) for name, s in SETTINGS.items() if s.choices}
    assert found == listed | WORDS
    assert script.endswith("\n")
    assert not script.endswith("\n\n")


def test_only_a_script_is_printed(cli, tmp_path):
    ended = cli("--completion", "bash", tmp_path, "--width", "300")
    assert ended.code == 2
    assert str(tmp_path) in ended.error_line
    assert "--width" in ended.error_line
    assert "choose from" in cli("--completion", "csh").error_line
