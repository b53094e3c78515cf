"""What stands on a screen."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Shown:
    """A message as it stands on the screen; `delivered`: final texts, each with its buttons."""

    text: str
    buttons: Sequence[str]
    delivered: set[tuple[str, ...]]
