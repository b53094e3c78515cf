"""Stores: members, their sessions, and whose is whose."""

from dataclasses import replace
from decimal import Decimal

from bot.domain.chat import MemberId, Overrides, Scope, SessionId, TurnState
from bot.domain.effects import (
    Ask,
    Choose,
    DeleteSession,
    DropKey,
    Effect,
    MakeDefault,
    NoteKeyHealth,
    PutKey,
    RenameSession,
    StartSession,
    SwitchSession,
)
from bot.domain.keys import KeyHealth
from bot.domain.ports import Applied, Ending
from bot.domain.secret import Secret
from tests.fakes.neighbours import BOB, GROUP, HERS, HIS, ORIGIN, Neighbours

KEY = "sk-canary-alice-0001"


def put(member: MemberId, key: str = KEY, *, health: KeyHealth = KeyHealth.WORKS) -> PutKey:
    """Return the effect that stores a member's key."""
    return PutKey(member=member, provider="demo", origin=ORIGIN, key=Secret(key), health=health)


async def test_a_member_is_known_by_their_account(house: Neighbours) -> None:
    """The same account is the same member, another is another; rights are said each time."""
    alice = await house.member()
    operator = await house.stores.settings.member(alice.identity, "Al", is_operator=True)
    assert (operator.id, operator.name, operator.is_operator) == (alice.id, "Al", True)
    assert (await house.member(BOB)).id != alice.id
    assert (await house.ask()).member == alice.id


async def test_a_place_has_one_session_now(house: Neighbours) -> None:
    """It is made when first needed, and is the member's own in private, nobody's in a group."""
    alice, bob = await house.member(), await house.member(BOB)
    settings = house.stores.settings
    hers = await settings.session(HERS, alice.id)
    assert await settings.session(HERS, alice.id) == hers
    assert (hers.owner, hers.title, hers.messages) == (alice.id, "", 0)
    assert hers.started_at == hers.last_at == house.clock.now()
    shared = await settings.session(GROUP, alice.id)
    assert (await settings.session(GROUP, bob.id)).id == shared.id
    assert shared.owner is None


async def test_a_private_session_is_never_anothers(house: Neighbours) -> None:
    """Somebody else who writes in the same private place gets a session of their own."""
    alice, bob = await house.member(), await house.member(BOB)
    hers = await house.stores.settings.session(HERS, alice.id)
    his = await house.stores.settings.session(HERS, bob.id)
    assert his.id != hers.id
    assert his.owner == bob.id


async def test_a_session_is_titled_by_its_first_question(house: Neighbours) -> None:
    """First words, at most 40 characters, until it is renamed."""
    turn = await house.talk("  How do I boil\n rice and eggs in one pot at once?", "x")
    await house.talk("And then?", "x")
    session = await house.stores.settings.session(HERS, turn.member)
    assert session.title == "How do I boil rice and eggs in one pot…"
    assert len(session.title) <= 40
    assert session.messages == 4
    await house.do(RenameSession(member=turn.member, session=session.id, title="Rice"))
    assert (await house.stores.settings.session(HERS, turn.member)).title == "Rice"


async def test_sessions_are_listed_newest_first(house: Neighbours) -> None:
    """Only those with messages, of this place and member, in pages, with their number."""
    alice = await house.member()
    ids = []
    for number in range(3):
        await house.do(StartSession(member=alice.id, place=HERS, title=f"t{number}"))
        ids.append((await house.talk(f"q{number}", "a")).session)
        await house.clock.advance(60)
    await house.do(StartSession(member=alice.id, place=HERS))
    await house.talk("bob", "x", sender=BOB, place=HIS)
    listed, count = await house.stores.settings.sessions(alice.id, HERS, limit=2)
    assert count == 3
    assert [session.id for session in listed] == [ids[2], ids[1]]
    assert [session.title for session in listed] == ["t2", "t1"]
    rest, _ = await house.stores.settings.sessions(alice.id, HERS, offset=2, limit=2)
    assert [session.id for session in rest] == [ids[0]]
    assert rest[0].messages == 2
    bob = await house.member(BOB)
    assert await house.stores.settings.sessions(bob.id, HERS) == ((), 0)


