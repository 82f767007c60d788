"""Messages speak with one voice: the rules of CONTRIBUTING.md that can be checked in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import napari_tif2video

SOURCE = Path(napari_tif2video.__file__).parent
ERRORS = {"SettingsError", "SourceError", "OutputError", "OutputExistsError", "EncodingError"}

# What is not said, and the word that is.
NOT_SAID = {
    r"please|sorry|oops|simply|successfully": "nothing",
    r"can't|could not|couldn't|unable|failed to": "cannot",
    r"cannot be combined|mutually exclusive|incompatible": "exclude each other",
    r"e\.g\.|for example": "such as",
    r"invalid|illegal|bad value": "expected ..., got ...",
    r"corrupt\w*": "damaged",
    r"ignor(ed|ing)|skipping|dropp(ed|ing)": "left out",
    r"recomputed|redone": "made anew",
}


def text_of(node):
    """A string or f-string, with braces where values come; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "{}" for part in node.values)
    return None


def raised():
    """Each text that an error of ours is made of, with its place."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_error = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS
            if is_error and node.args and (text := text_of(node.args[0])):
                yield pytest.param(text, id=f"{path.relative_to(SOURCE)}:{node.lineno}")


RAISED = list(raised())


def test_there_are_messages_to_look_at():
    assert len(RAISED) > 150


@pytest.mark.parametrize("text", RAISED)
def test_an_error_is_one_line_in_one_voice(text):
    assert text == " ".join(text.split()).strip() or text.startswith("{}")
    assert not text.endswith((".", "!"))
    assert not re.search(r"\. [A-Z]", text), "one sentence, with semicolons"
    # As the original said it, which old scripts may look for.
    assert text[0].islower() or text[0] in "{-'" or text.startswith("No ")
    for words, instead in NOT_SAID.items():
        found = re.search(rf"\b(?:{words})\b", text, re.IGNORECASE)
        assert not found, f"'{found[0]}': {instead}"
    assert len(re.sub(r"\{\}", "", text)) <= 200
