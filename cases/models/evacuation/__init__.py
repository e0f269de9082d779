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
from cases.models.evacuation.field import (
    Crew,
    FieldDevice,
    FieldEntry,
    HeardSafe,
    Manifest,
    Stay,
    StopAck,
    StopChange,
)
from cases.models.evacuation.requests import (
    BestInterests,
    Decision,
    EvacuationRequest,
    Release,
    Traveller,
    TravelTie,
)

__all__ = [
    "PLACES",
    "BestInterests",
    "Convoy",
    "Corridor",
    "Crew",
    "Decision",
    "EvacuationRequest",
    "FieldDevice",
    "FieldEntry",
    "HeardSafe",
    "Incident",
    "Leg",
    "Manifest",
    "Release",
    "Seat",
    "Stay",
    "Stop",
    "StopAck",
    "StopChange",
    "TravelTie",
    "Traveller",
    "Vehicle",
    "Window",
]