async def test_messages_are_counted_without_what_was_taken_back(house: Neighbours) -> None:
    """A question counts at once, its answer when it is there."""
    turn = await house.ask()
    session = house.stores.settings.session
    assert (await session(HERS, turn.member)).messages == 1
    await house.answer(turn)
    assert (await session(HERS, turn.member)).messages == 2
    (again,) = (await house.do(Ask(member=turn.member, place=HERS, question="Continue."))).turns
    assert (await session(HERS, turn.member)).messages == 3
    await house.stores.turns.end(again.id, 0, Ending(state=TurnState.FAILED))
    assert (await session(HERS, turn.member)).messages == 3


async def test_switching_sessions(house: Neighbours) -> None:
    """An earlier session of the place goes on; not another place's or member's."""
    first = await house.talk("one", "x")
    await house.do(StartSession(member=first.member, place=HERS))
    second = await house.talk("two", "x")
    assert second.session != first.session
    bob = await house.member(BOB)
    switch = SwitchSession(member=first.member, place=HERS, session=first.session)
    for stale in (
        replace(switch, member=bob.id),
        replace(switch, place=GROUP),
        replace(switch, session=SessionId(999)),
    ):
        assert (await house.do(stale)).applied is Applied.STALE
    assert (await house.do(switch)).applied is Applied.DONE
    assert (await house.ask("three")).session == first.session


async def test_nobody_changes_what_is_anothers(house: Neighbours) -> None:
    """Every effect on another member's session, key or turn is stale."""
    turn = await house.talk("hers", "x")
    await house.do(put(turn.member))
    (hers,) = await house.stores.keys.keys(turn.member)
    bob = await house.member(BOB)
    session = turn.session
    attempts: tuple[Effect, ...] = (
        Choose(
            scope=Scope.SESSION,
            member=bob.id,
            session=session,
            overrides=Overrides(model="x"),
        ),
        MakeDefault(member=bob.id, session=session, fields=("model",)),
        RenameSession(member=bob.id, session=session, title="his"),
        DeleteSession(member=bob.id, session=session),
        DropKey(member=bob.id, key=hers.id),
        NoteKeyHealth(member=bob.id, key=hers.id, health=KeyHealth.REJECTED),
    )
    for effect in attempts:
        assert (await house.do(effect, sender=BOB)).applied is Applied.STALE, effect
    kept = await house.stores.settings.session(HERS, turn.member)
    assert (kept.id, kept.title, kept.overrides) == (session, "hers", Overrides())
    assert await house.stores.keys.open_key(turn.member, "demo", ORIGIN) == Secret(KEY)


async def test_a_stranger_changes_nothing(house: Neighbours) -> None:
    """Effects of a member that does not exist are stale."""
    nobody = MemberId("nobody")
    attempts: tuple[Effect, ...] = (
        StartSession(member=nobody, place=HERS),
        Ask(member=nobody, place=HERS, question="?"),
        put(nobody),
        Choose(
            scope=Scope.MEMBER,
            member=nobody,
            session=SessionId(1),
            overrides=Overrides(model="x"),
        ),
    )
    for effect in attempts:
        assert (await house.do(effect)).applied is Applied.STALE, effect


async def test_a_deleted_session_is_gone_and_its_usage_stays(house: Neighbours) -> None:
    """Turns, waiting messages and the place's session go; what it cost does not."""
    member = await house.member()
    turn = await house.ask()
    await house.answer(turn, cost=Decimal("0.5"), replies=[house.reply(member, "x", turn=turn)])
    delete = DeleteSession(member=turn.member, session=turn.session)
    assert (await house.do(delete)).applied is Applied.DONE
    assert (await house.do(delete)).applied is Applied.STALE
    assert await house.stores.turns.find(turn.id) is None
    assert await house.stores.turns.deliveries() == ()
    assert await house.stores.settings.sessions(turn.member, HERS) == ((), 0)
    spent = await house.stores.settings.spent(turn.member)
    assert (spent.answers, spent.cost_usd) == (1, Decimal("0.5"))
    assert (await house.ask("again")).session != turn.session


async def test_a_groups_session_is_nobodys_to_delete(house: Neighbours) -> None:
    """It holds what others said too."""
    turn = await house.talk("q", "a", place=GROUP)
    delete = DeleteSession(member=turn.member, session=turn.session)
    assert (await house.do(delete)).applied is Applied.STALE
