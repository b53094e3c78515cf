"""Finding models and companies by what was typed, and the memory of lists."""

import asyncio
from datetime import timedelta

import pytest

from bot.commands import COMMANDS, by_name, collect, nearest
from bot.commands.companies import find_company, near_companies, offered
from bot.commands.modelsearch import likely_provider, looks_like_id, search
from bot.domain.chat import Identity, MemberId, Place
from bot.domain.effects import DropKey, Effect, PutKey
from bot.domain.errors import InvalidKey, ProviderError, Unreachable
from bot.domain.events import Command, Incoming
from bot.domain.keys import KeyHealth
from bot.domain.models import Model
from bot.domain.ports import Applied
from bot.domain.secret import Secret
from bot.modellists import FRESH, Listed, ModelLists
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock
from tests.fakes.provider import FakeProvider
from tests.transcripts.cast import companies

_LISTED = tuple(
    Listed(provider, model)
    for provider, company in companies().items()
    for model in company.models
)


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("claude-haiku-5-5", "claude-haiku-5-5"),
        ("Claude Haiku 5.5", "claude-haiku-5-5"),
        ("HAIKU", "claude-haiku-5-5"),
        ("terra", "gpt-6.1-terra"),
        ("claude opus", "claude-opus-5-5"),
        ("claude sonnet 5", "claude-sonnet-5"),
    ],
)
def test_one_fits(text: str, only: str) -> None:
    """An exact name wins over names that hold it; a part that fits one model is enough."""
    found = search(_LISTED, text).only
    assert found is not None
    assert found.model.id == only


def test_several_or_none_fit() -> None:
    """Near misses are not taken."""
    assert len(search(_LISTED, "son").fits) == 2
    assert search(_LISTED, "son").only is None
    near = search(_LISTED, "sonet")
    assert not near.fits
    assert "claude-sonnet-5-5" in {each.model.id for each in near.near}
    assert search(_LISTED, "qqqq").near == ()
    assert search((), "anything").fits == ()


def test_ids() -> None:
    """What looks like an id may be tried at the company whose ids begin like it."""
    assert looks_like_id("gpt-7-nova")
    assert looks_like_id("meta/llama3:8b")
    assert not looks_like_id("sonet")
    assert not looks_like_id("two words-1")
    assert not looks_like_id("a-1" * 50)
    assert likely_provider(_LISTED, "gpt-7-nova", default="google") == "openai"
    assert likely_provider(_LISTED, "zzz-7", default="google") == "google"


def test_companies() -> None:
    """A company goes by id, name and alias; the demo is offered first."""
    known = companies()
    assert offered(known)[0].is_demo
    for typed in ("Google", "google", " GEMINI "):
        found = find_company(known, typed)
        assert found is not None
        assert found.id == "google"
    assert find_company(known, "openia") is None
    assert [spec.id for spec in near_companies(known, "openia")][:1] == ["openai"]
    assert near_companies(known, "qqqq") == ()


def test_commands_are_declared_once() -> None:
    """Names and aliases are unique, known to Telegram's menu, and near misses are found."""
    assert nearest("modle") == ("model",)
    assert nearest("qqqqqq") == ()
    assert by_name()["provider"].name == "model"
    assert {"start", "help", "addkey", "keys", "removekey", "model", "temp"} <= set(by_name())
    with pytest.raises(ValueError, match="addkey"):
        collect((*COMMANDS, *COMMANDS))
    places = [row.menu for row in COMMANDS if row.menu]
    assert sorted(places) == list(range(1, 13))
    for name in by_name():
        assert name.isascii()
        assert name.islower()
        assert len(name) <= 32


class _Vendors:
    """Alice with an Acme key, and the memory of lists under test."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.acme = FakeProvider()
        self.lists = ModelLists(self.stores.keys, {"acme": self.acme}, self.clock)

    async def member(self, name: str) -> MemberId:
        identity = Identity("fake", name)
        return (await self.stores.settings.member(identity, name, is_operator=False)).id

    async def key(self) -> MemberId:
        member = await self.member("alice")
        await self.do(
            PutKey(
                member=member,
                provider="acme",
                origin=self.acme.spec.origin,
                key=Secret("canary-key"),
                health=KeyHealth.WORKS,
            )
        )
        return member

    async def do(self, effect: Effect) -> None:
        row = await self.stores.intake.accept(
            Incoming(
                update=f"u{effect!r}",
                sender=Identity("fake", "alice"),
                sender_name="Alice",
                place=Place("fake", "alice"),
                body=Command("do"),
                sent_at=self.clock.now(),
            )
        )
        assert row is not None
        result = await self.stores.intake.finish(row.id, (effect,), ())
        assert result.applied is Applied.DONE


async def test_a_list_is_kept_for_an_hour() -> None:
    """It is fetched once, then anew after an hour or on request."""
    it = _Vendors()
    member = await it.key()
    first = await it.lists.get(member, "acme")
    assert first.models == it.acme.models
    it.acme.models = (Model(id="acme-2"),)
    assert (await it.lists.get(member, "acme")).models == first.models
    assert (await it.lists.get(member, "acme", anew=True)).models == it.acme.models
    it.acme.models = (Model(id="acme-3"),)
    await it.clock.advance((FRESH + timedelta(seconds=1)).total_seconds())
    assert (await it.lists.get(member, "acme")).models == it.acme.models
    assert it.lists.peek(member, "acme", "acme-3") == Model(id="acme-3")
    assert it.lists.peek(member, "acme", "acme-1") is None


async def test_an_old_list_is_better_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of reach, a company's old list comes with the reason; without one it raises."""
    it = _Vendors()
    member = await it.key()

    async def unreachable(_key: Secret) -> tuple[Model, ...]:
        await asyncio.sleep(0)
        raise Unreachable("acme", is_unsent=True)

    await it.lists.get(member, "acme")
    monkeypatch.setattr(it.acme, "list_models", unreachable)
    old = await it.lists.get(member, "acme", anew=True)
    assert isinstance(old.missed, Unreachable)
    assert old.models == it.acme.models
    it.lists.forget(member, "acme")
    with pytest.raises(Unreachable):
        await it.lists.get(member, "acme")
    every = await it.lists.all(member)
    assert every.every() == ()
    assert isinstance(every.missing["acme"], ProviderError)


async def test_no_key_no_list() -> None:
    """Without a key nobody is asked, and a member's list is nobody else's."""
    it = _Vendors()
    member = await it.key()
    await it.lists.get(member, "acme")
    other = await it.member("bob")
    with pytest.raises(InvalidKey):
        await it.lists.get(other, "acme")
    assert it.lists.peek(other, "acme", "acme-1") is None
    assert (await it.lists.all(other)).every() == ()
    (info,) = await it.stores.keys.keys(member)
    await it.do(DropKey(member=member, key=info.id))
    it.lists.forget(member, "acme")
    with pytest.raises(InvalidKey):
        await it.lists.get(member, "acme")
    with pytest.raises(InvalidKey):
        await it.lists.get(member, "nobody")
