"""What vendors said, scrubbed: the errors as data, for every test that needs a real one."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

from adapters.providers.catalogue import DialectName
from bot.domain.chat import Adjustment


class Recorded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One refusal and what it must be taken for; the file's head says what each field means."""

    dialect: DialectName
    name: str
    status: int
    body: str
    category: str
    unsent: bool
    headers: dict[str, str] = {}
    wait_s: float | None = None
    mend: Adjustment | None = None

    @property
    def id(self) -> str:
        """A name for a table of tests."""
        return f"{self.dialect}: {self.name}"


class _Errors(msgspec.Struct):
    error: tuple[Recorded, ...]


@cache
def errors() -> Sequence[Recorded]:
    """Return every recorded refusal."""
    text = files("tests.recorded").joinpath("errors.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Errors).error


def find(dialect: str, category: str) -> Recorded:
    """Return a dialect's first refusal of a category."""
    return next(
        each
        for each in errors()
        if each.dialect == dialect and each.category == category and each.mend is None
    )
