"""The outlines of the oblasts on a flat map, and where a point stands on it. Pure but for the files in `seeds/`."""

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings

WIDTH: Final = 640
MARGIN: Final = 12


class Chart(NamedTuple):
    """A map of `WIDTH` by `height`; `paths` are SVG outlines. A degree is `scale` units high, `scale * flat` wide."""

    height: int
    paths: tuple[str, ...]
    west: float
    north: float
    scale: float
    flat: float

    def point(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a place stands on the map."""
        x = MARGIN + (longitude - self.west) * self.scale * self.flat
        return round(x, 1), round(MARGIN + (self.north - latitude) * self.scale, 1)


def _rings(folder: Path) -> list[list[tuple[float, float]]]:
    rings = []
    for file in sorted(folder.glob("*.geojson")):
        for feature in json.loads(file.read_text("utf-8"))["features"]:
            shape = feature["geometry"]
            polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
            rings += [[(point[0], point[1]) for point in polygon[0]] for polygon in polygons]
    return rings


@lru_cache(maxsize=1)
def chart() -> Chart:
    """The map of the oblasts in `seeds/outlines`; degrees of longitude as short as they are at its middle."""
    rings = _rings(Path(settings.BASE_DIR) / "seeds" / "outlines")
    longitudes = [point[0] for ring in rings for point in ring]
    latitudes = [point[1] for ring in rings for point in ring]
    west, north = min(longitudes), max(latitudes)
    flat = math.cos(math.radians((north + min(latitudes)) / 2))
    scale = (WIDTH - 2 * MARGIN) / ((max(longitudes) - west) * flat)
    height = round((north - min(latitudes)) * scale) + 2 * MARGIN
    bare = Chart(height, (), west, north, scale, flat)
    paths = ("M" + "L".join("{} {}".format(*bare.point(*point)) for point in ring) + "Z" for ring in rings)
    return bare._replace(paths=tuple(paths))
