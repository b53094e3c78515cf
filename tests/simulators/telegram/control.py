"""The people's side over HTTP: POST /sim/VERB with a JSON object of the verb's arguments."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from tests.simulators.telegram.faults import Fault

if TYPE_CHECKING:
    from tests.simulators.telegram.server import Simulator

Given = dict[str, Any]
Verb = Callable[["Simulator", Given], Given]
Wait = Callable[["Simulator", Given], Awaitable[Given]]
_WAIT_S: Final = 30.0


async def control(sim: "Simulator", verb: str, given: Given) -> Given:
    """Do it, and return what came of it."""
    if verb in _WAITS:
        return await _WAITS[verb](sim, given)
    return _VERBS[verb](sim, given)


def _private(sim: "Simulator", given: Given) -> Given:
    return {"chat": sim.people.private(**given).id}


def _group(sim: "Simulator", given: Given) -> Given:
    return {"chat": sim.people.group(given.pop("id"), **given).id}


def _say(sim: "Simulator", given: Given) -> Given:
    message, update = sim.people.say(**given)
    return {"message": message, "update": update}


def _edit(sim: "Simulator", given: Given) -> Given:
    return {"update": sim.people.edit(**given)}


def _press(sim: "Simulator", given: Given) -> Given:
    query, update = sim.people.press(**given)
    return {"query": query, "update": update}


def _flood(sim: "Simulator", given: Given) -> Given:
    sim.flood.mode, sim.flood.scale = given["mode"], given.get("scale", 1.0)
    return {}


def _webhook(sim: "Simulator", given: Given) -> Given:
    sim.state.webhook = given["url"]
    return {}


def _fault(sim: "Simulator", given: Given) -> Given:
    method = given.pop("method")
    sim.faults.add(method, Fault(**given))
    return {}


def _without(sim: "Simulator", given: Given) -> Given:
    """Be as old as a server that lacks these methods."""
    sim.without = {each.lower() for each in given["methods"]}
    return {}


def _state(sim: "Simulator", _: Given) -> Given:
    return {
        "confirmed": sim.updates.confirmed,
        "last": sim.updates.last,
        "strange": sorted(sim.state.strange),
        "rows": len(sim.state.journal.rows),
    }


def _calls(sim: "Simulator", _: Given) -> Given:
    return {"calls": [asdict(each) for each in sim.calls]}


def _journal(sim: "Simulator", given: Given) -> Given:
    """Return what happened, of one chat only where it is named."""
    chat = given.get("chat")
    rows = sim.state.journal.rows[given.get("since", 0) :]
    return {"rows": [each for each in rows if chat in {None, each.get("chat")}]}


async def _confirmed(sim: "Simulator", given: Given) -> Given:
    """Wait until an update was confirmed; whether it was."""
    try:
        await sim.until(lambda: sim.updates.confirmed >= given["update"], within_s=_WAIT_S)
    except TimeoutError:
        return {"is_confirmed": False}
    return {"is_confirmed": True}


_VERBS: Final[Mapping[str, Verb]] = {
    "private": _private,
    "group": _group,
    "say": _say,
    "edit": _edit,
    "press": _press,
    "flood": _flood,
    "webhook": _webhook,
    "fault": _fault,
    "without": _without,
    "state": _state,
    "calls": _calls,
    "journal": _journal,
}

_WAITS: Final[Mapping[str, Wait]] = {"confirmed": _confirmed}
