"""Reading the configuration: every problem is found and all are told at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar, cast

from platformdirs import user_config_path, user_data_path

from bot.config import kinds, options
from bot.config.options import CONFIG_VARIABLE, OPTIONS, Option, base_url_of, options_of, proxy_of
from bot.config.shape import (
    AccessConfig,
    Config,
    EndpointConfig,
    MatrixConfig,
    MembersConfig,
    ProviderConfig,
    TelegramConfig,
    WebConfig,
)
from bot.config.sources import Given, Source, read_config_file, read_environment, read_named_file
from bot.domain.errors import StartError

T = TypeVar("T")

_FILE: Final = "_file"
# Names that would make a server's settings look like another's.
_RESERVED: Final = ("telegram", "matrix", "console", "demo", "http")


def config_path(env: Mapping[str, str]) -> Path:
    """Return where the configuration file is, or would be."""
    if named := env.get(CONFIG_VARIABLE):
        return Path(named).expanduser().absolute()
    return user_config_path("hearthkey") / "config.toml"


def default_data_dir() -> Path:
    """Return the platform's user data folder for us."""
    return user_data_path("hearthkey")


def load_config(env: Mapping[str, str], *, providers: Sequence[str] = ()) -> Config:
    """Return the checked configuration from the environment and the file; environment wins.

    `providers` are the catalogue's ids. Raises StartError with one line per problem.
    """
    config, problems = survey_config(env, providers=providers)
    if config is None or problems:
        raise StartError(problems)
    return config


def survey_config(
    env: Mapping[str, str], *, providers: Sequence[str] = ()
) -> tuple[Config | None, Sequence[str]]:
    """Return what could be read, and one line per problem, for who goes on with the rest.

    None: it is not known where the data are. A messenger with a setting that could not be read
    is left out, so that it is not reached in a way that nobody wanted.
    """
    file = read_config_file(config_path(env), is_named=bool(env.get(CONFIG_VARIABLE)))
    reading = _Reading(read_environment(env), file, providers)
    config = reading.config(env)
    return config if reading.knows_folder else None, reading.problems


