"""The command menu that each kind of chat shows."""

from telegram.constants import BotCommandScopeType

from adapters.telegram.menu import MenuEntry, for_operators, scopes
from bot.frontends import _telegram_menu

MANY = [MenuEntry(name=f"c{number}", help="x") for number in range(20)]
INVITE = MenuEntry(name="invite", help="let somebody in", is_for_operators=True)


def names(entries: list[MenuEntry]) -> dict[str, list[str]]:
    """Return the names in each scope."""
    return {scope.type: [name for name, _ in listed] for scope, listed in scopes(entries)}


def test_a_menu_is_short() -> None:
    """Twelve in private and six in a group, in the order of each."""
    groups = [MenuEntry(name=f"g{n}", help="x", in_groups=9 - n) for n in range(8)]
    found = names([*groups, *MANY])
    assert found[BotCommandScopeType.ALL_PRIVATE_CHATS] == [
        *(f"g{n}" for n in range(8)),
        *("c0", "c1", "c2", "c3"),
    ]
    assert found[BotCommandScopeType.ALL_GROUP_CHATS] == ["g7", "g6", "g5", "g4", "g3", "g2"]


def test_operators_find_theirs_first() -> None:
    """Nobody else finds those, and nothing else is left out for them."""
    assert [name for name, _ in for_operators([*MANY, INVITE])] == [
        "invite",
        *(f"c{number}" for number in range(12)),
    ]
    assert "invite" not in str(names([*MANY, INVITE]))


def test_what_is_only_for_groups_is_not_in_private() -> None:
    """One menu knows it."""
    ask = MenuEntry(name="ask", help="x", in_groups=1, is_in_private=False)
    assert names([ask]) == {"all_private_chats": [], "all_group_chats": ["ask"]}


def test_the_menu_of_the_commands_there_are() -> None:
    """A group's begins with what is of use there."""
    found = names(list(_telegram_menu()))
    assert found["all_group_chats"] == ["ask", "stop", "retry", "new", "model", "help"]
    assert found["all_private_chats"][:3] == ["new", "model", "stop"]
    assert "ask" not in found["all_private_chats"]
