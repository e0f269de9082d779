"""Who owns a case: the machine's choice, a coordinator's, or one's own; and what happens when they leave.

`choosing` reads who could have it, `giving` gives, `machine` does it by itself, `hands` is what people press,
`duty` is who is here: shifts, absence, and where the cases of somebody who leaves go.
"""

from cases.domain.assignment.choosing import choose
from cases.domain.assignment.duty import (
    cancel_shift,
    edited_step,
    off_at_end,
    plan_shift,
    rehome,
    report_absence,
    set_duty,
)
from cases.domain.assignment.giving import case_link, end_live, enqueue_step, give, hurry_step, wake_step
from cases.domain.assignment.hands import assign, claim, decline, hand_back, pass_on
from cases.domain.assignment.machine import auto, expire, pass_on_step

__all__ = [
    "assign",
    "auto",
    "cancel_shift",
    "case_link",
    "choose",
    "claim",
    "decline",
    "edited_step",
    "end_live",
    "enqueue_step",
    "expire",
    "give",
    "hand_back",
    "hurry_step",
    "off_at_end",
    "pass_on",
    "pass_on_step",
    "plan_shift",
    "rehome",
    "report_absence",
    "set_duty",
    "wake_step",
]
