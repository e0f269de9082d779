"""The rooms: what coordinators, supervisors, administrators and auditors work in.

The site itself is imported from this package before anything can be registered on it, so the rooms are imported by
the configuration of the app, when the site stands.
"""

ROOMS = ("cases", "matches", "reference", "rules", "staff", "roster", "partners", "audit")
