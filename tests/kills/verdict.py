"""What the witnesses say after a story: the screen, the database's clear columns, the vendor."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.texts.turns import SENT_AGAIN
from tests.kills.outbox import look, sent
from tests.kills.screen import Shown
from tests.kills.story import SAID, TEMPERATURE, Story
from tests.kills.vendor import Asked
from tests.kills.witness import KEY_LOST


def judge(
    folder: Path,
    story: Story,
    shown: Sequence[Shown],
    asked: Sequence[Asked],
    *,
    kills: int,
    sends_once: bool = False,
) -> Sequence[str]:
    """Return every broken promise, in words.

    `sends_once`: a message that is sent again is the same message there, so none is in two.
    """
    repeated = _doubled if sends_once else _repeated
    return [
        *_lost(story, shown, asked),
        *repeated(shown, asked, kills),
        *(_stray(folder, story, shown, asked) if sends_once else ()),
        *_billed_twice(story, asked),
        *_applied(folder, asked),
        *_in_clear(folder, story),
    ]


def _lost(story: Story, shown: Sequence[Shown], asked: Sequence[Asked]) -> Iterator[str]:
    """Each message ends in an answer, or in words that it was interrupted, with Retry."""
    for turn, question in enumerate(story.questions, start=1):
        if (ends := _count(shown, turn, question, asked)) < _words(story, question):
            yield f"lost: {question!r} has {ends} ends for {_words(story, question)} words"
    for command, words in SAID.items():
        if not any(words in message.text for message in shown):
            yield f"lost: the reply of {command} is in no message"


def _words(story: Story, question: str) -> int:
    """Return how often the member asked: with the message, and with /retry."""
    return 2 if question == story.retried else 1


def _count(shown: Sequence[Shown], turn: int, question: str, asked: Sequence[Asked]) -> int:
    """Return in how many messages a question ended."""
    answers = {each.answer for each in asked if each.question == question}
    return sum(_ends(message, turn, answers) for message in shown)


def _ends(message: Shown, turn: int, answers: set[str]) -> bool:
    """Whether a message is a whole answer, or offers to ask this turn again."""
    if message.text.removeprefix(f"{SENT_AGAIN}\n") in answers - {""}:
        return True
    return turn in message.turns


def _repeated(shown: Sequence[Shown], asked: Sequence[Asked], kills: int) -> Iterator[str]:
    """No text is in two messages unless the later one says that it was sent again.

    The vendor may have given the same answer twice, and a key may have been lost at each kill.
    """
    given = Counter(each.answer for each in asked)
    unmarked = Counter(
        delivered
        for message in shown
        for delivered in message.delivered
        if not delivered[0].startswith(SENT_AGAIN)
    )
    for (text, *_), times in unmarked.items():
        allowed = kills if KEY_LOST in text else max(1, given[text])
        if times > allowed:
            yield f"repeated: {times} times, unmarked: {text[:60]!r}"


def _doubled(shown: Sequence[Shown], asked: Sequence[Asked], kills: int) -> Iterator[str]:
    """No text is in two messages beyond what the vendor gave, nor does any say it came again."""
    given = Counter(each.answer for each in asked)
    for text, times in Counter(each.text for each in shown).items():
        ends = sum(each.text == text and bool(each.turns) for each in shown)
        allowed = kills if KEY_LOST in text else max(1, given[text], ends)
        if times > allowed or text.startswith(SENT_AGAIN):
            yield f"doubled: {times} times: {text[:60]!r}"


def _stray(
    folder: Path, story: Story, shown: Sequence[Shown], asked: Sequence[Asked]
) -> Iterator[str]:
    """Each delivery is one message, each message of one delivery, each end of one question."""
    known = Counter(each.message for each in sent(folder))
    standing = {each.message: each.text for each in shown}
    for message in standing.keys() | known.keys():
        if known[message] != 1 or message not in standing:
            text = standing.get(message, "nowhere")
            yield f"doubled: {known[message]} deliveries of one message: {text[:60]!r}"
    for turn, question in enumerate(story.questions, start=1):
        if (ends := _count(shown, turn, question, asked)) > _words(story, question):
            yield f"doubled: {question!r} has {ends} ends"


def _billed_twice(story: Story, asked: Sequence[Asked]) -> Iterator[str]:
    """One request per word of the member: the message, and the one /retry."""
    billed = Counter(each.question for each in asked if each.is_billed)
    for question in story.questions:
        if billed[question] > _words(story, question):
            yield f"billed: {question!r} {billed[question]} times"


def _applied(folder: Path, asked: Sequence[Asked]) -> Iterator[str]:
    """Every command took effect once, and nothing is left undone."""
    facts = _facts(folder)
    expected: Mapping[str, object] = {
        "sessions": 2,
        "turns": 3,
        "taken back": "3",
        "keys": 0,
        "open turns": 0,
        "unhandled updates": 0,
        "unsent messages": 0,
    }
    for name, value in expected.items():
        if facts[name] != value:
            yield f"applied: {name} {facts[name]!r}, not {value!r}"
    billed = sum(each.is_billed for each in asked)
    if facts["usage"] < billed:
        yield f"applied: {billed} requests may cost money, usage knows {facts['usage']}"
    if any(each.temperature != TEMPERATURE for each in asked):
        yield f"applied: temperatures {[each.temperature for each in asked]}"


def _facts(folder: Path) -> Mapping[str, Any]:
    queries = {
        "sessions": "SELECT count(*) FROM sessions",
        "turns": "SELECT count(*) FROM turns",
        "taken back": "SELECT group_concat(id) FROM turns WHERE taken_back = 1",
        "keys": "SELECT count(*) FROM api_keys",
        "usage": "SELECT count(*) FROM usage",
        "open turns": "SELECT count(*) FROM turns"
        " WHERE state IN ('received', 'waiting', 'requested')",
        "unhandled updates": "SELECT count(*) FROM inbox WHERE state <> 'handled'",
        "unsent messages": "SELECT count(*) FROM outbox WHERE state <> 'sent'",
    }
    return {name: look(folder, sql)[0][0] for name, sql in queries.items()}


def _in_clear(folder: Path, story: Story) -> Iterator[str]:
    """Neither key nor words are in any file of the data folder, nor in the log."""
    for path in (folder / "log", *(folder / "data").rglob("*")):
        if path.is_file() and story.tag.encode() in path.read_bytes():
            yield f"in clear: the story's tag in {path.name}"
