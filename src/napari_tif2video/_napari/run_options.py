"""What is done with a finished video besides giving it its name."""

from __future__ import annotations

from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from .destination import stored


class RunOptions(QWidget):
    """Whether finished videos are verified, and whether their recipes are files, too."""

    def __init__(self) -> None:
        super().__init__()
        self.verify = QCheckBox("Verify")
        self.verify.setToolTip(
            "Decode each finished video and compare it with the frames before it gets its name"
        )
        self.sidecar = QCheckBox("Recipe file")
        self.sidecar.setToolTip("The recipe of each video as a file beside it, too: NAME.json")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        for name, check in self._checks.items():
            check.setChecked(str(stored().value(name, "")) == "true")
            line.addWidget(check)
        line.addStretch()

    @property
    def _checks(self) -> dict[str, QCheckBox]:
        return {"verify": self.verify, "sidecar": self.sidecar}

    @property
    def chosen(self) -> tuple[str, ...]:
        """Those that are on, as `convert` calls them."""
        return tuple(name for name, check in self._checks.items() if check.isChecked())

    def remember(self) -> None:
        """Keep them for the next start."""
        for name, check in self._checks.items():
            stored().setValue(name, "true" if check.isChecked() else "false")
