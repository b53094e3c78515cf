"""The configuration: what is read, which source wins, and how mistakes are told."""

from pathlib import Path

import pytest

from bot.config import (
    Config,
    EndpointConfig,
    MembersConfig,
    config_path,
    load_config,
    survey_config,
)
from bot.domain.chat import Identity
from bot.domain.errors import StartError
from bot.domain.secret import Secret

CATALOGUE = ("openai", "anthropic", "google", "deepseek")

TOKEN = "123456789:canary-bot-token"


class Given:
    """A configuration file and an environment to read."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "config.toml"
        self.env = {"HEARTHKEY_CONFIG": str(self.path)}
        self.write("")

    def write(self, text: str, mode: int = 0o600) -> None:
        self.path.write_text(text)
        self.path.chmod(mode)

    def load(self, **env: str) -> Config:
        named = {f"HEARTHKEY_{key}": text for key, text in env.items()}
        return load_config(self.env | named, providers=CATALOGUE)

    def problems(self, **env: str) -> tuple[str, ...]:
        """Return the lines with which the start stops."""
        with pytest.raises(StartError) as caught:
            self.load(**env)
        for problem in caught.value.problems:
            assert "\n" not in problem
            assert "canary" not in problem
        return caught.value.problems

    def problem(self, **env: str) -> str:
        (problem,) = self.problems(**env)
        return problem


@pytest.fixture
def given(tmp_path: Path) -> Given:
    """Return an empty file and nothing in the environment."""
    return Given(tmp_path)


def test_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing configured is a whole configuration: closed, and no messenger."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    config = load_config({}, providers=CATALOGUE)
    assert config.data_dir == tmp_path / "data" / "hearthkey"
    assert config_path({}) == tmp_path / "config" / "hearthkey" / "config.toml"
    assert (config.log_level, config.access.is_open, config.file) == ("warning", False, None)
    assert not config.has_messenger
    assert sorted(config.providers) == ["anthropic", "deepseek", "google", "openai"]
    assert config.web.listen is None
    assert config.members == MembersConfig(turns=3, turns_per_minute=20)


def test_every_setting_is_read(given: Given) -> None:
    """The whole table of settings, from the environment."""
    config = given.load(
        DATA_DIR="~/data",
        LOG_LEVEL="DEBUG",
        ACCESS="open",
        OPERATORS="telegram:12345, matrix:@me:example.org",
        ALLOWED="console:me",
        MEMBER_TURNS="5",
        MEMBER_TURNS_PER_MINUTE="40",
        TELEGRAM_TOKEN=TOKEN,
        TELEGRAM_API_BASE="http://127.0.0.1:8081/",
        TELEGRAM_PROXY="http://user:canary@proxy:3128",
        MATRIX_HOMESERVER="https://matrix.example.org",
        MATRIX_USER="@bot:example.org",
        MATRIX_PASSWORD="canary password",
        MATRIX_ACCESS_TOKEN="canary-token",
        OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        OPENAI_PROXY="http://proxy:3128",
        ENDPOINTS="home=http://192.168.1.5:8080/v1/,work=https://llm.example.org/v1",
        WORK_BASE_URL="https://other.example.org/v1",
        WORK_PROXY="http://proxy:3129",
        HTTP_LISTEN="[::1]:8088",
        PUBLIC_URL="https://hearthkey.example.org",
    )
    assert config.data_dir == Path("~/data").expanduser()
    assert (config.log_level, config.access.is_open) == ("debug", True)
    assert config.access.operators == {
        Identity("telegram", "12345"),
        Identity("matrix", "@me:example.org"),
    }
    assert config.access.allowed == {Identity("console", "me")}
    assert config.members == MembersConfig(turns=5, turns_per_minute=40)
    assert config.telegram is not None
    assert config.telegram.token == Secret(TOKEN)
    assert config.telegram.api_base == "http://127.0.0.1:8081"
    assert config.telegram.proxy == Secret("http://user:canary@proxy:3128")
    assert config.matrix is not None
    assert (config.matrix.homeserver, config.matrix.user) == (
        "https://matrix.example.org",
        "@bot:example.org",
    )
    assert config.matrix.password == Secret("canary password")
    assert config.matrix.access_token == Secret("canary-token")
    assert config.providers["openai"].base_url == "http://127.0.0.1:9/v1"
    assert config.providers["openai"].proxy == Secret("http://proxy:3128")
    assert config.providers["google"].base_url is None
    home, work = config.endpoints
    assert (home.id, home.base_url, home.proxy) == ("home", "http://192.168.1.5:8080/v1", None)
    assert (work.base_url, work.proxy) == (
        "https://other.example.org/v1",
        Secret("http://proxy:3129"),
    )
    assert config.web.listen == ("::1", 8088)
    assert config.web.public_url == "https://hearthkey.example.org"
    assert "canary" not in repr(config)


def test_the_file_has_the_same_names(given: Given, tmp_path: Path) -> None:
    """Lower case, without the prefix; lists and tables read as they look."""
    given.write(
        f'data_dir = "{tmp_path}/data"\n'
        'operators = ["telegram:1", "telegram:2"]\n'
        f'telegram_token = "{TOKEN}"\n'
        "[endpoints]\n"
        'home = "http://127.0.0.1:8080/v1"\n'
    )
    config = given.load()
    assert config.data_dir == tmp_path / "data"
    assert config.log_level == "info"
    assert len(config.access.operators) == 2
    assert config.has_messenger
    assert config.endpoints == (EndpointConfig(id="home", base_url=config.endpoints[0].base_url),)
    assert config.file == given.path


def test_the_environment_wins(given: Given, tmp_path: Path) -> None:
    """Also where it names a secret's file and the configuration has the secret itself."""
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    given.write('access = "open"\nlog_level = "debug"\ntelegram_token = "1234:canary-other"\n')
    config = given.load(ACCESS="closed", TELEGRAM_TOKEN_FILE=str(secret), LOG_LEVEL="")
    assert not config.access.is_open
    assert config.log_level == "debug"
    assert config.telegram is not None
    assert config.telegram.token == Secret(TOKEN)


