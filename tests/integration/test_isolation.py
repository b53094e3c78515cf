"""Nobody pays for another, and no text leaves the place it was said in."""

import logging
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from bot.domain.secret import Secret
from tests.isolation.people import Tag, make_town
from tests.isolation.rules import Rules
from tests.isolation.talk import Talk
from tests.isolation.verdict import Trouble, Verdict
from tests.isolation.world import open_world
from tests.simulators.witness import Seen

TURNS: Final = 1_000
SEED: Final = 6


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    """Return what listens for faults in the log."""
    handler = Trouble()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


async def test_a_thousand_turns_of_fifty_members_never_mix(
    tmp_path: Path, trouble: Trouble
) -> None:
    """Every member in every place of theirs, at every dialect, all at once."""
    async with open_world(tmp_path, SEED) as world:
        talk, verdict = Talk(world, SEED), Verdict(world)
        await talk.go_on(TURNS)
        await verdict.look(talk.told)
        await verdict.end(talk.told)
        assert verdict.broken == []
        assert trouble.found == []
        assert verdict.requests >= TURNS
        assert world.screen.consents >= sum(
            len(club.members) for club in world.town.clubs.values()
        )
        assert {tag.place for tag in talk.told.asked} == {*world.town.people, *world.town.clubs}


TOWN: Final = make_town(("acme", "zenith"), random.Random(SEED))
CLUB: Final = TOWN.clubs["g0"]
ASKER: Final = TOWN.people[CLUB.admin]
OTHER: Final = CLUB.members[1]
BEFORE: Final = Tag("g0", OTHER, 1)
ASKED: Final = Tag("g0", ASKER.name, 9)
LABELS: Final = {("g0", ASKER.name): "M1", ("g0", OTHER): "M2"}
RULES: Final = Rules(TOWN, LABELS, {Tag("g0", ASKER.name, 2): 3})


def seen(
    *messages: str,
    key: str = "",
    instructions: str = CLUB.instructions,
    headers: Mapping[str, str] | None = None,
    user: str = "",
    path: str = "/chat",
    status: int = 200,
    is_chat: bool = True,
) -> Seen:
    """Return a request as the admin's of the first group would be."""
    key = key or ASKER.key("acme")
    return Seen(
        method="POST",
        path=path,
        headers=dict(headers or {"authorization": f"Bearer {key}"}),
        key=Secret(key),
        question=messages[-1],
        is_chat=is_chat,
        body={"system": instructions, "messages": list(messages), "user": user},
        status=status,
    )


KEY: Final = ASKER.key("acme")
ELSEWHERE: Final = Tag("g1", ASKER.name, 2)
ALONE: Final = Tag(ASKER.name, ASKER.name, 2)
BACK: Final = Tag("g0", ASKER.name, 2)
GOOD: Final = (f"M2: {BEFORE.question}", f"M1: {ASKED.question}")
BOTH: Final = f"{CLUB.instructions} {ASKER.instructions}"
WRONG: Final[Mapping[str, tuple[Seen, str]]] = {
    "somebody else's key": (seen(*GOOD, key=TOWN.people[OTHER].key("acme")), "not the asker's"),
    "another vendor's key": (seen(*GOOD, key=ASKER.key("zenith")), "not the asker's"),
    "two keys": (seen(*GOOD, headers={"authorization": KEY, "x-api-key": KEY}), "keys in the"),
    "a key in a foreign header": (seen(*GOOD, headers={"cookie": KEY}), "keys in the"),
    "a key in the body": (seen(*GOOD, user=KEY), "outside its header"),
    "a key in the address": (seen(*GOOD, path=f"/chat?key={KEY}"), "outside its header"),
    "another group's text": (seen(f"M1: {ELSEWHERE.question}", GOOD[-1]), "it holds tag-g1-"),
    "what was said in private": (seen(ALONE.question, GOOD[-1]), f"it holds {ALONE}"),
    "private instructions": (seen(*GOOD, instructions=BOTH), "the instructions of"),
    "others' instructions": (seen(*GOOD, instructions="inst-g1-"), "the instructions of ['g1']"),
    "no instructions": (seen(*GOOD, instructions=""), "no instructions"),
    "a name": (seen(*GOOD, user=ASKER.shown_name), f"it holds ['{ASKER.shown_name}']"),
    "somebody else's number": (seen(f"M1: {BEFORE.question}", GOOD[-1]), "is by M1, not M2"),
    "no number": (seen(BEFORE.question, GOOD[-1]), "is by nobody, not M2"),
    "what was taken back": (seen(f"M1: {BACK.question}", GOOD[-1]), "was taken back"),
    "two questions": (seen(" ".join(GOOD)), "not just one question"),
    "a refusal": (seen(*GOOD, status=400), "refused with 400"),
}


@pytest.mark.parametrize(("request_", "said"), WRONG.values(), ids=WRONG)
def test_the_rules_see_what_is_wrong(request_: Seen, said: str) -> None:
    """So that nothing being broken means something."""
    assert any(said in each for each in RULES.broken("acme", request_))


def test_the_rules_let_pass_what_is_right() -> None:
    """In a group and in private, and a list of models."""
    assert list(RULES.broken("acme", seen(*GOOD))) == []
    alone = seen(ALONE.question, instructions=ASKER.instructions)
    assert list(RULES.broken("acme", alone)) == []
    listing = seen("", instructions="", is_chat=False)
    assert list(RULES.broken("acme", listing)) == []
    assert list(RULES.broken("zenith", listing)) == ["a list at zenith: a key of another vendor"]
