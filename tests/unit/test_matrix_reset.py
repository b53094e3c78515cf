"""A new identity is made by somebody who was told what it costs, and said so twice."""

from collections.abc import Callable

import pytest

from adapters.matrix.trust.reset import reset_identity
from adapters.matrix.trust.trust import DeviceLost, Standing, Trust
from adapters.matrix.wire import CallError
from bot.domain.secret import Secret
from tests.fakes.dialogue import FakeDialogue
from tests.fakes.matrix_keys import FakeKeepsakes, KeyServer, Phone

BOT = "@bot:hs"
MEANT = ("reset", BOT)


class Stand:
    """A bot whose account has an identity, its own or another's."""

    def __init__(self, *, password: str = "", page: str = "", is_foreign: bool = True) -> None:
        self.server = KeyServer(BOT, password=password, page=page)
        self.device = Phone(BOT, "BOTDEVICE")
        self.server.add(self.device)
        if is_foreign:
            self.server.identities[BOT] = Phone(BOT, "X").seeds.identity(BOT)
        secret = Secret(password) if password else None
        self.trust = Trust(self.server, FakeKeepsakes(), self.device.own(), password=secret)

    async def reset(self, *answers: str) -> tuple[bool, str]:
        """Run the tool; return whether it says it did it, and all it showed."""
        await self.trust.establish()
        self.server.log.clear()
        dialogue = FakeDialogue(*answers)
        return await reset_identity(self.trust, dialogue), dialogue.text


async def test_a_meant_reset_is_done(canary: Callable[..., str]) -> None:
    """Both questions answered, the bot has an identity of its own and is trusted."""
    stand = Stand(password=canary("pw-"))
    is_done, text = await stand.reset(*MEANT)
    assert is_done
    assert stand.trust.state.standing is Standing.TRUSTED
    assert "cannot write to it until they withdraw that" in text
    assert "sees a warning" in text
    assert text.endswith("The bot has a new identity, and its device is signed by it.")


@pytest.mark.parametrize(
    "answers", [("",), ("yes",), ("reset", ""), ("reset", "@alice:hs"), ("reset", "reset")]
)
async def test_what_is_not_meant_is_not_done(
    canary: Callable[..., str], answers: tuple[str, ...]
) -> None:
    """Without both words nothing is even sent."""
    stand = Stand(password=canary("pw-"))
    is_done, text = await stand.reset(*answers)
    assert not is_done
    assert stand.server.log == []
    assert text.endswith("Nothing was changed.")


async def test_an_identity_in_order_is_said_to_be(canary: Callable[..., str]) -> None:
    """Whoever resets what works should know that it works."""
    stand = Stand(password=canary("pw-"), is_foreign=False)
    is_done, text = await stand.reset("no")
    assert not is_done
    assert "no need for a new one" in text


async def test_a_missing_password_is_named(canary: Callable[..., str]) -> None:
    """The setting is said, and nothing is asked for on the screen."""
    stand = Stand(password=canary("pw-"))
    stand.trust = Trust(stand.server, FakeKeepsakes(), stand.device.own(), password=None)
    is_done, text = await stand.reset(*MEANT)
    assert not is_done
    assert "Nothing was changed. The homeserver wants the account's password" in text
    assert "HEARTHKEY_MATRIX_PASSWORD" in text


async def test_an_account_page_is_waited_for() -> None:
    """The page is shown as often as it takes, and "stop" leaves everything as it was."""
    stand = Stand(page="https://account.hs/reset")
    is_done, text = await stand.reset(*MEANT, "", "stop")
    assert not is_done
    assert text.count("https://account.hs/reset") == 3
    assert "Nothing was changed." in text
    stand.server.is_approved = True
    assert (await stand.reset(*MEANT))[0]


async def test_a_page_that_is_visited_meanwhile_is_enough() -> None:
    """Approval between the questions lets the next try through."""
    stand = Stand(page="https://account.hs/reset")
    await stand.trust.establish()

    class Visitor(FakeDialogue):
        async def ask(self, prompt: str) -> str:
            stand.server.is_approved = "Press Enter" in prompt
            return await super().ask(prompt)

    dialogue = Visitor(*MEANT, "")
    assert await reset_identity(stand.trust, dialogue)
    assert stand.trust.state.standing is Standing.TRUSTED


async def test_a_silent_server_leaves_it_open(canary: Callable[..., str]) -> None:
    """It is not said that nothing happened when nobody knows."""
    stand = Stand(password=canary("pw-"))
    await stand.trust.establish()
    stand.server.errors = [CallError(0)]
    dialogue = FakeDialogue(*MEANT)
    assert not await reset_identity(stand.trust, dialogue)
    assert "not known whether the identity is new" in dialogue.text


async def test_an_untaken_signature_is_not_called_done(canary: Callable[..., str]) -> None:
    """The identity is new, the device is not signed, and both are said."""
    stand = Stand(password=canary("pw-"))
    stand.server.failures = {BOT: {"BOTDEVICE": {"errcode": "M_UNKNOWN"}}}
    is_done, text = await stand.reset(*MEANT)
    assert is_done
    assert "its device is not signed by it: The homeserver does not take" in text


async def test_a_lost_device_gets_no_identity(canary: Callable[..., str]) -> None:
    """What could not sign is not signed for."""
    stand = Stand(password=canary("pw-"))
    await stand.trust.establish()
    stand.server.devices.clear()
    with pytest.raises(DeviceLost):
        await reset_identity(stand.trust, FakeDialogue(*MEANT))
