"""`hearthkey init`: a few questions, and the configuration file they make."""

import contextlib
import getpass
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from bot.config import config_path, load_config, options
from bot.config.load import default_data_dir
from bot.config.options import CONFIG_VARIABLE, Option
from bot.domain.errors import StartError

_TELEGRAM: Final = """
Telegram: open a chat with @BotFather there, send /newbot, choose a name and a username. It answers
with a token such as 123456789:AA… Whoever has the token is the bot. Empty: no Telegram."""
_MATRIX: Final = """
Matrix: make an account for the bot on a homeserver, as you would for a person. The address is the
one that apps use, such as https://matrix.example.org. Empty: no Matrix."""
_OPERATORS: Final = """
Operators decide who may come in. On Matrix it is matrix: and your account, such as
matrix:@me:example.org. Leave this empty if you do not know the number of your Telegram account:
the bot prints a code when it starts, and whoever sends it that code first is the operator."""
_MESSENGERS: Final = (options.TELEGRAM_TOKEN.name, options.MATRIX_HOMESERVER.name)
_HEADER: Final = "# Written by `hearthkey init`. docs/configuration.md lists every setting.\n"


def write_config(
    env: Mapping[str, str],
    stdin: TextIO,
    stdout: TextIO,
    *,
    messengers: Sequence[str],
    providers: Sequence[str] = (),
) -> int:
    """Ask, then write the configuration, mode 0600; return the exit code.

    `messengers` are those to ask about, `providers` the vendors there are. Works with answers
    from a pipe, a line each. A file that was there is kept as `.bak`. Raises StartError; then
    nothing was changed.
    """
    path = config_path(env)
    dialogue = _Dialogue(stdin, stdout)
    dialogue.say(f"A few questions, then {path} is written. Empty takes what is in [brackets].")
    if path.exists() and not dialogue.agrees(f"{path} is there. Replace it (kept as .bak)?"):
        dialogue.say("Nothing was changed.")
        return 1
    answers = _ask(dialogue, messengers)
    text = _HEADER + "".join(_line(name, answer) for name, answer in answers)
    _write(path, text, providers)
    dialogue.say(f"Written: {path}. Start with: hearthkey run")
    given = dict(answers)
    if any(name in given for name in _MESSENGERS):
        if options.OPERATORS.name not in given:
            dialogue.say("Then send the code that it prints to your bot.")
        dialogue.say("If something does not work: hearthkey doctor")
    return 0


@dataclass(frozen=True, slots=True)
class _Dialogue:
    """Questions on a terminal, or answered by the lines of a pipe."""

    stdin: TextIO
    stdout: TextIO

    def say(self, text: str) -> None:
        self.stdout.write(f"{text}\n")
        self.stdout.flush()

    def ask(self, question: str, option: Option[object], *, default: str = "none") -> str:
        """Return a valid answer, asked for until there is one; empty for the default."""
        while True:
            answer = self._answer(f"{question} [{default}]: ", is_hidden=option.is_secret)
            if not answer:
                return ""
            try:
                option.read(answer)
            except ValueError as error:
                example = "" if option.is_secret else f", such as {option.example}"
                self.say(f"{error}. Allowed: {option.allowed}{example}")
            else:
                return answer

    def agrees(self, question: str) -> bool:
        """Return whether the answer is a yes; the default is no."""
        return self._answer(f"{question} [no]: ").lower() in {"y", "yes"}

    def _answer(self, prompt: str, *, is_hidden: bool = False) -> str:
        if is_hidden and self.stdin.isatty():
            return getpass.getpass(prompt).strip()
        self.stdout.write(prompt)
        self.stdout.flush()
        line = self.stdin.readline()
        if not line:
            self.stdout.write("\n")
            raise StartError([f"no answer to “{prompt.partition(' [')[0]}”; nothing was changed"])
        if not self.stdin.isatty():
            self.stdout.write("\n")
        return line.strip()


def _ask(dialogue: _Dialogue, messengers: Sequence[str]) -> list[tuple[str, str]]:
    """Return the settings chosen, by name; what was left at its default is left out."""
    home = str(default_data_dir())
    answers = {
        options.DATA_DIR.name: dialogue.ask(
            "Folder for all that is stored", options.DATA_DIR, default=home
        )
    }
    if "telegram" in messengers:
        dialogue.say(_TELEGRAM)
        answers |= _ask_all(dialogue, {"Bot token (not shown)": options.TELEGRAM_TOKEN})
    if "matrix" in messengers:
        answers |= _ask_matrix(dialogue)
    if any(answers.get(name) for name in _MESSENGERS):
        dialogue.say(_OPERATORS)
        answers |= _ask_all(
            dialogue,
            {
                "Operators, such as telegram:123456789": options.OPERATORS,
                "Who may talk to the bot, closed (those you list) or open": options.ACCESS,
            },
        )
    server = "A model server of your own, as name=http://…/v1"
    answers |= _ask_all(dialogue, {server: options.ENDPOINTS})
    return [(name, text) for name, text in answers.items() if text]


def _ask_matrix(dialogue: _Dialogue) -> dict[str, str]:
    dialogue.say(_MATRIX)
    homeserver = _ask_all(dialogue, {"Matrix homeserver's address": options.MATRIX_HOMESERVER})
    if not homeserver[options.MATRIX_HOMESERVER.name]:
        return homeserver
    account: dict[str, Option[object]] = {
        "The bot's Matrix account, as @name:server": options.MATRIX_USER,
        "Its password (not shown)": options.MATRIX_PASSWORD,
    }
    return homeserver | _ask_all(dialogue, account)


def _ask_all(dialogue: _Dialogue, questions: Mapping[str, Option[object]]) -> dict[str, str]:
    return {
        option.name: dialogue.ask(question, option, default=option.default)
        for question, option in questions.items()
    }


def _line(name: str, text: str) -> str:
    """Return a line of TOML; its strings are written as JSON's are."""
    return f"{name} = {json.dumps(text, ensure_ascii=False)}\n"


def _write(path: Path, text: str, providers: Sequence[str]) -> None:
    """Put the file in place whole, once it has been read back without a complaint."""
    draft, backup = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.bak")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123  # takes the descriptor
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        load_config({CONFIG_VARIABLE: str(draft)}, providers=providers)
        if path.exists():
            path.chmod(0o600)
            path.replace(backup)
        draft.replace(path)
    except OSError as error:
        raise StartError([f"cannot write {path}: {error.strerror}"]) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