def test_an_off_switch_is_off(given: Given) -> None:
    """`off` takes back what the file says."""
    given.write('http_listen = "127.0.0.1:8088"')
    assert given.load(HTTP_LISTEN="off").web.listen is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ACCESS", "opne", "'opne' is none of closed, open; did you mean open? Allowed: "),
        ("ACCESS", "sk-canary-1", "this is none of closed, open. Allowed: closed or open. "),
        ("LOG_LEVEL", "loud", "'loud' is none of debug, info, warning, error. "),
        ("OPERATORS", "telegram:1,bob", "item 2 is no messenger:account. "),
        ("OPERATORS", "telgram:1", "item 1: 'telgram' is none of telegram, matrix, console; did"),
        ("ALLOWED", "telegram:@bob", "item 1: a telegram account is a number. "),
        ("ALLOWED", "matrix:bob", "item 1: a matrix account is such as @me:example.org. "),
        ("TELEGRAM_TOKEN", "canary", "this has not the form of a bot token. "),
        ("TELEGRAM_API_BASE", "api.example.org", "this is no address that begins with http:// "),
        ("TELEGRAM_API_BASE", "ftp://example.org", "this is no address that begins with "),
        ("TELEGRAM_API_BASE", "http://[::1", "this is no address that begins with "),
        ("TELEGRAM_API_BASE", "http://a b", "this is no address that begins with "),
        ("TELEGRAM_PROXY", "socks5://canary@proxy", "this is no address that begins with "),
        ("OPENAI_BASE_URL", "https://u:canary@example.org", "a user or password is no part of"),
        ("OPENAI_BASE_URL", "https://example.org/?key=canary", "an address ends before ? and #"),
        ("HTTP_LISTEN", "8088", "this is no host and port. "),
        ("HTTP_LISTEN", "localhost:99999", "this is no host and port. "),
        ("ENDPOINTS", "http://canary", "item 1 does not begin with a name and =. "),
        ("ENDPOINTS", "Home=http://canary", "item 1 does not begin with a name and =. "),
        ("ENDPOINTS", "a=http://canary,a=http://canary", "the name a is there twice. "),
        ("ENDPOINTS", "home=canary", "home: this is no address that begins with "),
        ("ENDPOINTS", "openai=http://canary", "the name openai is taken; choose another"),
        ("ENDPOINTS", "telegram=http://canary", "the name telegram is taken; choose another"),
    ],
)
def test_a_bad_value_is_one_line(given: Given, name: str, value: str, said: str) -> None:
    """What was wrong, what is allowed, an example; nothing that may be a secret."""
    assert given.problem(**{name: value}).startswith(f"HEARTHKEY_{name}: {said}")


def test_a_matrix_user_is_a_full_one(given: Given) -> None:
    """With the server's name."""
    env = {"MATRIX_HOMESERVER": "https://example.org", "MATRIX_PASSWORD": "canary"}
    assert given.problem(**env, MATRIX_USER="bob") == (
        "HEARTHKEY_MATRIX_USER: this is no full Matrix user id. Allowed: a full Matrix user id."
        " Example: HEARTHKEY_MATRIX_USER=@hearthkey:example.org"
    )


def test_a_value_in_the_file_is_told_as_it_stands_there(given: Given) -> None:
    """With the file's path, and an example in its language."""
    given.write('access = "opne"')
    assert given.problem() == (
        f"access in {given.path}: 'opne' is none of closed, open; did you mean open?"
        ' Allowed: closed or open. Example: access = "closed"'
    )