class _Reading:
    """One pass over what was given; collects problems as it goes."""

    def __init__(self, env: Source, file: Source, providers: Sequence[str]) -> None:
        self._env, self._file = env, file
        self._providers = tuple(providers)
        self._problems = [*env.problems, *file.problems]
        self._read: dict[str, object] = {}

    @property
    def problems(self) -> Sequence[str]:
        """Return what was found so far."""
        return tuple(self._problems)

    @property
    def knows_folder(self) -> bool:
        """Whether all was read that may name the data folder."""
        is_file_read = self._file.path is not None or not self._file.problems
        return is_file_read and not self._is_unread(options.DATA_DIR)

    def config(self, env: Mapping[str, str]) -> Config:
        """Return the configuration, as far as it could be read."""
        for option in OPTIONS:
            self._take(option)
        endpoints = self._endpoints()
        reached = options_of((*self._providers, *endpoints))
        for option in reached:
            self._take(option)
        self._refuse_unknown((*OPTIONS, *reached))
        self._check_exposed((*OPTIONS, *reached))
        telegram, matrix = self._telegram(), self._matrix()
        # The console shares its terminal with the log.
        level = "info" if telegram or matrix else "warning"
        return Config(
            data_dir=self._get(options.DATA_DIR) or default_data_dir(),
            log_level=self._get(options.LOG_LEVEL) or level,
            access=self._access(),
            members=self._members(),
            telegram=telegram,
            matrix=matrix,
            providers={
                name: ProviderConfig(
                    base_url=self._get(base_url_of(name)), proxy=self._get(proxy_of(name))
                )
                for name in self._providers
            },
            endpoints=tuple(
                EndpointConfig(
                    id=name,
                    base_url=self._get(base_url_of(name)) or address,
                    proxy=self._get(proxy_of(name)),
                )
                for name, address in endpoints.items()
            ),
            web=WebConfig(
                listen=self._get(options.HTTP_LISTEN), public_url=self._get(options.PUBLIC_URL)
            ),
            key_env=self._key_env(env),
            file=self._file.path,
        )

    def _get(self, option: Option[T]) -> T | None:
        # `_take` put what this very option's `read` returned under its name.
        return cast("T | None", self._read.get(option.name))

    def _is_unread(self, option: Option[object]) -> bool:
        return bool(self._given(option)) and option.name not in self._read

    def _given(self, option: Option[object]) -> tuple[Given, ...]:
        """Return an option's texts, plain and `_file`, from the first source that has any."""
        names = [option.name, option.name + _FILE] if option.is_secret else [option.name]
        for source in (self._env, self._file):
            if found := tuple(source.given[name] for name in names if name in source.given):
                return found
        return ()

    def _take(self, option: Option[object]) -> None:
        found = self._given(option)
        if len(found) > 1 and not option.is_key:
            self._problems.append(f"set one of {found[0].where} and {found[1].where}, not both")
        elif found and not option.is_key:
            self._take_one(option, found[0])

    def _take_one(self, option: Option[object], given: Given) -> None:
        try:
            source = read_named_file(given) if given.name != option.name else given
        except ValueError as error:
            self._problems.append(f"{given.where}: {error}")
            return
        try:
            self._read[option.name] = option.read(source.text.strip())
        except ValueError as error:
            shown = f'{option.name} = "{option.example}"'
            example = shown if given.is_in_file else f"{option.variable}={option.example}"
            reason = str(error) if str(error).endswith("?") else f"{error}."
            self._problems.append(
                f"{source.where}: {reason} Allowed: {option.allowed}. Example: {example}"
            )

    def _endpoints(self) -> dict[str, kinds.Url]:
        endpoints = self._get(options.ENDPOINTS) or {}
        for name in endpoints:
            if name in (*self._providers, *_RESERVED):
                where = self._given(options.ENDPOINTS)[0].where
                self._problems.append(f"{where}: the name {name} is taken; choose another")
        return {
            name: address
            for name, address in endpoints.items()
            if name not in (*self._providers, *_RESERVED)
        }

    def _refuse_unknown(self, known: Sequence[Option[object]]) -> None:
        names = {option.name for option in known}
        names |= {option.name + _FILE for option in known if option.is_secret}
        has_bad_endpoints = self._given(options.ENDPOINTS) and not self._get(options.ENDPOINTS)
        for given in (*self._env.given.values(), *self._file.given.values()):
            if given.name in names:
                continue
            if has_bad_endpoints and given.name.endswith(("_base_url", "_proxy", "_proxy_file")):
                continue  # it may belong to an endpoint that could not be read
            self._problems.append(_unknown(given, tuple(sorted(names))))

    def _check_exposed(self, known: Sequence[Option[object]]) -> None:
        secrets = [option.name for option in known if option.is_secret]
        path, held = self._file.exposed, [name for name in secrets if name in self._file.given]
        if path and held:
            self._problems.append(
                f"others can read {path}, which holds {', '.join(held)}; run: chmod 600 {path}"
            )

    def _access(self) -> AccessConfig:
        return AccessConfig(
            is_open=self._get(options.ACCESS) == "open",
            operators=self._get(options.OPERATORS) or frozenset(),
            allowed=self._get(options.ALLOWED) or frozenset(),
        )

    def _members(self) -> MembersConfig:
        usual = MembersConfig()
        rate = self._get(options.MEMBER_TURNS_PER_MINUTE)
        return MembersConfig(
            turns=self._get(options.MEMBER_TURNS) or usual.turns,
            turns_per_minute=usual.turns_per_minute if rate is None else rate or None,
        )

    def _telegram(self) -> TelegramConfig | None:
        token = self._get(options.TELEGRAM_TOKEN)
        way = (options.TELEGRAM_API_BASE, options.TELEGRAM_PROXY)
        if token is None or any(self._is_unread(option) for option in way):
            return None
        return TelegramConfig(
            token=token,
            api_base=self._get(options.TELEGRAM_API_BASE),
            proxy=self._get(options.TELEGRAM_PROXY),
        )

    def _matrix(self) -> MatrixConfig | None:
        """Return the account if it is whole; a part of one is a mistake."""
        homeserver, user = self._get(options.MATRIX_HOMESERVER), self._get(options.MATRIX_USER)
        password = self._get(options.MATRIX_PASSWORD)
        token = self._get(options.MATRIX_ACCESS_TOKEN)
        if homeserver and user and (password or token):
            return MatrixConfig(
                homeserver=homeserver, user=user, password=password, access_token=token
            )
        wanted = {
            "matrix_homeserver": self._given(options.MATRIX_HOMESERVER),
            "matrix_user": self._given(options.MATRIX_USER),
            "matrix_password or matrix_access_token": (
                *self._given(options.MATRIX_PASSWORD),
                *self._given(options.MATRIX_ACCESS_TOKEN),
            ),
        }
        missing = [name for name, given in wanted.items() if not given]
        if 0 < len(missing) < len(wanted):
            self._problems.append(f"Matrix is half configured: {', '.join(missing)} is missing")
        return None

    def _key_env(self, env: Mapping[str, str]) -> dict[str, str]:
        given = [one for option in OPTIONS if option.is_key for one in self._given(option)]
        named = {options.variable(one.name): one.text for one in given}
        directory = env.get("CREDENTIALS_DIRECTORY", "")
        return {**named, "CREDENTIALS_DIRECTORY": directory} if directory else named


def _unknown(given: Given, names: tuple[str, ...]) -> str:
    """Return the line for a name that is no setting; its value may be a secret, so never that."""
    near = kinds.nearest(given.name, names)
    if near:
        near = near if given.is_in_file else options.variable(near)
        return f"{given.where} is no setting; did you mean {near}?"
    return f"{given.where} is no setting; docs/configuration.md lists them all"
