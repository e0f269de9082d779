"""Calls as the telephone brings them: ringing, claimed by one of many, ended, called back.

Without a telephone everything works by hand: a call is then what an operator records.
"""

from cases.domain.calls.conduct import NotTheWord, confirm, hash_word, listen, reached, stop_listening, warn
from cases.domain.calls.ending import (
    NOT_REACHED,
    finish_step,
    hang_up,
    let_go_step,
    not_reached,
    recuse,
    to_be_called_back,
)
from cases.domain.calls.exchange import heard, settle
from cases.domain.calls.taking import OneCallAtATime, call_back, claim, ring_step, take_over

__all__ = [
    "NOT_REACHED",
    "NotTheWord",
    "OneCallAtATime",
    "call_back",
    "claim",
    "confirm",
    "finish_step",
    "hang_up",
    "hash_word",
    "heard",
    "let_go_step",
    "listen",
    "not_reached",
    "reached",
    "recuse",
    "ring_step",
    "settle",
    "stop_listening",
    "take_over",
    "to_be_called_back",
    "warn",
]
