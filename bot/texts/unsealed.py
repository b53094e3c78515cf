"""Where a key would be read by a server: said before one is asked for."""

from bot.domain.events import Button, Reply
from bot.texts.layout import cancel, column


def warning(wanted: str, *, opens: bool) -> Reply:
    """A key is about to be asked for; `wanted` says which, as an action does."""
    sealed = (Button("Open an encrypted chat", f"addkey:sealed:{wanted}"),) if opens else ()
    return Reply(
        text="This room is not encrypted, so its server could read a key typed here.",
        buttons=column((*sealed, _anyway(wanted), cancel("addkey"))),
    )


def opened() -> Reply:
    """An encrypted chat is there, and the key is asked for in it."""
    return Reply(
        text="I opened an encrypted chat with you, and asked for the key there. Accept my"
        " invitation if you see one."
    )


def not_opened(wanted: str) -> Reply:
    """The messenger opened none."""
    return Reply(
        text="**No encrypted chat could be opened.** Nothing was asked or stored. Try again, or"
        " open one with me yourself.",
        buttons=column(
            (
                Button("Try again", f"addkey:sealed:{wanted}"),
                _anyway(wanted),
                cancel("addkey"),
            )
        ),
    )


def _anyway(wanted: str) -> Button:
    return Button("Type it here anyway", f"addkey:anyway:{wanted}")
