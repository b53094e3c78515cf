"""The operator's choices, read and checked: what `bot.app` builds from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.config.kinds import Url
from bot.domain.chat import Identity
from bot.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessConfig:
    """Who may come in."""

    is_open: bool = False
    operators: frozenset[Identity] = frozenset()
    allowed: frozenset[Identity] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersConfig:
    """How much one member may ask: at once, and in a minute. `turns_per_minute` None: no limit."""

    turns: int = 3
    turns_per_minute: int | None = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramConfig:
    """A Telegram bot. `api_base` None: the public Bot API; the bot adds `/bot<token>/…`."""

    token: Secret
    api_base: Url | None = None
    proxy: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixConfig:
    """A Matrix account; it has a password, an access token, or both."""

    homeserver: Url
    user: str
    password: Secret | None = None
    access_token: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """How a provider is reached. `base_url` None: the vendor's own; version path included."""

    base_url: Url | None = None
    proxy: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """An OpenAI-compatible server that the operator names; `id` is its provider id."""

    id: str
    base_url: Url
    proxy: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """The bot's own pages. `listen` None: off."""

    listen: tuple[str, int] | None = None
    public_url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it. `telegram` or `matrix` None: not configured.

    `providers` has every id of the catalogue. `key_env` is for `storage.masterkey` alone: the
    master key settings, under the names of their environment variables. `file`: the
    configuration file that was read, if there was one.
    """

    data_dir: Path
    log_level: str = "info"
    access: AccessConfig = field(default_factory=AccessConfig)
    members: MembersConfig = field(default_factory=MembersConfig)
    telegram: TelegramConfig | None = None
    matrix: MatrixConfig | None = None
    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    endpoints: tuple[EndpointConfig, ...] = ()
    web: WebConfig = field(default_factory=WebConfig)
    key_env: Mapping[str, str] = field(default_factory=dict, repr=False)
    file: Path | None = None

    @property
    def has_messenger(self) -> bool:
        """Whether a messenger is configured; with none, the console opens."""
        return self.telegram is not None or self.matrix is not None
