"""What became of a message that held a key."""

from typing import Final

COULD_READ: Final = "This room is not encrypted, so its server could read that key."


def still_there(tap: str) -> str:
    """The bot may not delete it; `tap` is what whoever wrote it taps for that."""
    return f"I may not remove your message here. Press and hold it, then {tap}."


def deletion(
    messenger: str, *, tap: str, is_deleted: bool, is_local: bool, is_exposed: bool
) -> str:
    """Where a key was asked for, or came by its command; `is_exposed`: a server could read it."""
    if is_local:
        return ""
    read = f" {COULD_READ}" if is_exposed else ""
    if is_deleted:
        return f"I deleted your message; {messenger} may still hold a copy.{read}"
    return f"{still_there(tap)}{read}"


def found_deletion(*, tap: str, is_deleted: bool, is_local: bool, is_exposed: bool) -> str:
    """Where nobody had asked for it."""
    if is_local:
        return "I sent it to nobody."
    read = f" {COULD_READ}" if is_exposed else ""
    if is_deleted:
        return f"I deleted it and sent it to nobody.{read}"
    return f"I sent it to nobody. {still_there(tap)}{read}"
