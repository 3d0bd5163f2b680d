"""Settings: the frozen base of everything a user can set, and the fields that forms understand.

A field's limits, options, title and help stand beside its default, once; validation, forms, JSON and error
sentences are read from there.
"""

import difflib
from collections.abc import Mapping
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_serializer, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from imgrec.errors import SettingsError


def whole(default: int, low: int, high: int, help: str = "", *, step: int = 1, title: str = "") -> Any:
    """Declare a whole number from low to high."""
    return Field(default, ge=low, le=high, title=title or None, description=help, json_schema_extra={"step": step})


def number(
    default: float, low: float, high: float, help: str = "", *, step: float = 0.01, log: bool = False, title: str = ""
) -> Any:
    """Declare a number from low to high; log says that its useful values span orders of magnitude."""
    extra: dict[str, Any] = {"step": step, "log": log}
    return Field(default, ge=low, le=high, title=title or None, description=help, json_schema_extra=extra)


def choice(default: Any, *options: Any, help: str = "", title: str = "") -> Any:
    """Declare one of several values."""
    return Field(default, title=title or None, description=help, json_schema_extra={"options": list(options)})


def switch(default: bool, help: str = "", *, title: str = "") -> Any:
    """Declare something that is on or off."""
    return Field(default, title=title or None, description=help)


def entry(default: Any, table: Mapping[str, Any], help: str = "", *, title: str = "") -> Any:
    """Declare one entry of a table of NamedSettings, with its own settings."""
    return Field(default, title=title or None, description=help, json_schema_extra={"entries": dict(table)})


class Settings(BaseModel):
    """A frozen value that carries its own limits. Unknown keys and wrong types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def parse(cls, data: object) -> Self:
        """Make settings of data from outside. Raises SettingsError with the sentence to show."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise SettingsError(sentence(cls, error)) from None

    def replace(self, **changes: Any) -> Self:
        """Return these settings with some fields changed. Raises SettingsError where a value does not fit."""
        return self.parse({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})

    @model_validator(mode="after")
    def _options_are_kept(self) -> Self:
        for name, field in type(self).model_fields.items():
            allowed = options(field)
            if allowed and getattr(self, name) not in allowed:
                raise PydanticCustomError("said", "{said}", {"said": _needs(type(self), name, getattr(self, name))})
        return self


class NamedSettings(Settings):
    """Settings that say in JSON which class they are: {"type": "Conv2D", "filters": 32, …}."""

    @model_serializer(mode="wrap")
    def _with_type(self, handler: Any) -> dict[str, Any]:
        return {"type": type(self).__name__, **handler(self)}


def parse_named(table: Mapping[str, type[NamedSettings]], what: str, data: object) -> Any:
    """Make the entry of table that data["type"] names; for a pydantic BeforeValidator."""
    if isinstance(data, NamedSettings) and type(data) in table.values():
        return data
    if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
        said = f'A {what} needs the form {{"type": …, …}}. Received: {_short(data)}.'
        raise PydanticCustomError("said", "{said}", {"said": said})
    rest = {key: value for key, value in data.items() if key != "type"}
    name = data["type"]
    if name not in table:
        raise PydanticCustomError("said", "{said}", {"said": unknown(what, name, table)})
    try:
        return table[name].model_validate(rest)
    except ValidationError as error:
        raise PydanticCustomError("said", "{said}", {"said": sentence(table[name], error)}) from None


def options(field: FieldInfo) -> list[Any]:
    """Return the values that a choice offers, or nothing for other fields."""
    extra = field.json_schema_extra
    found = extra.get("options", []) if isinstance(extra, dict) else []
    return found if isinstance(found, list) else []


def entries(field: FieldInfo) -> dict[str, Any]:
    """Return the table that a field takes its value from, or nothing for other fields."""
    extra = field.json_schema_extra
    found = extra.get("entries", {}) if isinstance(extra, dict) else {}
    return found if isinstance(found, dict) else {}


def limits(field: FieldInfo) -> tuple[float, float] | None:
    """Return the lowest and highest value of a number field, or None for other fields."""
    low = [m.ge for m in field.metadata if hasattr(m, "ge")]
    high = [m.le for m in field.metadata if hasattr(m, "le")]
    return (low[0], high[0]) if low and high else None


def is_log(field: FieldInfo) -> bool:
    """Return whether useful values of a number field span orders of magnitude."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("log"))


def is_whole(field: FieldInfo) -> bool:
    """Return whether a field takes whole numbers alone."""
    return int in {field.annotation, *get_args(field.annotation)}  # also int | None


def title(name: str, field: FieldInfo) -> str:
    """Return the words that stand above a field in a form: "Learning rate" for learning_rate."""
    return field.title or name.replace("_", " ").capitalize()


def sentence(cls: type[Settings], error: ValidationError) -> str:
    """Say the first problem of a validation error in words: what is needed, what was received."""
    problem = error.errors(include_url=False)[0]
    owner, where = cls, list(problem["loc"])
    place = ""
    while len(where) > 1:
        step = where.pop(0)
        if isinstance(step, int):
            continue
        annotation = owner.model_fields[str(step)].annotation
        kinds = [annotation, *get_args(annotation)]  # also Transfer | None
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Settings)), None)
        if inner is not None:
            owner = inner
        elif isinstance(where[0], int):
            place = f"Entry {where[0] + 1} of {step}: "
    if problem["type"] == "said":
        return place + str(problem["ctx"]["said"])
    name = str(where[0]) if where else ""
    if problem["type"] == "extra_forbidden":
        return unknown(f"setting of {owner.__name__}", name, owner.model_fields)
    if not where or problem["type"] in {"model_type", "dict_type"}:
        return f"{name or owner.__name__} needs settings as key and value pairs. Received: {_short(problem['input'])}."
    return place + _needs(owner, name, problem["input"])


def unknown(what: str, name: str, known: Mapping[str, Any] | list[str]) -> str:
    """Say that a name is not known, which one was probably meant, and which there are."""
    close = difflib.get_close_matches(name, list(known), n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"Unknown {what}: {_short(name)}.{meant} Known: {', '.join(known) or 'none'}."


def _needs(cls: type[Settings], name: str, received: object) -> str:
    field = cls.model_fields[name]
    allowed, bounds = options(field), limits(field)
    if allowed:
        need = "one of " + ", ".join(map(str, allowed))
    elif bounds and is_whole(field):
        need = f"a whole number from {bounds[0]:,} to {bounds[1]:,}"
    elif bounds:
        need = f"a number from {bounds[0]:g} to {bounds[1]:g}"
    elif field.annotation is bool:
        need = "true or false"
    elif field.annotation is str:
        need = "a text"
    elif float in get_args(field.annotation):  # float | None
        need = "a number"
    else:
        need = "a list"
    return f"{cls.__name__}.{name} needs {need}. Received: {_short(received)}."


def _short(value: object) -> str:
    """Return a value as Python writes it, cut off where it is long."""
    try:
        text = repr(value)
    except RecursionError:  # JSON may be nested a little deeper than Python can write
        return "what is nested too deeply to be shown"
    return text if len(text) <= 60 else text[:57] + "…"
