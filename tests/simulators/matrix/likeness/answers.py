"""The answers of a homeserver, by people of its own."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from tests.simulators.matrix.client import Client
from tests.simulators.matrix.likeness.recorder import Story
from tests.simulators.matrix.likeness.story import tell

PEOPLE: Final = ("alice", "bob", "hearth")


async def answers(url: str, password: str) -> Sequence[str]:
    """Tell the story to a server, and return what it answers."""
    async with AsyncExitStack() as stack:
        clients: dict[str, Client] = {}
        server = ""
        for name in PEOPLE:
            client = await stack.enter_async_context(Client(url))
            _, found = await client.call(
                "POST",
                "login",
                {
                    "type": "m.login.password",
                    "identifier": {"type": "m.id.user", "user": name},
                    "password": password,
                    "device_id": name.upper(),
                },
            )
            client.token = found["access_token"]
            server = found["user_id"].partition(":")[2]
            clients[name] = client
        story = Story(clients, server)
        await tell(story, password)
        return story.lines
