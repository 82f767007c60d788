"""The settings of a video as a form, and back: a field for every setting, in rows."""

from .fields import Choice
from .form import OF_DATA, SettingsForm
from .rows import FIXED

__all__ = ["FIXED", "OF_DATA", "Choice", "SettingsForm"]
