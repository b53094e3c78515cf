"""The simulated homeserver answers as a real one did."""

from pathlib import Path
from typing import Final

from tests.simulators.matrix.likeness.answers import PEOPLE, answers
from tests.simulators.matrix.server import PASSWORD, Simulator

RECORDED: Final = Path(__file__).parents[1] / "recorded" / "matrix_synapse.txt"


async def test_the_simulator_answers_as_synapse_did() -> None:
    """Call by call, a story is answered as Synapse 1.163 answered it."""
    async with Simulator() as sim:
        for name in PEOPLE:
            sim.people.make(name, name, password=PASSWORD)
            sim.server.accounts[sim.server.user(name)].name = name
        got = await answers(sim.url, PASSWORD)
    wanted = RECORDED.read_text().splitlines()
    for ours, theirs in zip(got, wanted, strict=False):
        assert ours == theirs
    assert len(got) == len(wanted)
