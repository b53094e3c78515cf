"""The master key: where it is, what that protects, and whether it is the database's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.domain.errors import StartError
from bot.domain.findings import Finding, ok, problem
from storage.folder import Facts
from storage.masterkey import FILE_NAME, Found, find_master_key, look_for_master_key

_SUBJECT: Final = "master key"
_NO_SALT: Final = bytes(16)


def check_master_key(env: Mapping[str, str], folder: Path, facts: Facts | None) -> Finding:
    """Look for the key as a start does, and make none.

    `facts` are the database's; None where it could not be read, so that some key is needed.
    """
    salt = facts.salt if facts and facts.salt else _NO_SALT
    try:
        if facts is not None and facts.is_empty:
            found = look_for_master_key(env, folder, salt=salt)
        else:
            found = find_master_key(env, folder, is_empty=False, salt=salt)
    except StartError as error:
        return problem(_SUBJECT, error.problems[0])
    if found is None:
        return ok(_SUBJECT, f"none yet; the first start makes {folder / FILE_NAME}")
    return _judged(found, facts)


def _judged(found: Found, facts: Facts | None) -> Finding:
    if facts and facts.kek_id and facts.kek_id != found.key.id:
        return problem(
            _SUBJECT,
            f"the {found.describe()} has the id {found.key.id}, and the database was sealed with"
            f" {facts.kek_id}",
            "bring that key back from your copy: nothing that is stored opens without it",
        )
    return ok(_SUBJECT, f"{found.describe()}. {found.source.protects}")
