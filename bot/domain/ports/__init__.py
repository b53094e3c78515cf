"""What the application asks of the outside: one Protocol per port."""

from bot.domain.ports.clock import Clock
from bot.domain.ports.messenger import Abilities, Frontend, Growth, Receiver, ReplySink
from bot.domain.ports.storage import (
    Applied,
    InboxRow,
    Intake,
    Keepsakes,
    KeyVault,
    OpenQuestion,
    Operator,
    Result,
    Settings,
    Spent,
    SpentLine,
    Stores,
    UsedTurn,
)
from bot.domain.ports.tools import Dialogue, HasTools, Tool
from bot.domain.ports.turns import Ending, Told, TurnStore
from bot.domain.ports.vendor import Provider, Providers

__all__ = [
    "Abilities",
    "Applied",
    "Clock",
    "Dialogue",
    "Ending",
    "Frontend",
    "Growth",
    "HasTools",
    "InboxRow",
    "Intake",
    "Keepsakes",
    "KeyVault",
    "OpenQuestion",
    "Operator",
    "Provider",
    "Providers",
    "Receiver",
    "ReplySink",
    "Result",
    "Settings",
    "Spent",
    "SpentLine",
    "Stores",
    "Told",
    "Tool",
    "TurnStore",
    "UsedTurn",
]
