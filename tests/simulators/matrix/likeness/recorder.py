"""Who tells a homeserver a story, and writes down its answers but for what differs by chance."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.simulators.matrix.client import Client

Json = dict[str, Any]
_BY_CHANCE: Final = frozenset(
    {
        *("age", "origin_server_ts", "ts", "presence", "unread_notifications", "m.topic"),
        *("last_seen_ts", "last_seen_ip", "home_server", "redacted_by"),
    }
)
_OLD: Final = frozenset({"user_id", "redacted_because", "prev_content", "replaces_state"})
_PLACE: Final = re.compile(r"[st]\d+([_-]\d+)*")
_ID: Final = re.compile(r"[$!][A-Za-z0-9_-]{43}|![A-Za-z]{18}(?=:)")
_SECRETS: Final = frozenset({"access_token", "session"})
_UNORDERED: Final = frozenset({"changed", "left", "user_ids"})


class Story:
    """Who tells it, and the answers so far: a line each."""

    def __init__(self, clients: dict[str, Client], server: str) -> None:
        self.lines: list[str] = []
        self.server = server
        self._clients = clients
        self._ids: dict[str, str] = {}
        self._txns = 0

    def user(self, name: str) -> str:
        """Return somebody's id."""
        return f"@{name}:{self.server}"

    async def ask(
        self,
        who: str,
        call: str,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
        *,
        is_told: bool = True,
    ) -> Json:
        """Make a call (`GET sync`), and write down what came of it."""
        method, _, path = call.partition(" ")
        status, answer = await self._clients[who].call(method, path, body, **(query or {}))
        if is_told:
            self._ids.clear()
            told = json.dumps(self._plain(answer), sort_keys=True, ensure_ascii=False)
            what = re.sub(r"rooms/[^/]+/|[^/]*[$!#][^/]*|@[^/]+", "", path)
            self.lines.append(f"{who} {method} {what} {status} {told}")
        return answer

    async def send(
        self, who: str, room: str, content: object, *, kind: str = "m.room.message", txn: str = ""
    ) -> Json:
        """Send an event, and write down what came of it."""
        self._txns += 1
        path = f"rooms/{room}/send/{kind}/{txn or f'x{self._txns}'}"
        return await self.ask(who, f"PUT {path}", content)

    async def sync(self, who: str, since: str = "", *, limit: int = 10) -> str:
        """Sync, and return the place for the next time."""
        query = {"filter": json.dumps({"room": {"timeline": {"limit": limit}}})}
        if since:
            query["since"] = since
        answer = await self.ask(who, "GET sync", query=query, is_told=bool(since))
        return str(answer["next_batch"])

    def _plain(self, found: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON
        match found:
            case dict():
                return self._plain_object(found)
            case list():
                return self._plain_list(found, name)
            case str():
                if _PLACE.fullmatch(found):
                    return "(place)"
                named = _ID.sub(lambda id_: self._named(id_[0]), found)
                return named.replace(f":{self.server}", "")
            case _:
                return found

    def _plain_object(self, found: Json) -> Json:
        left_out = _BY_CHANCE | (_OLD if {"event_id", "sender"} <= found.keys() else frozenset())
        return {
            self._plain(name): "(secret)" if name in _SECRETS else self._plain(each, name)
            for name, each in sorted(found.items())
            if name not in left_out and not _is_empty_or_rules(name, each)
        }

    def _plain_list(self, found: list[Any], name: str) -> list[Any]:
        if all(isinstance(each, dict) and "state_key" in each for each in found):
            found = sorted(found, key=lambda each: (each["type"], each["state_key"]))
        plain = [self._plain(each) for each in found]
        return sorted(plain) if name in _UNORDERED else plain

    def _named(self, id_: str) -> str:
        """Return an id's number among those of an answer; a newest room's is its first event's."""
        number = self._ids.setdefault(id_[1:], str(len(self._ids)))
        return f"{id_[0]}({number})"


def _is_empty_or_rules(name: str, found: object) -> bool:
    """Whether a part is an account's data of which nothing is left but rules for notifications."""
    if name != "account_data" or not isinstance(found, dict):
        return False
    return all(each.get("type") == "m.push_rules" for each in found.get("events", ()))
