"""The way out: corridors, windows, convoys and vehicles; requests, decisions and the places people have on a convoy.

`corridors` and `convoys` are what dispatchers plan, `cars` are families' own, `vetting` is of who drives others,
`suspending` stops and resumes them; `asking`, `counting` and `decisions` are what people want, how many they are and
what they decide, `interests` what two of the staff decide for who cannot, `lapsing` ends what waited too long for a
second person, `consent` is what a confirmation asks for; `holding`, `moving` and `applying` give and take places,
`waiting` gives what comes free to who waits, `telling` has households told. `seats`, `legs` and `locking` are what they
share.
"""

from cases.domain.evacuation.applying import Applied, apply_plan
from cases.domain.evacuation.asking import await_check_step, checked_step, redirect, redirect_step, take_up, verify
from cases.domain.evacuation.cars import add_own_car
from cases.domain.evacuation.convoys import (
    VehicleFacts,
    add_vehicle,
    bring_back,
    change_vehicle,
    clear,
    drop_out,
    plan_convoy,
)
from cases.domain.evacuation.corridors import (
    StopFacts,
    add_window,
    agree_publicity,
    close_corridor,
    open_corridor,
    plan_corridor,
    propose_publicity,
)
from cases.domain.evacuation.counting import count, counted
from cases.domain.evacuation.decisions import assess, decide, entrust, part
from cases.domain.evacuation.holding import confirm, hold, lapse, let_go_step, release, settled_step
from cases.domain.evacuation.interests import agree_interests, propose_interests, refuse_interests
from cases.domain.evacuation.lapsing import lapse_interests, lapse_publicity, lapse_resume
from cases.domain.evacuation.locking import case_legs_step
from cases.domain.evacuation.moving import move, rebook
from cases.domain.evacuation.seats import derive_step, parted_step, waits_step, watch_step
from cases.domain.evacuation.suspending import propose_resume, resume, suspend
from cases.domain.evacuation.telling import call, write, write_again
from cases.domain.evacuation.vetting import open_driver, vet_driver, withdraw_vetting
from cases.domain.evacuation.waiting import look, offer

__all__ = [
    "Applied",
    "StopFacts",
    "VehicleFacts",
    "add_own_car",
    "add_vehicle",
    "add_window",
    "agree_interests",
    "agree_publicity",
    "apply_plan",
    "assess",
    "await_check_step",
    "bring_back",
    "call",
    "case_legs_step",
    "change_vehicle",
    "checked_step",
    "clear",
    "close_corridor",
    "confirm",
    "count",
    "counted",
    "decide",
    "derive_step",
    "drop_out",
    "entrust",
    "hold",
    "lapse",
    "lapse_interests",
    "lapse_publicity",
    "lapse_resume",
    "let_go_step",
    "look",
    "move",
    "offer",
    "open_corridor",
    "open_driver",
    "part",
    "parted_step",
    "plan_convoy",
    "plan_corridor",
    "propose_interests",
    "propose_publicity",
    "propose_resume",
    "rebook",
    "redirect",
    "redirect_step",
    "refuse_interests",
    "release",
    "resume",
    "settled_step",
    "suspend",
    "take_up",
    "verify",
    "vet_driver",
    "waits_step",
    "watch_step",
    "withdraw_vetting",
    "write",
    "write_again",
]