def test_half_a_matrix_account_is_a_mistake(given: Given) -> None:
    """Rather than a messenger that silently does not run."""
    assert given.problem(MATRIX_HOMESERVER="https://example.org") == (
        "Matrix is half configured: matrix_user, matrix_password or matrix_access_token is missing"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ACESS", "HEARTHKEY_ACESS is no setting; did you mean HEARTHKEY_ACCESS?"),
        ("OPENAI_BASEURL", "HEARTHKEY_OPENAI_BASEURL is no setting; did you mean HEARTHKEY_OPE"),
        (
            "DATA_DIR_FILE",
            "HEARTHKEY_DATA_DIR_FILE is no setting; did you mean HEARTHKEY_DATA_DIR",
        ),
        ("WIBBLE", "HEARTHKEY_WIBBLE is no setting; docs/configuration.md lists them all"),
        ("HOME_PROXY", "HEARTHKEY_HOME_PROXY is no setting; "),
    ],
)
def test_an_unknown_name_is_told(given: Given, name: str, said: str) -> None:
    """With the one that was likely meant, and never with its value."""
    assert given.problem(**{name: "sk-canary-1"}).startswith(said)


def test_an_unknown_name_in_the_file_is_told(given: Given) -> None:
    """In the file's own spelling."""
    given.write('acess = "canary"\n[openai]\nkey = "canary"')
    assert given.problems() == (
        f"acess in {given.path} is no setting; did you mean access?",
        f"openai in {given.path} is no setting; docs/configuration.md lists them all",
    )


def test_all_problems_are_told_at_once(given: Given) -> None:
    """One start, one list: from the environment, from the file, and about both."""
    given.write('log_level = "loud"\nmatrix_user = 5.5\nwibble = "x"')
    problems = given.problems(ACCESS="maybe", WOBBLE="x", OPERATORS="nobody")
    assert len(problems) == 6
    for name in ("log_level", "matrix_user", "wibble", "ACCESS", "WOBBLE", "OPERATORS"):
        assert sum(name in problem for problem in problems) == 1


def test_what_could_be_read_is_there_beside_the_problems(given: Given) -> None:
    """For who goes on; but a way to Telegram that was not meant is not taken."""
    env = given.env | {"HEARTHKEY_DATA_DIR": "/srv/data", "HEARTHKEY_TELEGRAM_TOKEN": TOKEN}
    config, problems = survey_config(env | {"HEARTHKEY_WIBBLE": "x"}, providers=CATALOGUE)
    assert config is not None
    assert (config.data_dir, len(problems)) == (Path("/srv/data"), 1)
    assert config.telegram is not None
    config, problems = survey_config(env | {"HEARTHKEY_TELEGRAM_PROXY": "x"}, providers=CATALOGUE)
    assert config is not None
    assert (config.telegram, len(problems)) == (None, 1)


@pytest.mark.parametrize(
    ("content", "folder"), [("no toml at all", "/srv/data"), ("", "~nobody-of-that-name/data")]
)
def test_without_its_folder_there_is_nothing_to_go_on_with(
    given: Given, content: str, folder: str
) -> None:
    """The default one may be another bot's."""
    given.write(content)
    config, problems = survey_config(given.env | {"HEARTHKEY_DATA_DIR": folder})
    assert config is None
    assert len(problems) == 1


def test_a_bad_list_of_endpoints_blames_no_other_setting(given: Given) -> None:
    """What belongs to a server that could not be read is not called unknown."""
    problem = given.problem(ENDPOINTS="home=canary", HOME_PROXY="http://proxy:3128")
    assert problem.startswith("HEARTHKEY_ENDPOINTS: home: ")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_with_secrets_is_its_owners(given: Given, mode: int) -> None:
    """The line names the secret and has the command that mends it."""
    given.write(f'telegram_token = "{TOKEN}"', mode)
    assert given.problem() == (
        f"others can read {given.path}, which holds telegram_token; run: chmod 600 {given.path}"
    )


def test_a_file_without_secrets_may_be_read_by_all(given: Given) -> None:
    """Naming a secret's file gives nothing away."""
    given.write('access = "open"\nlog_level = ""\nmaster_key_file = "/somewhere/else"', 0o644)
    assert given.load().access.is_open


