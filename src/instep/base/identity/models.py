"""Users, firms and memberships. A user has no firm of its own: memberships tie the two."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from instep.base.identity.permissions import MembershipKind, Role
from instep.base.identity.rows import FirmRow


class UserManager(BaseUserManager["User"]):
    """Finds users by email, whatever its case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Trimmed and lower case throughout: a person types their address either way."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser):
    """A person who signs in (E-46). The email is stored in lower case, which makes it unique whatever the case."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    # Set for one-time passwords: pages let such a user do nothing but choose a new one.
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower")]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = UserManager.normalize_email(self.email)
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class Firm(models.Model):
    """The practice that uses the system; a data set that never mixes with another."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    country = models.CharField(max_length=2)
    zone = models.CharField(max_length=64)
    phone_region = models.CharField(max_length=2)
    vocabulary = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    def today(self, now: dt.datetime | None = None) -> dt.date:
        """The date at the firm's place at `now`."""
        return (now or timezone.now()).astimezone(ZoneInfo(self.zone)).date()


class Membership(FirmRow):
    """A user's role in a firm from `since` up to, not including, `until`."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, default=MembershipKind.STAFF.value)
    role = models.CharField(max_length=20, default=Role.STAFF.value)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "user"], condition=models.Q(until__isnull=True), name="membership_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["firm", "user", "until"], name="membership_firm_user"),
            # Sign-in asks which firms a user belongs to.
            models.Index(fields=["user"], name="membership_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.firm_id}"

    def is_live(self, on: dt.date) -> bool:
        """Whether it counts on that date."""
        return self.since <= on and (self.until is None or on < self.until)
