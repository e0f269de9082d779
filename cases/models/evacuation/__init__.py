"""Requests and decisions; corridors, windows, convoys, legs and the seats on them."""

from cases.models.evacuation.convoys import (
    PLACES,
    Convoy,
    Corridor,
    Incident,
    Leg,
    Seat,
    Stop,
    Vehicle,
    Window,
)
from cases.models.evacuation.requests import Decision, EvacuationRequest, Release, Traveller, TravelTie

__all__ = [
    "PLACES",
    "Convoy",
    "Corridor",
    "Decision",
    "EvacuationRequest",
    "Incident",
    "Leg",
    "Release",
    "Seat",
    "Stop",
    "TravelTie",
    "Traveller",
    "Vehicle",
    "Window",
]
