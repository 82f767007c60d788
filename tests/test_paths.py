"""Paths and command lines of Windows and of other systems, whichever this one is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tif2video.errors import SettingsError
from napari_tif2video.paths import command_line, expanded

DRIVES = {
    "drive": r"D:\data\pos 1",
    "other slashes": "D:/data/pos1/",
    "share": r"\\server\share\day 1\frames",
    "long": "\\\\?\\D:\\" + "x" * 300,
    "relative": r"..\frames",
    "pattern": r"D:\data\pos*\t[0-9]?.tif",
}


def taken_apart(line):
    """The words that a program gets, by the rules that Microsoft documents for C programs."""
    words, word, in_quotes, at = [], None, False, 0
    while at < len(line):
        slashes, quote = re.compile(r'(\\*)("?)').match(line, at).groups()
        at += len(slashes) + len(quote)
        if slashes or quote:
            word = (word or "") + "\\" * (len(slashes) // 2 if quote else len(slashes))
            if quote and len(slashes) % 2:
                word += '"'
            elif quote:
                in_quotes = not in_quotes
            continue
        if line[at] in " \t" and not in_quotes:
            words, word = (words if word is None else [*words, word]), None
        else:
            word = (word or "") + line[at]
        at += 1
    return words if word is None else [*words, word]


@pytest.mark.parametrize("path", DRIVES.values(), ids=DRIVES)
def test_paths_of_windows_are_taken_as_they_are(path):
    assert expanded(path, is_windows=True) == path
    assert taken_apart(command_line(["tif2video", path], is_windows=True)) == ["tif2video", path]
    assert PureWindowsPath(expanded(path, is_windows=True)) == PureWindowsPath(path)


def test_a_backslash_in_front_of_a_quote():
    """``"D:\\my data\\"`` reaches a program with the quote in the path."""
    typed = taken_apart('tif2video "D:\\my data\\"')[1]
    assert typed == 'D:\\my data"'
    assert expanded(typed, is_windows=True) == "D:\\my data"
    swallowed = taken_apart('tif2video "D:\\my data\\" --width 300')[1]
    with pytest.raises(SettingsError, match="leave out the backslash"):
        expanded(swallowed, is_windows=True)
    assert expanded('say "hi"', is_windows=False) == 'say "hi"'


WORDS = st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8), max_size=4)


@given(WORDS)
def test_a_command_line_gives_its_words_back(words):
    assert taken_apart(command_line(words, is_windows=True)) == words
    assert shlex.split(command_line(words, is_windows=False)) == words


def test_words_are_quoted_as_this_system_does():
    words = ["tif2video", r"D:\a", "a b"]
    assert command_line(words, is_windows=True) == r'tif2video D:\a "a b"'
    assert command_line(words, is_windows=False) == r"tif2video 'D:\a' 'a b'"
    assert command_line(words) == command_line(words, is_windows=os.name == "nt")
    assert (expanded('a"') == 'a"') == (os.name != "nt")


def test_an_empty_path_is_none():
    for words, what in ((["the name"], "the name"), ([], "a source")):
        with pytest.raises(SettingsError) as caught:
            expanded(" ", *words)
        assert str(caught.value) == f"{what} is empty; name a file or folder"


@given(st.text('a \\"', max_size=8))
def test_quotes_are_those_of_python(word):
    word = f"a {word}"  # which needs quotes in any case
    assert command_line([word], is_windows=True) == subprocess.list2cmdline([word])


@pytest.mark.parametrize("word", ["a&b", "x^2", "<1>", "100%", "(1)", "*_C0_*.tif", "a;b", ""])
def test_what_means_something_to_a_shell_is_quoted(word):
    assert command_line([word], is_windows=True) == f'"{word}"'


@pytest.mark.skipif(os.name != "nt", reason="needs Windows")
@pytest.mark.parametrize("slash", ["\\", "/"])
def test_patterns_with_either_slash(tmp_path, cli, slash):
    for name in ("pos1", "pos2"):
        (tmp_path / name).mkdir()
    ended = cli(f"{tmp_path}{slash}pos*{slash}", "--dry-run")
    assert "pos1" in ended.out
    assert "pos2" in ended.out
