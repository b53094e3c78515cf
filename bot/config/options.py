"""Every setting, declared once: reading, docs and the check for unknown names come from here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from bot.config import kinds
from bot.config.kinds import Url
from bot.domain.chat import Identity
from bot.domain.secret import Secret

T_co = TypeVar("T_co", covariant=True)

PREFIX: Final = "HEARTHKEY_"
CONFIG_VARIABLE: Final = "HEARTHKEY_CONFIG"


@dataclass(frozen=True, kw_only=True)  # slots and Option[…](…) do not go together in 3.11
class Option(Generic[T_co]):
    """A setting. `name` is its name in the file; `default` and `help` are for people.

    A secret can also be given as a file's path, by the name with `_file`. `is_key`: one of the
    master key's sources, which only `storage.masterkey` reads.
    """

    name: str
    read: Callable[[str], T_co]
    help: str
    allowed: str
    example: str
    default: str = "none"
    is_secret: bool = False
    is_key: bool = False

    @property
    def variable(self) -> str:
        """The name in the environment."""
        return variable(self.name)


def variable(name: str) -> str:
    """Return a setting's name in the environment."""
    return PREFIX + name.upper()


DATA_DIR: Final = Option[Path](
    name="data_dir",
    read=kinds.read_path,
    help="Folder for everything that is stored.",
    allowed="a path",
    example="/srv/hearthkey",
    default="the platform's user data folder",
)
LOG_LEVEL: Final = Option[str](
    name="log_level",
    read=kinds.read_log_level,
    help="How much is logged. No level logs a key or a message's text.",
    allowed=", ".join(kinds.LOG_LEVELS),
    example="info",
    default="info; in the console, which shares the terminal, warning",
)
ACCESS: Final = Option[str](
    name="access",
    read=kinds.read_access,
    help="`closed`: only operators and those you list may talk to the bot. `open`: anybody may.",
    allowed=" or ".join(kinds.ACCESS),
    example="closed",
    default="closed",
)
OPERATORS: Final = Option[frozenset[Identity]](
    name="operators",
    read=kinds.read_identities,
    help="Accounts that decide who may come in.",
    allowed="a list of messenger:account",
    example="telegram:12345,matrix:@me:example.org",
)
ALLOWED: Final = Option[frozenset[Identity]](
    name="allowed",
    read=kinds.read_identities,
    help="Accounts that may talk to the bot.",
    allowed="a list of messenger:account",
    example="telegram:12345,matrix:@me:example.org",
)
MEMBER_TURNS: Final = Option[int](
    name="member_turns",
    read=kinds.read_turns,
    help="How many questions of one member are asked at once, over all places. More wait.",
    allowed=f"1 to {kinds.MOST_TURNS}",
    example="3",
    default="3",
)
MEMBER_TURNS_PER_MINUTE: Final = Option[int](
    name="member_turns_per_minute",
    read=kinds.read_rate,
    help="How many questions of one member are asked within a minute. More wait.",
    allowed=f"1 to {kinds.MOST_A_MINUTE:,}, or off",
    example="20",
    default="20",
)
TELEGRAM_TOKEN: Final = Option[Secret](
    name="telegram_token",
    read=kinds.read_bot_token,
    help="The bot's token, from @BotFather. With it the Telegram messenger runs.",
    allowed="a number, a colon and letters",
    example="123456789:AA…",
    is_secret=True,
)
TELEGRAM_API_BASE: Final = Option[Url](
    name="telegram_api_base",
    read=kinds.read_url,
    help="Root of a Bot API server of your own; the bot adds `/bot<token>/…`.",
    allowed="an http or https address",
    example="http://127.0.0.1:8081",
    default="the public Bot API",
)
TELEGRAM_PROXY: Final = Option[Secret](
    name="telegram_proxy",
    read=kinds.read_proxy,
    help="HTTP proxy for Telegram.",
    allowed="an http or https address",
    example="http://proxy.example.org:3128",
    is_secret=True,
)
MATRIX_HOMESERVER: Final = Option[Url](
    name="matrix_homeserver",
    read=kinds.read_url,
    help="Address of the bot's homeserver. With it the Matrix messenger runs.",
    allowed="an http or https address",
    example="https://matrix.example.org",
)
MATRIX_USER: Final = Option[str](
    name="matrix_user",
    read=kinds.read_matrix_user,
    help="The bot's account.",
    allowed="a full Matrix user id",
    example="@hearthkey:example.org",
)
MATRIX_PASSWORD: Final = Option[Secret](
    name="matrix_password",
    read=kinds.read_secret,
    help="The account's password; or give an access token.",
    allowed="one line",
    example="…",
    is_secret=True,
)
MATRIX_ACCESS_TOKEN: Final = Option[Secret](
    name="matrix_access_token",
    read=kinds.read_secret,
    help="An access token of the account; or give its password.",
    allowed="one line",
    example="…",
    is_secret=True,
)
ENDPOINTS: Final = Option[dict[str, Url]](
    name="endpoints",
    read=kinds.read_endpoints,
    help="OpenAI-compatible servers of your choice, each with a name that members see.",
    allowed="a list of name=address; a name is up to 20 of a-z, 0-9 and _",
    example="home=http://192.168.1.5:8080/v1",
)
HTTP_LISTEN: Final = Option[tuple[str, int] | None](
    name="http_listen",
    read=kinds.read_listen,
    help="Host and port for the bot's own pages.",
    allowed="host:port, or off",
    example="127.0.0.1:8088",
    default="off",
)
PUBLIC_URL: Final = Option[Url](
    name="public_url",
    read=kinds.read_url,
    help="Address at which members reach the bot's own pages.",
    allowed="an http or https address",
    example="https://hearthkey.example.org",
)
MASTER_KEY: Final = Option[Secret](
    name="master_key",
    read=kinds.read_secret,
    help="The key that protects all that is stored: 32 bytes as base64 or 64 hex digits.",
    allowed="base64 or hex",
    example="…",
    default="a file made in the data folder",
    is_secret=True,
    is_key=True,
)
PASSPHRASE: Final = Option[Secret](
    name="passphrase",
    read=kinds.read_secret,
    help="A passphrase from which the master key is derived instead.",
    allowed="at least 12 characters",
    example="…",
    is_secret=True,
    is_key=True,
)

