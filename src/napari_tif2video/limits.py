"""Limits of a whole series: measured once for a region of a stack, and remembered."""

from __future__ import annotations

from typing import Any

from .engine import Execution
from .measuring import limits_of, measure_sequence
from .picture import SequenceLimits
from .plan import Plan


def known_limits(plan: Plan) -> SequenceLimits | None:
    """Limits of the series, if it was measured before; None otherwise."""
    limits: SequenceLimits | None = plan.stack.measured.get(measured_key(plan))
    return limits


def series_limits(plan: Plan, execution: Execution) -> SequenceLimits:
    """Limits of the series, measured unless they are known."""
    limits = known_limits(plan)
    if limits is None:
        with execution.job(plan.frames) as job:
            limits = limits_of(plan, [measure_sequence(plan, job, keep=False)])
        plan.stack.measured[measured_key(plan)] = limits
    return limits


def measured_key(plan: Plan) -> Any:
    """Equal for plans of a stack that have the same measured limits."""
    # Only smoothed limits depend on the shrunk frames.
    size = plan.picture.size if plan.contrast == "smooth" else None
    return plan.picture.box, plan.indices, plan.settings.percentile, size
