"""Rows that belong to a firm: the abstract model and the query set that never crosses firms."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar, cast

from django.db import models

from instep.kernel.errors import NotFound

M = TypeVar("M", bound=models.Model)


def firm_id_of(firm: Any) -> int:
    """The id of a firm given as a Firm or as its id."""
    return int(getattr(firm, "pk", firm))


class FirmQuerySet(models.QuerySet[M]):
    """Query set of a firm's rows: every fetch goes through `of` or `get_of`."""

    def of(self, firm: Any) -> Self:
        """Only the rows of `firm` (a Firm or its id)."""
        return self.filter(firm_id=firm_id_of(firm))

    def get_of(self, firm: Any, pk: Any, what: str = "record") -> M:
        """The row with this key in this firm; NotFound when there is none or when it is another firm's: one answer."""
        try:
            return self.of(firm).get(pk=pk)
        except (self.model.DoesNotExist, ValueError, TypeError):
            raise NotFound(what=what) from None


class FirmRow(models.Model):
    """A row of one firm. Constraints and indexes of subclasses start with `firm`, so the key needs no index itself."""

    firm = models.ForeignKey("identity.Firm", on_delete=models.PROTECT, related_name="+", db_index=False)

    # To a type checker the manager is the query set it stands for: `of` and `get_of` follow any chain.
    objects: ClassVar[FirmQuerySet[Self]] = cast("Any", FirmQuerySet.as_manager())

    class Meta:
        abstract = True
