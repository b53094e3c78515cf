"""The messengers that are configured, built; with none of them, the console.

What is not configured is not imported: its libraries cost memory and time.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.access import Access
from bot.commands import by_name
from bot.commands.spec import Command, Where, Who
from bot.config import Config, MatrixConfig, TelegramConfig
from bot.domain.ports import Clock, Keepsakes
from bot.messengers import Messenger

if TYPE_CHECKING:
    from adapters.console.frontend import ConsoleFrontend
    from adapters.matrix.account import Account
    from adapters.matrix.frontend import MatrixFrontend
    from adapters.shared.http import HttpClient
    from adapters.telegram.frontend import TelegramFrontend
    from adapters.telegram.menu import MenuEntry


def console(clock: Clock, greeting: str, *, name: str, room: str = "") -> "ConsoleFrontend":
    """Return the terminal as a messenger, with somebody at it, in private or in a room."""
    from adapters.console.frontend import ConsoleFrontend  # noqa: PLC0415
    from adapters.console.translate import CommandHint  # noqa: PLC0415

    hints = [
        CommandHint(
            name=command.name,
            usage=command.usage,
            help=command.help,
            has_secret=command.has_secret,
        )
        for command in _commands()
    ]
    return ConsoleFrontend(commands=hints, clock=clock, greeting=greeting, name=name, room=room)


def configured(
    config: Config,
    http: "HttpClient",
    clock: Clock,
    *,
    keepsakes: Keepsakes,
    device: Path,
    is_restored: bool,
    access: Access,
) -> Sequence[Messenger]:
    """Return the messengers that are configured.

    `device` is a folder for keys that no backup has; `is_restored`: this start is on a backup.
    """
    found = []
    if config.telegram is not None:
        bot = telegram(
            config.telegram,
            http,
            clock,
            operators=lambda: access.accounts_of_operators("telegram"),
        )
        found.append(Messenger(title="Telegram", frontend=bot, claim_link=bot.private_link))
    if config.matrix is not None:
        account = matrix(
            config.matrix,
            http,
            clock,
            keepsakes=keepsakes,
            device=device,
            is_restored=is_restored,
            operators=lambda: access.accounts_of_operators("matrix"),
        )
        found.append(Messenger(title="Matrix", frontend=account))
    return found


def telegram(
    config: TelegramConfig,
    http: "HttpClient",
    clock: Clock,
    *,
    operators: Callable[[], Sequence[str]] = tuple,
) -> "TelegramFrontend":
    """Return Telegram as a messenger; it connects when it is checked or run."""
    from adapters.telegram.checkup import PUBLIC_BASE  # noqa: PLC0415
    from adapters.telegram.frontend import TelegramFrontend  # noqa: PLC0415

    return TelegramFrontend(
        config.token,
        http=http,
        clock=clock,
        menu=_telegram_menu(),
        operators=operators,
        base=config.api_base.rstrip("/") if config.api_base else PUBLIC_BASE,
        proxy=config.proxy.reveal() if config.proxy else None,
    )


def _telegram_menu() -> "Sequence[MenuEntry]":
    from adapters.telegram.menu import MenuEntry  # noqa: PLC0415

    in_menu = (each for each in _commands() if each.menu or each.group_menu)
    return [
        MenuEntry(
            name=each.name,
            help=each.help,
            in_groups=each.group_menu,
            is_in_private=each.menu > 0 and each.where is not Where.GROUP,
            is_for_operators=each.who is Who.OPERATORS,
        )
        for each in sorted(in_menu, key=lambda each: each.menu)
    ]


def matrix(
    config: MatrixConfig,
    http: "HttpClient",
    clock: Clock,
    *,
    keepsakes: Keepsakes,
    device: Path,
    is_restored: bool = False,
    operators: Callable[[], Sequence[str]] = tuple,
) -> "MatrixFrontend":
    """Return Matrix as a messenger; it logs in when it is checked or run."""
    from adapters.matrix.frontend import MatrixFrontend  # noqa: PLC0415

    return MatrixFrontend(
        account_of(config),
        http=http,
        clock=clock,
        keepsakes=keepsakes,
        folder=device,
        is_restored=is_restored,
        operators=operators,
    )


def account_of(config: MatrixConfig) -> "Account":
    """Return an account as the adapter takes it."""
    from adapters.matrix.account import Account  # noqa: PLC0415

    return Account(
        homeserver=config.homeserver,
        user=config.user,
        password=config.password,
        access_token=config.access_token,
    )


def _commands() -> list[Command]:
    return [command for name, command in by_name().items() if name == command.name]
