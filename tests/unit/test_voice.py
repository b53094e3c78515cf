"""The rules of the bot's voice (docs: how the bot speaks), over every sentence it has."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from bot.commands import by_name
from bot.domain.events import Button
from tests.unit.voices import Said, every_reply

_ALL: Final = tuple(every_reply())
_LONGER: Final = frozenset({"about.all_commands", "about.privacy"})
_NOT_USED: Final = re.compile(
    r"\b(sorry|oops|please|unfortunately|wrong|failed|illegal|you must)\b", re.IGNORECASE
)
_INSIDE: Final = re.compile(
    r"(?<!/)\bsessions?\b|\b(turn|vault|payload|exception|traceback|null|provider error)\b"
    r"|\bNone\b|\bACU\b|\bDEK\b|HTTP |\b[45]\d\d\b|[{}<>]|HEARTHKEY_",
)
_EMOJI: Final = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
_QUOTED: Final = re.compile(r'"[^"]*"')
_SAFE: Final = frozenset({"Close", "Cancel", "Done", "Keep it"})
_OWN_WORDS_APART: Final = frozenset({"turns.cut", "turns.stopped", "turns.broken_off"})


def _plain(said: Said) -> str:
    text = re.sub(r"\\([^\w\s])", r"\1", said.reply.text)
    return text.replace("**", "")


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from re.split(r"(?<=[.?:;])\s+", line)


def _buttons(said: Said) -> Iterator[Button]:
    for row in said.reply.buttons:
        yield from row


def _broken(rule: str, by: list[str]) -> None:
    assert not by, f"{rule}: {sorted(set(by))[:10]}"


def test_every_text_is_among_them() -> None:
    """The registry holds what it says it holds."""
    names = {said.by for said in _ALL}
    assert {"keys.keys", "turns.stopped", "failures.failed", "tuning.panel"} <= names
    assert len(names) > 100


def test_length() -> None:
    """A text fits a phone's screen with its buttons."""
    broken = []
    for said in _ALL:
        most, lines = (1_500, 30) if said.by in _LONGER else (600, 12)
        text = _plain(said)
        if len(text) > most or len(text.splitlines()) > lines or len(said.reply.buttons) > 8:
            broken.append(said.by)
    _broken("too long", broken)


def test_first_sentence() -> None:
    """What a lock screen shows is the result."""
    broken = [
        said.by
        for said in _ALL
        if said.by not in _OWN_WORDS_APART and len(next(_sentences(_plain(said)))) > 90
    ]
    _broken("a first sentence over 90 characters", broken)


def test_voice() -> None:
    """No emoji, no shouting, no blame, no endless sentence."""
    broken = []
    for said in _ALL:
        text = _QUOTED.sub('""', _plain(said))
        if said.by != "about.help_page" and _EMOJI.search(text):
            broken.append(said.by)
        if "!" in text or _NOT_USED.search(text):
            broken.append(said.by)
        if any(len(each.split()) > 25 for each in _sentences(text)):
            broken.append(said.by)
    _broken("not our voice", broken)


def test_no_inside_words() -> None:
    """Builders' words stay inside."""
    broken = []
    for said in _ALL:
        text = re.sub(r"\[[A-Z]+\]", "", _QUOTED.sub('""', _plain(said)))
        labels = " ".join(button.label for button in _buttons(said))
        if _INSIDE.search(_QUOTED.sub('""', labels)) or _INSIDE.search(text):
            broken.append(said.by)
    _broken("inside words", broken)


def test_commands_are_written_as_they_are_typed_there() -> None:
    """None has a slash where a messenger has another prefix, in a text or on a label."""
    slashed = re.compile(rf"/({'|'.join(by_name())})\b")
    has_bang, broken = False, []
    for said in every_reply("!"):
        labels = " ".join(button.label for button in _buttons(said))
        text = f"{said.reply.text} {said.reply.footer} {labels}"
        has_bang = has_bang or "!help" in text
        if slashed.search(_QUOTED.sub('""', text)):
            broken.append(said.by)
    _broken("a slash", broken)
    assert has_bang


def test_labels() -> None:
    """Labels fit their row, say what happens, and their actions fit every messenger."""
    broken: list[str] = []
    for said in _ALL:
        for row in said.reply.buttons:
            most = {1: 28, 2: 17}.get(len(row), 7)
            broken.extend(
                f"{said.by} [{button.label}]"
                for button in row
                if len(button.label.removeprefix("✓ ")) > most
                or len(button.action.encode()) > 64
                or sum(map(bool, (button.action, button.url, button.copy))) != 1
                or button.label in {"Yes", "No", "OK"}
            )
    _broken("labels", broken)


def test_one_label_one_choice() -> None:
    """Without eyes or colour a label alone tells its choice from the others'."""
    broken: list[str] = []
    for said in _ALL:
        labels: dict[str, str] = {}
        broken.extend(
            said.by
            for button in _buttons(said)
            if labels.setdefault(button.label, button.action) != button.action
        )
    _broken("one label, two choices", broken)


def test_what_destroys_can_be_declined() -> None:
    """A confirmation is a question that repeats the object, keeps by default, and expires."""
    confirmations = [said for said in _ALL if said.by.split(".")[1].startswith("confirm_")]
    assert len(confirmations) >= 2
    for said in confirmations:
        *_, last = _buttons(said)
        danger = [button for button in _buttons(said) if button.is_danger]
        assert "?" in said.reply.text, said.by
        assert last.label == "Keep it", said.by
        assert danger, said.by
        assert all(button.action.endswith(":hn8fg0") for button in danger), said.by


def test_every_error_goes_on() -> None:
    """An error has a headline, says what became of message or money, and offers a next step."""
    for said in _ALL:
        if said.by == "failures.failed":
            assert said.reply.text.startswith("**")
            assert re.search(r"charged|kept|nothing|paid|credit", said.reply.text, re.IGNORECASE)
            assert said.reply.buttons


@pytest.mark.parametrize("amount", [r"\$0\.00(?!\d)", "about free"])
def test_money_is_honest(amount: str) -> None:
    """No cost is shown as nothing when it is something."""
    assert not [said.by for said in _ALL if re.search(amount, said.reply.text)]
