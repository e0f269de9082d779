"""Run as a script in the system's environment, with PASSWORD and COUNT: so many operators, of one password's hash."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402

from cases.enums import Role  # noqa: E402
from cases.models import Post, User  # noqa: E402

hashed = make_password(sys.argv[1])
for number in range(int(sys.argv[2])):
    name = f"operator{number}"
    user = User.objects.create(username=name, password=hashed, name=name, email=f"{name}@staff.invalid")
    Post.objects.create(user=user, role=Role.OPERATOR)
