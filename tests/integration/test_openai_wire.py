"""The dialect over a socket, in every way that bytes can come; and the simulator itself."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from bot.domain.chat import Adjustment, Finish, FinishReason
from bot.domain.errors import NoCredit, NoPermission
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from tests.simulators.asking import KEY, endpoint, hear, hear_mended, request
from tests.simulators.behaviour import Behaviour
from tests.simulators.vendor_sim import VendorSim
from tests.simulators.witness import question_hash, read_witness

ROOT = Path(__file__).parents[2]
TEXT = "Schlüssel \u2028 für 家の鍵 🏡🔑 and\x85more\u2029 text."


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """A vendor."""
    async with VendorSim() as server:
        yield server


@pytest.fixture
async def provider(sim: VendorSim) -> AsyncIterator[Provider]:
    """A provider at the vendor."""
    async with endpoint(sim) as made:
        yield made


@pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
@pytest.mark.parametrize("piece", [0, 1, 2, 3, 7, 64])
async def test_any_pieces_any_line_ends(
    sim: VendorSim, provider: Provider, piece: int, newline: str
) -> None:
    """Cut within characters and line ends, with comments between: the same answer."""
    fields = {"text": TEXT, "piece": piece, "newline": newline, "keep_alives": 3}
    sim.queue.append(Behaviour(**fields))  # type: ignore[arg-type]  # the table's own
    heard = await hear(provider, request())
    assert heard.error is None
    assert heard.text == TEXT
    assert len(heard.usage) == 1


FORMS: dict[str, dict[str, object]] = {
    "no end mark": {"has_done": False},
    "no end but the mark": {"has_end": False},
    "the last event not closed": {"is_open_end": True},
    "one JSON": {"is_whole": True},
    "no media type": {"content_type": "application/octet-stream"},
    "reasoning_content": {"reasoning": "Well well"},
    "reasoning": {"reasoning": "Well well", "reasoning_field": "reasoning"},
    "thinking in tags": {"reasoning": "Well well", "reasoning_field": "think", "piece": 5},
    "one JSON with reasoning": {"reasoning": "Well well", "is_whole": True},
}


@pytest.mark.parametrize("act", FORMS.values(), ids=FORMS.keys())
async def test_forms_of_an_answer(
    sim: VendorSim, provider: Provider, act: dict[str, object]
) -> None:
    """Answer, thinking, count and end are told apart in each."""
    sim.queue.append(Behaviour(text=TEXT, **act))  # type: ignore[arg-type]  # the table's own
    heard = await hear(provider, request())
    assert heard.error is None
    assert heard.text == TEXT
    assert heard.reasoning.strip() == act.get("reasoning", "")
    assert len(heard.usage) == 1
    assert heard.events[-1] == Finish(FinishReason.STOP)


async def test_no_count(sim: VendorSim, provider: Provider) -> None:
    """A vendor that counts nothing still answers."""
    sim.queue.append(Behaviour(has_usage=False))
    heard = await hear(provider, request())
    assert heard.error is None
    assert heard.usage == []


async def test_a_count_is_the_vendors_own(sim: VendorSim, provider: Provider) -> None:
    """What the vendor counted comes as it is."""
    said = {"prompt_tokens": 90, "completion_tokens": 8}
    sim.queue.append(Behaviour(usage=said))
    heard = await hear(provider, request())
    assert heard.usage == [Usage(input_tokens=90, output_tokens=8)]


@pytest.mark.parametrize(
    ("refuses", "adjustment"),
    [
        ("temperature", Adjustment.DROP_TEMPERATURE),
        ("max_tokens", Adjustment.MAX_COMPLETION_TOKENS),
        ("stream_options", Adjustment.DROP_STREAM_OPTIONS),
        ("system", Adjustment.SYSTEM_IN_USER),
    ],
)
async def test_what_is_refused_is_named_and_mended(
    sim: VendorSim, provider: Provider, refuses: str, adjustment: Adjustment
) -> None:
    """One request, one refusal, billed nothing; with the change named, it goes through."""
    sim.default = Behaviour(refuses=refuses)
    asked = request(temperature=0.4, max_tokens=300, system="Be brief.")
    await hear_mended(sim, provider, asked, adjustment)


@pytest.mark.parametrize(("key", "leaf"), [("poor", NoCredit), ("barred", NoPermission)])
async def test_keys_that_are_known_and_of_no_use(
    provider: Provider, key: str, leaf: type[Exception]
) -> None:
    """Neither is called an invalid key."""
    assert type((await hear(provider, request(), Secret(key))).failure) is leaf
    with pytest.raises(leaf):
        await provider.check_key(Secret(key))


async def test_the_simulator_counts_what_it_billed(sim: VendorSim, tmp_path: Path) -> None:
    """Also for faults and resets, per question, in a file that has the key's mask only."""
    path = tmp_path / "witness"
    async with VendorSim(witness=path) as counting, endpoint(counting) as provider:
        for question in (
            "a", "a", "b [sim status=500]", "c [sim status=503]", "d [sim reset=body]",
            "e [sim status=502 billed=0]", "f [sim cut_after=0]",
        ):  # fmt: skip
            await hear(provider, request(question))
        billed = counting.witness.billed
    rows = read_witness(path)
    assert billed == {
        "a": 2,
        "b [sim status=500]": 1,
        "d [sim reset=body]": 1,
        "f [sim cut_after=0]": 1,
    }
    assert [row["is_billed"] for row in rows] == [True, True, True, False, True, False, True]
    assert rows[0]["question_hash"] == question_hash("a")
    assert rows[0]["bearer"] == KEY.mask()
    assert KEY.reveal() not in path.read_text()
    assert sim.witness.seen == []


async def test_the_simulator_in_a_process_of_its_own(tmp_path: Path) -> None:
    """It says where it is, takes scripts, and tells what it saw."""
    path = tmp_path / "witness"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.simulators.vendor_sim", "--witness", str(path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    there = json.loads(await process.stdout.readline())
    http = HttpClient()
    provider = build_providers(http, endpoints={"sim": there["url"]})["sim"]
    script = f"http://127.0.0.1:{there['port']}/script"
    async with http.stream_post(script, headers={}, body=b'[{"text": "scripted"}]') as answer:
        assert answer.status == 200
    assert (await hear(provider, request("one"))).text == "scripted"
    seen = await http.get(f"http://127.0.0.1:{there['port']}/witness", headers={})
    assert json.loads(seen.body)["billed"] == {question_hash("one"): 1}
    await http.close()
    process.stdin.close()
    assert await process.wait() == 0
    assert [row["question"] for row in read_witness(path)] == ["one"]
