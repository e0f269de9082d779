"""The rooms: what coordinators, supervisors, administrators and auditors work in."""
