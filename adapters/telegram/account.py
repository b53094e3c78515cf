"""The bot's account as its owner set it up at @BotFather, and what each switch means."""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.findings import Finding, ok, warning


class Account(msgspec.Struct):
    """The bot's own account (Bot API, User as getMe returns it)."""

    username: str = ""
    can_join_groups: bool = False
    can_read_all_group_messages: bool = False
    has_topics_enabled: bool = False
    allows_users_to_create_topics: bool = False
    supports_inline_queries: bool = False
    supports_guest_queries: bool = False
    can_connect_to_business: bool = False
    can_manage_bots: bool = False


def switches(account: Account) -> Iterator[Finding]:
    """Say what the switches mean for the bot's members."""
    yield _groups(account)
    yield _topics(account)
    modes = {
        "Inline Mode": account.supports_inline_queries,
        "Guest Mode": account.supports_guest_queries,
        "Business Mode": account.can_connect_to_business,
        "managing other bots": account.can_manage_bots,
    }
    yield _modes([name for name, is_on in modes.items() if is_on])


def _groups(account: Account) -> Finding:
    if not account.can_join_groups:
        return ok(
            "groups", "it cannot be added to any (@BotFather: /setjoingroups, Enable, lets it)"
        )
    if account.can_read_all_group_messages:
        return ok(
            "groups",
            "allowed, group privacy off: every message reaches the bot, mentions too, where it was"
            " added after that was chosen. Remove it from older groups and add it again",
        )
    return ok(
        "groups",
        "allowed, group privacy on. In groups only commands and replies reach the bot; people use"
        " /ask. To let mentions arrive: @BotFather, /setprivacy, Disable, then remove the bot from"
        " the group and add it again",
    )


def _topics(account: Account) -> Finding:
    if not account.has_topics_enabled:
        return ok("topics", "off: one conversation at a time (@BotFather: Threaded Mode)")
    who = "members and the bot" if account.allows_users_to_create_topics else "only the bot"
    return ok("topics", f"on: a topic per conversation, opened by {who}")


def _modes(on: Sequence[str]) -> Finding:
    if not on:
        return ok("modes", "inline, guest and business mode are off")
    found = f"on and not used: {', '.join(on)}. They open ways in that this bot does not know"
    return warning("modes", found, "turn them off at @BotFather with /mybots, Bot Settings")
