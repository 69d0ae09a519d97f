"""`RecordedFunction`: a function as a worker: what a form offers of it, and how it is called."""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Generic, ParamSpec, TypeVar

from ..events.answers import WorkerInfo, WorkerOption
from .capture import capture_names

P = ParamSpec("P")
T = TypeVar("T")

_TYPES: Final = {str: "text", bool: "boolean", int: "integer", float: "number"}
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")


class RecordedFunction(Generic[P, T]):
    """A function as a worker. Called, it is the plain function.

    The first parameter is the task, a parameter ``brand`` gets the brand, and the other ones are options of
    the form. ``info`` describes it as a worker, ``stages`` are its planned stages.
    """

    def __init__(
        self,
        function: Callable[P, T],
        *,
        stages: Sequence[str] = (),
        name: str | None = None,
        description: str | None = None,
        id: str | None = None,
        capture: str | Collection[str] | None = None,
        locals: bool = False,
    ) -> None:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{_name(function)} yields. A worker returns its result: write what it yields to an artifact."
            )
        self.function = function
        self.stages = tuple(stages)
        self.capture = capture_names(capture)
        self.locals = locals
        self._task, self._takes_brand, self._parameters = _parameters(function)
        words = name or _name(function).replace("_", " ").strip()
        self.info = WorkerInfo(
            id=id or slug(_name(function)),
            name=words if name else words[:1].upper() + words[1:],
            description=description
            or (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " "),
            options=tuple(option for option, _, _ in self._parameters),
        )
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.function(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<worker {self.info.id!r}>"

    def required(self, options: Mapping[str, Any]) -> list[str]:
        """The options without a default that have no value in ``options``."""
        return [
            option.name
            for option, parameter, _ in self._parameters
            if parameter.default is parameter.empty and options.get(option.name) is None
        ]

    def call(self, task: str, brand: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Callable[[], T]:
        """The call for a request, to be made later. Options without a value have their default."""
        values: dict[str, Any] = {}
        for option, _, choices in self._parameters:
            value = options.get(option.name)
            if value is not None:
                values[option.name] = choices.get(value, value) if choices else value
        if self._takes_brand:
            values["brand"] = None if brand is None else dict(brand)
        function: Any = self.function
        return functools.partial(function, *([task] if self._task else []), **values)


def slug(name: str) -> str:
    """The id of a worker with this name: lower case, with hyphens.

    >>> slug("weekly_digest"), slug("Übersicht 2")
    ('weekly-digest', 'ubersicht-2')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _SEPARATORS.sub("-", plain).strip("-") or "worker"


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _parameters(
    function: Callable[..., Any],
) -> tuple[bool, bool, list[tuple[WorkerOption, inspect.Parameter, dict[str, Any]]]]:
    """Whether the function takes a task, whether a brand, and its options."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{_name(function)} has no signature that can be read: {error}") from None
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # names that are unknown here, as those under TYPE_CHECKING
        hints = {}
    task = brand = False
    options: list[tuple[WorkerOption, inspect.Parameter, dict[str, Any]]] = []
    for position, parameter in enumerate(signature.parameters.values()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name == "brand":
            brand = True
        elif position == 0 and parameter.kind is not parameter.KEYWORD_ONLY:
            task = True
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(f"{_name(function)}: the option {parameter.name!r} cannot be positional only.")
        else:
            option = _option(parameter, hints.get(parameter.name, parameter.annotation))
            if option is not None:
                options.append((option[0], parameter, option[1]))
            elif parameter.default is parameter.empty:
                raise TypeError(
                    f"{_name(function)}: no form can offer the parameter {parameter.name!r}. Annotate it as"
                    " str, int, float, bool or Literal[...], or give it a default."
                )
    return task, brand, options


def _option(parameter: inspect.Parameter, hint: Any) -> tuple[WorkerOption, dict[str, Any]] | None:
    """The option of a parameter, and the values of its choices; ``None`` if a form cannot offer it."""
    default = None if parameter.default is parameter.empty else parameter.default
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [one for one in typing.get_args(hint) if one is not type(None)]
        hint = inner[0] if len(inner) == 1 else None
    if typing.get_origin(hint) is typing.Literal:
        values = {str(value): value for value in typing.get_args(hint) if value is not None}
        shown = None if default is None else str(default)
        return WorkerOption(name=parameter.name, type="choice", default=shown, choices=tuple(values)), values
    kind = _TYPES.get(hint) if isinstance(hint, type) else None
    if kind is None and hint is parameter.empty:
        kind = "text" if default is None else _TYPES.get(type(default))
    if kind is None or (default is not None and type(default) not in _TYPES):
        return None
    return WorkerOption(name=parameter.name, type=kind, default=default), {}
