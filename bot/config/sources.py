"""Settings as they were given, before they are read: from the environment and from the file."""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.config.options import CONFIG_VARIABLE, PREFIX

_MOST_BYTES: Final = 64 * 1024
_POSITION: Final = re.compile(r"\(at (?:line \d+, column \d+|end of document)\)")


@dataclass(frozen=True, slots=True)
class Given:
    """One setting's text. `name` is as in the file, `where` for people, `is_in_file` too."""

    name: str
    text: str = field(repr=False)
    where: str
    is_in_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one place gave, by name, and what was wrong with it.

    `exposed` is the file's path if others than its owner can read it.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    path: Path | None = None
    exposed: Path | None = None


def read_environment(env: Mapping[str, str]) -> Source:
    """Return the variables that are ours. An empty one is not set: Compose passes such on."""
    ours = (name for name in sorted(env) if name.startswith(PREFIX) and name != CONFIG_VARIABLE)
    given = (Given(name.removeprefix(PREFIX).lower(), env[name], name) for name in ours)
    return Source(given={one.name: one for one in given if one.text})


def read_config_file(path: Path, *, is_named: bool) -> Source:
    """Return the file's settings; a file that nobody named may be missing."""
    if not is_named and not path.exists():
        return Source()
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            table = tomllib.loads(file.read(_MOST_BYTES).decode())
    except OSError as error:
        return _unread(f"cannot read the configuration {path}: {error.strerror}")
    except tomllib.TOMLDecodeError as error:
        # The message may quote the file, so only the position is kept.
        position = _POSITION.search(str(error))
        return _unread(f"the configuration {path} is no TOML {position[0] if position else ''}")
    except UnicodeDecodeError:
        return _unread(f"the configuration {path} is no UTF-8 text")
    given, problems = {}, []
    for name, value in table.items():
        where = f"{name} in {path}"
        if (text := _as_text(value)) is None:
            problems.append(f"{where}: write a text in quotes, a whole number, or a list of texts")
        elif text:
            given[name] = Given(name, text, where, is_in_file=True)
    exposed = path if mode & 0o077 else None
    return Source(given=given, problems=tuple(problems), path=path, exposed=exposed)


def read_named_file(given: Given) -> Given:
    """Return a secret's text from the file that a `…_file` setting names.

    Raises ValueError saying why it cannot be read.
    """
    path = Path(given.text).expanduser()
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode().strip()
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise ValueError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path} is no UTF-8 text"
        raise ValueError(msg) from None
    if not text:
        msg = f"{path} is empty"
        raise ValueError(msg)
    return Given(given.name, text, f"{given.where} ({path})", is_in_file=given.is_in_file)


def _unread(problem: str) -> Source:
    return Source(problems=(problem.rstrip(),))


def _as_text(value: object) -> str | None:
    """Return a value as the environment would hold it; None for a kind no setting has."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return ",".join(f"{name}={item}" for name, item in value.items())
    return None