OPTIONS: Final[tuple[Option[object], ...]] = (
    DATA_DIR,
    LOG_LEVEL,
    ACCESS,
    OPERATORS,
    ALLOWED,
    MEMBER_TURNS,
    MEMBER_TURNS_PER_MINUTE,
    TELEGRAM_TOKEN,
    TELEGRAM_API_BASE,
    TELEGRAM_PROXY,
    MATRIX_HOMESERVER,
    MATRIX_USER,
    MATRIX_PASSWORD,
    MATRIX_ACCESS_TOKEN,
    ENDPOINTS,
    HTTP_LISTEN,
    PUBLIC_URL,
    MASTER_KEY,
    PASSPHRASE,
)


def base_url_of(provider: str) -> Option[Url]:
    """Return the setting for a provider's address."""
    return Option[Url](
        name=f"{provider}_base_url",
        read=kinds.read_url,
        help="Address of the provider's API, its version path included.",
        allowed="an http or https address",
        example="https://api.example.org/v1",
        default="the vendor's own",
    )


def proxy_of(provider: str) -> Option[Secret]:
    """Return the setting for a provider's proxy."""
    return Option[Secret](
        name=f"{provider}_proxy",
        read=kinds.read_proxy,
        help="HTTP proxy for the provider.",
        allowed="an http or https address",
        example="http://proxy.example.org:3128",
        is_secret=True,
    )


def options_of(providers: Sequence[str]) -> tuple[Option[object], ...]:
    """Return the settings that each provider has."""
    pairs = ((base_url_of(provider), proxy_of(provider)) for provider in providers)
    return tuple(option for pair in pairs for option in pair)
