"""Run as a script in the system's environment: the staff that the chaos needs, with one password."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
django.setup()

from cases.enums import Role  # noqa: E402
from cases.models import Post, User  # noqa: E402

WHOLE_ROOM = 32_767
STAFF = {"olena": Role.OPERATOR, "taras": Role.COORDINATOR, "iryna": Role.COORDINATOR}

for name, role in STAFF.items():
    user = User.objects.create_user(username=name, password=sys.argv[1], name=name, email=f"{name}@staff.invalid")
    Post.objects.create(user=user, role=role, on_duty=role == Role.COORDINATOR, capacity=WHOLE_ROOM)