def test_a_secret_is_read_from_its_file(given: Given, tmp_path: Path) -> None:
    """Without the line's end; a mistake names the file."""
    secret = tmp_path / "secret"
    secret.write_text(f"{TOKEN}\n")
    telegram = given.load(TELEGRAM_TOKEN_FILE=str(secret)).telegram
    assert telegram is not None
    assert telegram.token == Secret(TOKEN)
    secret.write_text("canary")
    assert given.problem(TELEGRAM_TOKEN_FILE=str(secret)).startswith(
        f"HEARTHKEY_TELEGRAM_TOKEN_FILE ({secret}): this has not the form of a bot token. "
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read {path}: No such file or directory"),
        (b"", "{path} is empty"),
        (b"\xff\xfe", "{path} is no UTF-8 text"),
        (b"canary\ncanary", "there is more than one line. Allowed: one line. "),
    ],
    ids=["missing", "empty", "binary", "lines"],
)
def test_a_secrets_file_must_be_readable(
    given: Given, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """One line, without what is in it."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    account = {"MATRIX_HOMESERVER": "https://example.org", "MATRIX_USER": "@bot:example.org"}
    problem = given.problem(**account, MATRIX_PASSWORD_FILE=str(path))
    assert problem.startswith("HEARTHKEY_MATRIX_PASSWORD_FILE")
    assert said.format(path=path) in problem


def test_a_secret_is_given_once(given: Given) -> None:
    """Two answers to one question are a mistake."""
    assert given.problem(TELEGRAM_TOKEN=TOKEN, TELEGRAM_TOKEN_FILE="/canary") == (
        "set one of HEARTHKEY_TELEGRAM_TOKEN and HEARTHKEY_TELEGRAM_TOKEN_FILE, not both"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"access = ", "is no TOML (at "),
        (b'telegram_token = "canary', "is no TOML (at "),
        (b"\xff", "is no UTF-8 text"),
    ],
    ids=["toml", "open-quote", "binary"],
)
def test_an_unreadable_configuration_is_one_line(given: Given, content: bytes, said: str) -> None:
    """Its position, never its text; what the environment has wrong is told beside it."""
    given.path.write_bytes(content)
    problems = given.problems(ACCESS="maybe")
    assert problems[0].startswith(f"the configuration {given.path} {said}")
    assert problems[1].startswith("HEARTHKEY_ACCESS: ")


def test_a_named_configuration_must_be_there(given: Given) -> None:
    """A mistyped path is no empty configuration."""
    given.path.unlink()
    assert given.problem() == (
        f"cannot read the configuration {given.path}: No such file or directory"
    )


@pytest.mark.parametrize("value", ["1.5", "true", "[1, 2]", "{ a = 5 }"])
def test_a_value_of_another_kind_is_told(given: Given, value: str) -> None:
    """Settings are texts, or whole numbers."""
    given.write(f"log_level = {value}")
    assert given.problem() == (
        f"log_level in {given.path}: write a text in quotes, a whole number, or a list of texts"
    )


def test_master_key_settings_pass_through_unread(given: Given) -> None:
    """Only the vault's own reader takes them; they show nowhere."""
    given.write('master_key_file = "/old/key"\npassphrase = "canary words"')
    config = load_config(
        given.env
        | {"HEARTHKEY_MASTER_KEY": "canary", "CREDENTIALS_DIRECTORY": "/run/c", "PATH": "/bin"}
    )
    assert config.key_env == {
        "HEARTHKEY_MASTER_KEY": "canary",
        "HEARTHKEY_PASSPHRASE": "canary words",
        "CREDENTIALS_DIRECTORY": "/run/c",
    }
    assert "canary" not in repr(config)


def test_the_catalogue_decides_which_providers_have_settings(given: Given) -> None:
    """A row more there is two settings more here."""
    env = given.env | {"HEARTHKEY_GROQ_BASE_URL": "https://api.example.org/v1"}
    config = load_config(env, providers=("groq",))
    assert config.providers["groq"].base_url == "https://api.example.org/v1"
    with pytest.raises(StartError, match="HEARTHKEY_GROQ_BASE_URL is no setting"):
        load_config(env)


@pytest.mark.parametrize("off", ["off", "OFF"])
def test_the_rate_can_be_off_and_no_other_limit(given: Given, off: str) -> None:
    """As many at once as one likes would let one member fill the machine."""
    assert given.load(MEMBER_TURNS_PER_MINUTE=off).members.turns_per_minute is None
    assert "Allowed: 1 to 50" in given.problem(MEMBER_TURNS=off)


@pytest.mark.parametrize("wrong", ["0", "51", "-1", "2.5", "three", "٣"])
def test_a_limit_is_a_number_in_its_range(given: Given, wrong: str) -> None:
    """What is allowed is said."""
    assert "1 to 50. Allowed: 1 to 50. Example:" in given.problem(MEMBER_TURNS=wrong)


def test_limits_are_read_from_the_file(given: Given) -> None:
    """As numbers, or as words."""
    given.write('member_turns = 4\nmember_turns_per_minute = "off"\n')
    assert given.load().members == MembersConfig(turns=4, turns_per_minute=None)
