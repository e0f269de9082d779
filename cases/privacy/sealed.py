"""Model fields whose value is unreadable until `disclosure.reveal` has opened it, and that write only ciphertext.

A model with sealed fields has `uid` and `data_key` (a DataKey with `plain()`); a value is sealed in `pre_save`,
bound to its table, column and row. `QuerySet.update()` of a sealed field is refused.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from cases.privacy import cipher


class StillSealed(RuntimeError):
    """A sealed attribute was read before `disclosure.reveal()` opened it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertext as it came from the database; its text says nothing."""

    ciphertext: bytes

    def __repr__(self) -> str:
        return "<sealed>"


class Opened(str):
    """Plain text that a reveal produced; saving it again changes nothing unless it was replaced."""

    __slots__ = ("ciphertext",)
    ciphertext: bytes


class _SealedAttribute(DeferredAttribute):
    def __get__(self, instance: models.Model | None, owner: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, owner)
        if isinstance(value, Sealed):
            raise StillSealed(f"{type(instance).__name__}.{self.field.attname} is sealed: use disclosure.reveal()")
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        # A data descriptor: otherwise the instance's dictionary would answer before __get__ is asked.
        instance.__dict__[self.field.attname] = value


class SealedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text kept as AES-GCM ciphertext. `max_text` bounds what may be written, in characters."""

    descriptor_class = _SealedAttribute

    def __init__(self, *args: Any, max_text: int = 20_000, **kwargs: Any) -> None:
        self.max_text = max_text
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        if self.max_text != 20_000:
            kwargs["max_text"] = self.max_text
        return name, path, args, kwargs

    def context(self, row: Any) -> str:
        return f"{row._meta.db_table}.{self.column}:{row.uid}"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        if isinstance(value, Opened):
            return Sealed(value.ciphertext)
        if not isinstance(value, str):
            raise TypeError(f"{self.attname} takes text")
        if "\0" in value or len(value) > self.max_text:
            raise ValueError(f"{self.attname}: null byte, or over {self.max_text} characters")
        return Sealed(cipher.seal_text(model_instance.data_key.plain(), value, self.context(model_instance)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is sealed: only save() writes it")
        return super().get_db_prep_value(value.ciphertext, connection, prepared)

    def value_to_string(self, obj: Any) -> str:
        return "<sealed>"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is sealed: look it up by its blind index")
        return super().get_lookup(lookup_name)


def sealed_fields(model: type[models.Model]) -> list[SealedTextField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, SealedTextField)]


def open_row(row: Any, key: bytes, fields: list[SealedTextField]) -> None:
    """Decrypt a row's sealed fields in place. Only `cases.disclosure` may call this."""
    for field in fields:
        value = row.__dict__.get(field.attname)
        if isinstance(value, Sealed):
            text = Opened(cipher.open_text(key, value.ciphertext, field.context(row)))
            text.ciphertext = value.ciphertext
            row.__dict__[field.attname] = text
