"""`hearthkey init`: the questions, the file, and what is left alone."""

import io
from pathlib import Path

import pytest

from bot import init
from bot.config import Config, load_config
from bot.domain.errors import StartError
from bot.domain.secret import Secret

TOKEN = "123456789:canary-bot-token"
BOTH = ("telegram", "matrix")


class Setup:
    """A place for the configuration, and what init says about it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "deep" / "config.toml"
        self.said = io.StringIO()

    @property
    def env(self) -> dict[str, str]:
        return {"HEARTHKEY_CONFIG": str(self.path)}

    def init(self, *answers: str, messengers: tuple[str, ...] = BOTH) -> int:
        stdin = io.StringIO("".join(f"{answer}\n" for answer in answers))
        return init.write_config(
            self.env, stdin, self.said, messengers=messengers, providers=("openai",)
        )

    def load(self) -> Config:
        return load_config(self.env)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """Return a folder without a configuration."""
    return Setup(tmp_path)


def test_answers_become_a_configuration(setup: Setup, tmp_path: Path) -> None:
    """One that loads, that only its owner can read, and that shows no secret on the way."""
    code = setup.init(
        str(tmp_path / 'a "quoted" \\ folder'),
        TOKEN,
        "https://matrix.example.org",
        "@bot:example.org",
        "canary password",
        "telegram:12345",
        "closed",
        "home=http://127.0.0.1:8080/v1",
    )
    assert code == 0
    assert setup.path.stat().st_mode & 0o777 == 0o600
    config = setup.load()
    assert config.data_dir == tmp_path / 'a "quoted" \\ folder'
    assert config.telegram is not None
    assert config.telegram.token == Secret(TOKEN)
    assert config.matrix is not None
    assert config.matrix.password == Secret("canary password")
    assert {str(one) for one in config.access.operators} == {"telegram:12345"}
    assert config.endpoints[0].id == "home"
    assert "canary" not in setup.said.getvalue()
    assert [path.name for path in setup.path.parent.iterdir()] == ["config.toml"]


def test_empty_answers_take_the_defaults(setup: Setup) -> None:
    """A file that sets nothing, since every default works."""
    assert setup.init("", "", "", "") == 0
    assert setup.path.read_text().splitlines()[1:] == []
    assert not setup.load().has_messenger


def test_only_what_can_run_is_asked_about(setup: Setup) -> None:
    """No token for a messenger that does not run; then who may come in is no question."""
    assert setup.init("", "", messengers=()) == 0
    assert "Telegram" not in setup.said.getvalue()
    assert "Matrix" not in setup.said.getvalue()
    assert "Who may" not in setup.said.getvalue()


def test_it_says_where_a_token_comes_from_and_how_the_bot_is_claimed(setup: Setup) -> None:
    """Nobody knows their account's number; without an operator the next step is the code."""
    assert setup.init("", TOKEN, "", "", "", messengers=("telegram",)) == 0
    said = setup.said.getvalue()
    assert "Matrix:" not in said
    for each in ("@BotFather", "/newbot", "prints a code", "hearthkey doctor"):
        assert each in said
    assert said.index("@BotFather") < said.index("Bot token") < said.index("prints a code")
    assert "Then send the code that it prints to your bot." in said
    assert setup.load().access.operators == frozenset()


def test_it_says_what_matrix_needs(setup: Setup) -> None:
    """An account of its own; an operator is known by their account there."""
    account = ("https://matrix.example.org", "@bot:example.org", "canary password")
    assert setup.init("", *account, "matrix:@me:example.org", "", "", messengers=("matrix",)) == 0
    said = setup.said.getvalue()
    assert said.index("make an account for the bot") < said.index("homeserver's address")
    assert "such as\nmatrix:@me:example.org" in said
    assert "BotFather" not in said
    assert {str(one) for one in setup.load().access.operators} == {"matrix:@me:example.org"}


def test_with_an_operator_no_code_is_spoken_of_at_the_end(setup: Setup) -> None:
    """None will be printed."""
    assert setup.init("", TOKEN, "telegram:12345", "", "", messengers=("telegram",)) == 0
    assert "Then send the code" not in setup.said.getvalue()


def test_a_bad_answer_is_asked_again(setup: Setup) -> None:
    """With what is allowed, and without repeating what may be a secret."""
    assert setup.init("", "canary-no-token", TOKEN, "", "", "opne", "open", "") == 0
    said = setup.said.getvalue()
    assert "this has not the form of a bot token. Allowed: a number, a colon and letters\n" in said
    assert said.count("Bot token (not shown)") == 2
    assert "did you mean open?" in said
    assert "canary" not in said
    assert setup.load().access.is_open


def test_a_file_that_is_there_is_kept_unless_agreed(setup: Setup) -> None:
    """No is the default."""
    setup.path.parent.mkdir()
    setup.path.write_text("# mine\n")
    assert setup.init("") == 1
    assert setup.path.read_text() == "# mine\n"
    assert "Nothing was changed." in setup.said.getvalue()


def test_a_replaced_file_is_kept_as_backup(setup: Setup) -> None:
    """Readable by its owner alone: it may hold secrets."""
    setup.path.parent.mkdir()
    setup.path.write_text("# mine\n")
    setup.path.chmod(0o644)
    assert setup.init("yes", "", "", "", "") == 0
    backup = setup.path.with_name("config.toml.bak")
    assert backup.read_text() == "# mine\n"
    assert backup.stat().st_mode & 0o777 == 0o600
    assert setup.path.read_text() != "# mine\n"


def test_the_end_of_input_changes_nothing(setup: Setup) -> None:
    """Half a dialogue is no configuration."""
    with pytest.raises(StartError, match="no answer to “Bot token"):
        setup.init("")
    assert not setup.path.exists()


def test_answers_that_do_not_go_together_change_nothing(setup: Setup) -> None:
    """What each answer alone does not show: a whole is read back before it is put in place."""
    with pytest.raises(StartError, match="the name openai is taken"):
        setup.init("", "", "", "openai=http://127.0.0.1:8080/v1")
    assert list(setup.path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_is_one_line(setup: Setup) -> None:
    """A file stands where a folder should."""
    setup.path.parent.write_text("")
    with pytest.raises(StartError) as caught:
        setup.init("", "", "", "")
    assert caught.value.problems == (f"cannot write {setup.path}: File exists",)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_secrets_are_typed_unseen_on_a_terminal(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By getpass; everything else is typed as usual."""
    asked = []

    def hidden(prompt: str) -> str:
        asked.append(prompt)
        return TOKEN

    monkeypatch.setattr("getpass.getpass", hidden)
    stdin = _Terminal("\n\n\n\n\n")
    assert init.write_config(setup.env, stdin, setup.said, messengers=BOTH) == 0
    assert asked == ["Bot token (not shown) [none]: "]
    telegram = setup.load().telegram
    assert telegram is not None
    assert telegram.token == Secret(TOKEN)
