"""Limits of a whole series: measured once for a region of a stack, and remembered."""

from __future__ import annotations

from typing import Any

from .engine import Execution
from .plan import Plan
from .render import ChannelLimits, measure_sequence


def known_limits(plan: Plan) -> ChannelLimits | None:
    """Limits of the series, if it was measured before; None otherwise."""
    limits: ChannelLimits | None = plan.stack.measured.get(_region(plan))
    return limits


def series_limits(plan: Plan, execution: Execution) -> ChannelLimits:
    """Limits of the series, measured unless they are known."""
    limits = known_limits(plan)
    if limits is None:
        with execution.job(plan.frames) as job:
            limits = measure_sequence(plan, job, keep=False).limits
        plan.stack.measured[_region(plan)] = limits
    return limits


def _region(plan: Plan) -> Any:
    return plan.picture.box, plan.indices
