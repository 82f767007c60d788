"""The settings of a video as a form, and back: a field for every setting, in rows."""

from .fields import Choice
from .form import SettingsForm
from .rows import FIXED, in_words

__all__ = ["FIXED", "Choice", "SettingsForm", "in_words"]
