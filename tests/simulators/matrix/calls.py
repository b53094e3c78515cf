"""A call of the client-server API, and how one is told from another."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulators.matrix.accounts import Account, Device, Json, Session
from tests.simulators.matrix.homeserver import Actor, Homeserver
from tests.simulators.matrix.refusals import bad_request, forbidden
from tests.simulators.matrix.rooms import Room
from tests.simulators.matrix.showing import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call. `parts` are the path's; `who` is None where nobody need be known."""

    server: Homeserver
    name: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    token: str = ""
    who: Session | None = None

    @property
    def session(self) -> Session:
        """Who calls."""
        if self.who is None:
            raise RuntimeError("nobody called")
        return self.who

    @property
    def account(self) -> Account:
        """Whose call it is."""
        return self.session.account

    @property
    def user(self) -> str:
        """Whose call it is, by id."""
        return self.account.id

    @property
    def device(self) -> Device:
        """The caller's device."""
        if self.session.device is None:
            raise bad_request("To upload keys, you must pass device_id when authenticating")
        return self.session.device

    @property
    def room(self) -> Room:
        """The path's room, if the caller is in it."""
        return self.server.room(self.parts["room"], self.user)

    @property
    def actor(self) -> Actor:
        """The caller, as who does something in the path's room, being in it."""
        return Actor(self.server, self.room, self.user)

    @property
    def readable(self) -> Room:
        """The path's room, if the caller may read there."""
        return self.server.readable(self.parts["room"], self.user)

    @property
    def viewer(self) -> Viewer:
        """The caller, as who looks at events."""
        return Viewer(self.session, int(self.server.now() * 1_000))

    def own(self, error: str) -> Account:
        """Return the path's account, which must be the caller's."""
        if self.parts["user"] != self.user:
            raise forbidden(error)
        return self.account

    def given(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what the body must hold."""
        if name not in self.body:
            raise bad_request(f"Missing params: ['{name}']", "M_MISSING_PARAM")
        return self.body[name]

    def limit(self, what: str) -> None:
        """Count the call; raises where it is one too many."""
        self.server.limits.check(what, self.user)


Handler = Callable[[Call], object | Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Route:
    """A call's name, its method and path, and what it does.

    `is_open`: to everybody. `is_bare`: its body may be left out.
    """

    name: str
    method: str
    path: str
    handler: Handler
    is_open: bool = False
    is_bare: bool = False
