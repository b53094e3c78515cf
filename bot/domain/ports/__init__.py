"""What the application asks of the outside: one Protocol per port."""

from bot.domain.ports.clock import Clock
from bot.domain.ports.groups import Groups
from bot.domain.ports.messenger import Abilities, Around, Frontend, Growth, Receiver, ReplySink
from bot.domain.ports.people import People
from bot.domain.ports.spending import Spent, SpentLine, UsedTurn
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
    Stores,
)
from bot.domain.ports.tools import Dialogue, HasTools, Tool
from bot.domain.ports.turns import Ending, Told, TurnStore
from bot.domain.ports.vendor import Provider, Providers

__all__ = [
    "Abilities",
    "Applied",
    "Around",
    "Clock",
    "Dialogue",
    "Ending",
    "Frontend",
    "Groups",
    "Growth",
    "HasTools",
    "InboxRow",
    "Intake",
    "Keepsakes",
    "KeyVault",
    "OpenQuestion",
    "Operator",
    "People",
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
