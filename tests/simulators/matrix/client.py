"""The calls of a client, bare, for who looks at what a homeserver answers."""

from typing import Any, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

Json = dict[str, Any]


class Client:
    """One session at a homeserver."""

    def __init__(self, url: str, token: str = "") -> None:
        """Name both; does no I/O."""
        self.token = token
        self.headers: dict[str, str] = {}
        self._url = url
        self._session: aiohttp.ClientSession | None = None
        self._txns = 0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self, method: str, path: str, body: object = None, **query: str | int
    ) -> tuple[int, Json]:
        """Return a status and an answer; `headers` are the answer's afterwards."""
        if self._session is None:
            raise RuntimeError("the client is not open")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = URL(f"{self._url}/_matrix/client/v3/{quote(path)}", encoded=True)
        asked = self._session.request(method, url.with_query(query), json=body, headers=headers)
        async with asked as answer:
            self.headers = dict(answer.headers)
            return answer.status, await answer.json()

    async def sync(self, since: str = "", **query: str | int) -> Json:
        """Return what has happened."""
        more = {"since": since} if since else {}
        status, found = await self.call("GET", "sync", **more, **query)
        assert status == 200, found
        return found

    async def send(
        self, room: str, content: Json, *, kind: str = "m.room.message", txn: str = ""
    ) -> tuple[int, Json]:
        """Send an event, with a transaction id of its own unless one is given."""
        self._txns += 1
        path = f"rooms/{room}/send/{kind}/{txn or self._txns}"
        return await self.call("PUT", path, content)

    async def in_room(
        self, room: str, method: str, path: str, body: object = None, **query: str | int
    ) -> tuple[int, Json]:
        """Return what a call in a room says."""
        return await self.call(method, f"rooms/{room}/{path}", body, **query)


def text(body: str, **more: object) -> Json:
    """Return the content of a message."""
    return {"msgtype": "m.text", "body": body, **more}
