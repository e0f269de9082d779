"""Staff and the posts they hold."""

import uuid
from datetime import datetime
from typing import Any, Self

from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONArray
from django.utils import timezone

from cases.actors import Actor, Posting, Staff
from cases.enums import Language, Role, Skill
from cases.models.base import Row, Rows, one_of, text_choice


class UserRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self if isinstance(actor, Staff) else self.none()

    def with_posts(self) -> Self:
        """With the posts they hold now as [role, path of the area], so that who asks costs one statement."""
        held = Post.objects.held().filter(user=OuterRef("pk")).order_by("pk")
        return self.annotate(held_posts=ArraySubquery(held.values(posting=JSONArray("role", "area__path"))))


class UserManager(BaseUserManager.from_queryset(UserRows)):  # type: ignore[misc]
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user  # type: ignore[no-any-return]

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)  # type: ignore[no-any-return]


class User(AbstractBaseUser, Row):
    """Somebody who signs in. What they may do comes from posts alone; there is no superuser."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80, help_text="As colleagues see it: Olena K.")
    email = models.EmailField(blank=True)
    language = text_choice(Language, default=Language.EN)
    time_zone = models.CharField(max_length=40, default="Europe/Kyiv")
    # What cases are given by. No language on record is no reason to pass somebody over.
    speaks = ArrayField(text_choice(Language), default=list, blank=True)
    skills = ArrayField(text_choice(Skill), default=list, blank=True)
    partner = models.ForeignKey("cases.Partner", null=True, blank=True, on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)
    # Opens what this browser keeps while the server is away; another one after each sign-out.
    vault = models.UUIDField(default=uuid.uuid4, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    is_superuser = False

    class Meta:
        constraints = [one_of("language", Language, "user_language_known")]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        """Django's admin asks this; the policy decides what is inside."""
        return self.is_active and self.partner_id is None

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and any(
            backend.has_perm(self, perm, obj) for backend in get_backends() if hasattr(backend, "has_perm")
        )

    def has_perms(self, perms: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    @property
    def on_duty(self) -> bool:
        """On duty in any post held now."""
        return Post.objects.on_duty().filter(user=self).exists()

    def as_actor(self, at: datetime | None = None) -> Staff:
        """The actor of this moment, with the posts held now (one query, none after `with_posts`)."""
        posts = getattr(self, "held_posts", None)
        if posts is None or at is not None:
            posts = Post.objects.held(at).filter(user=self).values_list("role", "area__path")
        return Staff(self.pk, self.name, tuple(Posting(role, path or "") for role, path in posts), self.language)


class PostRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self if isinstance(actor, Staff) else self.none()

    def held(self, at: datetime | None = None) -> Self:
        now = at or timezone.now()
        return self.filter(Q(until__isnull=True) | Q(until__gt=now), since__lte=now, user__is_active=True)

    def on_duty(self, at: datetime | None = None) -> Self:
        return self.held(at).filter(on_duty=True)


class Post(Row):
    """A role somebody holds, over an area, for a time. `capacity` is open cases at once."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts")
    role = text_choice(Role)
    area = models.ForeignKey("cases.Place", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    on_duty = models.BooleanField(default=False)
    on_since = models.DateTimeField(null=True, blank=True, editable=False)
    capacity = models.PositiveSmallIntegerField(default=8)

    objects = PostRows.as_manager()

    class Meta:
        constraints = [
            one_of("role", Role, "post_role_known"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=models.F("since")), name="post_ends_after_it_began"
            ),
        ]
        indexes = [models.Index(fields=["role"], name="post_on_duty", condition=Q(on_duty=True))]

    def __str__(self) -> str:
        return f"{self.get_role_display()}"
