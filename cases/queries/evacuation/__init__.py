"""What planners read of corridors, convoys and those who wait: references, sizes and places, and no names."""

from cases.queries.evacuation.board import Board, board
from cases.queries.evacuation.choices import Choices, choices
from cases.queries.evacuation.corridor import CorridorPage, corridor_page, zone_of_corridor
from cases.queries.evacuation.drivers import Drivers, drivers
from cases.queries.evacuation.manifest import Manifest, manifest, vetted_offers
from cases.queries.evacuation.moves import MustMove, called, must_move
from cases.queries.evacuation.parked import ParkedPeople, parked
from cases.queries.evacuation.proposal import Planned, Proposal, propose

__all__ = [
    "Board",
    "Choices",
    "CorridorPage",
    "Drivers",
    "Manifest",
    "MustMove",
    "ParkedPeople",
    "Planned",
    "Proposal",
    "board",
    "called",
    "choices",
    "corridor_page",
    "drivers",
    "manifest",
    "must_move",
    "parked",
    "propose",
    "vetted_offers",
    "zone_of_corridor",
]
