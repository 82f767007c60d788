"""The settings of a video as a form, and back: a field for every setting, in rows."""

from .fields import Choice
from .form import SettingsForm
from .rows import FIXED

__all__ = ["FIXED", "Choice", "SettingsForm"]
