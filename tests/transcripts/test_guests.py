"""Who comes to the door with a code, or without a right to something: what they can do."""

from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import Place
from bot.domain.events import Body, Command, MessageRef, Press, Text
from bot.domain.people import Standing
from bot.texts.stamps import stamp
from tests.transcripts.script import read_step
from tests.transcripts.stage import Stage

INVITED = "7KQM4TXDV3PN"
LINKED = "7KQM4TXD"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A bot of Alice's, who lets in nobody else."""
    stage = Stage("buttons", is_open=False)
    await stage.open()
    yield stage
    await stage.close()


async def play(stage: Stage, *lines: str) -> list[str]:
    """Play lines and return what they showed."""
    shown: list[str] = []
    for line in lines:
        step = read_step(line)
        assert step is not None
        shown += await stage.play(step, ())
    return shown


async def press(stage: Stage, who: str, action: str) -> list[str]:
    """Let somebody press whatever they like, and return what that showed."""
    await stage.receive(who, Press(action), MessageRef("b99"))
    return stage.told()


def at_rest(stage: Stage) -> str:
    """Return all that is stored."""
    return repr(stage.stores._state)


@pytest.mark.parametrize("typed", [f"/start i_{INVITED}", f"/start {INVITED}", INVITED])
async def test_the_code_of_an_invitation_is_stored_nowhere(
    stage: Stage, typed: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The update that goes on has none, and neither has a log; the maker's own message has."""
    caplog.set_level("DEBUG")
    await play(stage, "alice> /invite")
    before = at_rest(stage).count(INVITED)
    await play(stage, f"bob> {typed}")
    person = await stage.stores.people.of(stage.who("bob"))
    assert person is not None
    assert person.standing is Standing.ADMITTED
    assert at_rest(stage).count(INVITED) == before
    assert INVITED not in caplog.text


async def test_nobody_is_let_in_by_our_own_stub(stage: Stage) -> None:
    """What the door puts in a code's place opens nothing when it is typed."""
    await play(stage, "alice> /invite")
    for typed in ("/start invited", "/link given", "/start i_", "/start i_invited"):
        await play(stage, f"bob> {typed}")
    person = await stage.stores.people.of(stage.who("bob"))
    assert person is None or person.standing is Standing.KNOWN
    assert not any("bob" in text for text in stage.everything_shown() if "joined" in text)


async def test_of_two_who_bring_one_invitation_one_comes_in(stage: Stage) -> None:
    """The other is told, also where both were at the door at once."""
    await play(stage, "alice> /invite")
    invitations = stage._router._desk.invitations if stage._router else None
    assert invitations is not None
    found = invitations.fits(INVITED)
    assert found is not None
    invitations.give(found, stage.who("carol"))
    shown = await play(stage, f"bob> /start i_{INVITED}", f"carol> /start i_{INVITED}")
    assert sum("invited you" in line for line in shown) == 1
    assert any("used or has expired" in line for line in shown)


GUEST_BODIES: list[Body] = [
    Text("What is a leek?"),
    Text("1"),
    Command("keys"),
    Command("addkey"),
    Command("start"),
    Command("help"),
    Press("addkey:start"),
    Press("model:menu"),
    Press("link:new"),
    Press("link:list"),
    Press("link:accept:00000000"),
    Press("link:notme:000000"),
]


@pytest.mark.parametrize("body", GUEST_BODIES, ids=repr)
async def test_who_brought_a_link_can_do_nothing_else(stage: Stage, body: Body) -> None:
    """Nothing of theirs is asked, kept or begun before both sides have said yes."""
    await play(stage, "alice> /addkey anthropic sk-ant-api03-canary-0000000abcd", "alice> /link")
    await play(stage, f"bob> /link {LINKED}")
    sessions = at_rest(stage).count("Session(")
    await stage.receive("bob", body, MessageRef("m99"))
    shown = "\n".join(stage.told())
    assert stage.companies["anthropic"].asked == []
    assert at_rest(stage).count("Session(") == sessions
    assert "sk-" not in shown
    assert "send this there" not in shown.casefold()
    person = await stage.stores.people.of(stage.who("bob"))
    assert person is not None
    assert person.identities == (stage.who("bob"),)


async def test_a_link_is_accepted_by_its_maker_alone(stage: Stage) -> None:
    """Whoever brought the code, or anybody else, presses in vain."""
    await play(stage, "alice> /link", f"bob> /link {LINKED}", "bob → [Link accounts]")
    router = stage._router
    assert router is not None
    (link,) = router._desk.links._open.values()
    for who in ("bob", "carol"):
        await press(stage, who, f"link:accept:{link.id}")
        await press(stage, who, f"link:refuse:{link.id}")
    person = await stage.stores.people.of(stage.who("bob"))
    assert person is not None
    assert person.identities == (stage.who("bob"),)
    await press(stage, "alice", f"link:accept:{link.id}")
    person = await stage.stores.people.of(stage.who("bob"))
    assert person is not None
    assert person.identities == (stage.who("alice"), stage.who("bob"))


async def test_a_link_is_not_accepted_before_the_other_side_said_yes(stage: Stage) -> None:
    """The maker's word alone takes over nobody's account."""
    await play(stage, "alice> /link", f"bob> /link {LINKED}")
    router = stage._router
    assert router is not None
    (link,) = router._desk.links._open.values()
    shown = await press(stage, "alice", f"link:accept:{link.id}")
    assert "not valid any more" in shown[0]
    person = await stage.stores.people.of(stage.who("bob"))
    assert person is not None
    assert person.identities == (stage.who("bob"),)


MEMBER_ACTIONS = (
    "members:list:0",
    "members:show:{alice}",
    "members:ask:{alice}",
    "members:remove:{alice}:{stamp}",
    "members:block:{alice}:{stamp}",
    "members:operator:{bob}:{stamp}",
    "members:asoperator:{bob}",
    "members:undo:{bob}:admitted:o",
    "members:admit:{carol}",
    "members:erase:{carol}",
    "invite:start",
    "invite:show:{invitation}",
    "invite:qr:{invitation}",
    "invite:days:{invitation}:30",
    "invite:withdraw:{invitation}",
    "help:use:invite",
    "help:use:members",
)


@pytest.mark.parametrize("action", MEMBER_ACTIONS)
async def test_a_member_who_is_no_operator_decides_nothing(stage: Stage, action: str) -> None:
    """Whatever a forged press says, nobody's standing and no invitation changes."""
    await play(stage, "alice> /invite", f"bob> /start i_{INVITED}", "alice> /invite")
    people = stage.stores.people
    (invitation,) = await people.invitations()
    named = {
        "alice": await stage.member("alice"),
        "bob": await stage.member("bob"),
        "carol": await stage.member("carol"),
        "stamp": stamp(stage.clock.now()),
        "invitation": invitation.id,
    }
    before = await people.roster(), await people.invitations()
    shown = await press(stage, "bob", action.format(**named))
    assert shown[0].startswith("bot edits (to bob)> Only the operator can use")
    assert (await people.roster(), await people.invitations()) == before


@pytest.mark.parametrize(
    "verb",
    [
        "remove:{}:{}",
        "block:{}:{}",
        "member:{}:{}",
        "notoperator:{}",
        "undo:{}:known:m",
        "erase:{}",
    ],
)
@pytest.mark.parametrize("who", ["alice", "bob"])
async def test_nobody_puts_out_themself_or_whom_the_settings_name(
    stage: Stage, verb: str, who: str
) -> None:
    """Alice is named there; Bob, an operator since, presses about both."""
    await play(stage, "alice> /invite", f"bob> /start i_{INVITED}", "alice> /members bob")
    await play(stage, "→ [Make operator]", "→ [Make operator]")
    before = await stage.stores.people.roster()
    action = f"members:{verb}".format(await stage.member(who), stamp(stage.clock.now()))
    await press(stage, "bob", action)
    assert await stage.stores.people.roster() == before
    assert [each.is_operator for each in before] == [False, True]


async def test_a_blocked_account_gets_nothing_from_anywhere(stage: Stage) -> None:
    """No line, no toast, nothing stored, with any code and in any chat."""
    await play(stage, "alice> /invite", f"bob> /start i_{INVITED}", "alice> /members bob")
    await play(stage, "→ [Block]", "→ [Block member]", "alice> /invite", "alice> /link")
    before = at_rest(stage)
    for body in (
        Text("hello"),
        Command("start", "i_H2YB6ZSGM9DF"),
        Command("link", "5KTAW8RC"),
        Press("model:menu"),
    ):
        for who in ("bob", "bob@club"):
            await stage.receive(who, body, MessageRef("m99"))
    assert stage.told() == []
    assert at_rest(stage) == before
    router = stage._router
    assert router is not None
    assert not router.expects(stage.who("bob"))
    assert router.expects(stage.who("carol"))


async def test_strangers_are_expected_only_while_a_code_is_out(stage: Stage) -> None:
    """Then whoever opens a chat is followed, as they may bring it."""
    router, carol = stage._router, stage.who("carol")
    assert router is not None
    assert not router.expects(carol)
    await play(stage, "alice> /link")
    assert router.expects(carol)
    assert not router.welcomes(carol)
    await play(stage, "clock> 10 min")
    assert not router.expects(carol)
    await play(stage, "alice> /invite")
    assert router.expects(carol)
    await play(stage, "→ [Withdraw]")
    assert not router.expects(carol)


async def test_an_invitation_brought_just_before_a_crash_is_asked_for_again(stage: Stage) -> None:
    """Who brought it is forgotten, and nobody is let in on the word of a stub."""
    await play(stage, "alice> /invite")
    bob = Place("fake", "bob")
    incoming = stage._incoming("bob", Command("start", "invited"), MessageRef("m99"))
    assert incoming.place == bob
    await stage.stores.settings.member(stage.who("bob"), "Bob", is_operator=False)
    assert await stage.stores.intake.accept(incoming) is not None
    shown = await play(stage, "restart>")
    assert shown == ["bot> I was restarted just now. Open the invitation once more."]
    shown = await play(stage, f"bob> /start i_{INVITED}")
    assert shown[0].startswith("bot> Hello Bob. Alice invited you")
