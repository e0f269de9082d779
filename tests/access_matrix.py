"""Who may open which route: `name of the route` → public | staff | partner | ops.

public: anybody, signed in or not. staff: who is signed in; roles and rows are asked behind it. partner: an API key.
ops: the machinery of the deployment (health, metrics), which a proxy keeps to itself.
A name carries its namespace ("admin:index"); a route without a name stands under its pattern ("^static/…").
"""

from typing import Final

ROUTES: Final[dict[str, str]] = {}
