"""The people's side over HTTP: POST /sim/VERB with a JSON object of the verb's arguments."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from tests.simulators.matrix.faults import Fault

if TYPE_CHECKING:
    from tests.simulators.matrix.server import Simulator

Given = dict[str, Any]
Verb = Callable[["Simulator", Given], Given]
Wait = Callable[["Simulator", Given], Awaitable[Given]]
_WAIT_S: Final = 30.0


async def control(sim: "Simulator", verb: str, given: Given) -> Given:
    """Do it, and return what came of it."""
    if verb in _WAITS:
        return await _WAITS[verb](sim, given)
    return _VERBS[verb](sim, given)


def _make(sim: "Simulator", given: Given) -> Given:
    return {"user": sim.people.make(**given)}


def _token(sim: "Simulator", given: Given) -> Given:
    return {"token": sim.token(**given)}


def _direct(sim: "Simulator", given: Given) -> Given:
    return {"room": sim.people.direct(**given)}


def _group(sim: "Simulator", given: Given) -> Given:
    return {"room": sim.people.group(**given)}


def _upgrade(sim: "Simulator", given: Given) -> Given:
    return {"room": sim.people.upgrade(**given)}


def _making(name: str) -> Verb:
    """Return the verb that lets somebody make an event."""

    def do(sim: "Simulator", given: Given) -> Given:
        made = getattr(sim.people, name)(**given)
        return {"event": made.event, "update": made.update}

    return do


def _moving(name: str) -> Verb:
    """Return the verb that lets something happen that is no event of its own."""

    def do(sim: "Simulator", given: Given) -> Given:
        return {"update": getattr(sim.people, name)(**given)}

    return do


def _backlog(sim: "Simulator", given: Given) -> Given:
    made = sim.people.backlog(**given)
    return {"events": [each.event for each in made], "update": made[-1].update}


def _limits(sim: "Simulator", given: Given) -> Given:
    sim.limits.set_stock(is_on=given["is_on"])
    return {}


def _fault(sim: "Simulator", given: Given) -> Given:
    """Let the next calls of a name, as many as `times` says, meet the same fault."""
    name, times = given.pop("name"), given.pop("times", 1)
    sim.faults.add(name, *[Fault(**given)] * times)
    return {}


def _out(sim: "Simulator", given: Given) -> Given:
    sim.faults.is_out = given["is_out"]
    return {}


def _without(sim: "Simulator", given: Given) -> Given:
    """Be as a server that leaves these calls to another."""
    sim.without = set(given["names"])
    return {}


def _anew(sim: "Simulator", _: Given) -> Given:
    sim.begin_anew()
    return {}


def _delegate(sim: "Simulator", _: Given) -> Given:
    sim.delegate()
    return {}


def _state(sim: "Simulator", _: Given) -> Given:
    return {
        "confirmed": sim.confirmed,
        "last": sim.server.stream.pos,
        "rows": len(sim.journal.rows),
    }


def _calls(sim: "Simulator", _: Given) -> Given:
    return {"calls": [asdict(each) for each in sim.calls]}


def _journal(sim: "Simulator", given: Given) -> Given:
    """Return what happened, in one room only where it is named."""
    room = given.get("room")
    rows = sim.journal.rows[given.get("since", 0) :]
    return {"rows": [each for each in rows if room in {None, each.get("room")}]}


def _screen(sim: "Simulator", given: Given) -> Given:
    return {"messages": [asdict(each) for each in sim.screen(given["room"])]}


async def _confirmed(sim: "Simulator", given: Given) -> Given:
    """Wait until the bot has said that it has an update; whether it did."""
    try:
        await sim.until(lambda: sim.confirmed >= given["update"], within_s=_WAIT_S)
    except TimeoutError:
        return {"is_confirmed": False}
    return {"is_confirmed": True}


_VERBS: Final[Mapping[str, Verb]] = {
    "make": _make,
    "token": _token,
    "direct": _direct,
    "group": _group,
    "upgrade": _upgrade,
    "backlog": _backlog,
    **{
        each: _making(each)
        for each in (
            *("say", "edit", "react", "redact", "send", "set_state", "encrypt", "set_power"),
        )
    },
    **{
        each: _moving(each)
        for each in (
            *("invite", "join", "leave", "remove", "send_to_device", "send_raw_to_device"),
            *("rename", "revoke", "type", "device"),
        )
    },
    "limits": _limits,
    "fault": _fault,
    "out": _out,
    "without": _without,
    "anew": _anew,
    "delegate": _delegate,
    "state": _state,
    "calls": _calls,
    "journal": _journal,
    "screen": _screen,
}

_WAITS: Final[Mapping[str, Wait]] = {"confirmed": _confirmed}
