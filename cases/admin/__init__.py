"""The rooms: what coordinators, supervisors, administrators and auditors work in."""

from cases.admin import audit, cases, partners, reference, staff

__all__ = ["audit", "cases", "partners", "reference", "staff"]
