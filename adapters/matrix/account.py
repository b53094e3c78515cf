"""The bot's account, as the operator configured it."""

from dataclasses import dataclass

from bot.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where the bot lives and how it gets in: by password, by an access token, or both.

    `homeserver` is the server's root address, without a path; `user` the full user id.
    """

    homeserver: str
    user: str
    password: Secret | None = None
    access_token: Secret | None = None
