"""A reply as the content of Matrix events. Pure."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from adapters.matrix.drawn import html_of_drawn, plain
from adapters.matrix.html import address, broken, html_of, paragraphs, safe
from adapters.matrix.wire import Json
from adapters.shared.markdown import parse
from adapters.shared.text.drawing import draw
from adapters.shared.text.entities import Rendered, clipped
from adapters.shared.text.parts import split_by_load, storable
from bot.domain.events import Button, Reply, ReplyKind
from bot.domain.menus import addresses, numbered

FULL: Final = 10_000  # characters of the plain text
# An event has 65,536 bytes (Client-Server API, "Size limits"). Sealing makes four of three; what
# is left is for the event's own fields, of which a large room has up to 3,000 bytes.
MOST_BYTES: Final = 46_000
_HTML: Final = "org.matrix.custom.html"
_MSGTYPES: Final = {ReplyKind.ANSWER: "m.text", ReplyKind.NOTICE: "m.notice"}
HINT: Final = "Send a number or react with it."
_SOME_EVENT: Final = "$" + "x" * 43


def content(reply: Reply, *, mentions: Sequence[str] = ()) -> Json:
    """Return the content of the message a reply is; its size is the caller's affair."""
    text = storable(reply.text)
    if reply.stretch is None:
        blocks = parse(text)
        body, html = plain(draw(blocks)), html_of(blocks)
    else:
        shown = clipped(_drawn(text), *reply.stretch)
        body, html = plain(shown), html_of_drawn(shown)
    menu, footer = _choices(reply), " ".join(reply.footer.split())
    opening = addresses(reply.buttons)
    lines = [*menu, *(f"{each.label}: {each.url}" for each in opening)]
    body = "\n\n".join(filter(None, (body, "\n".join(lines), footer)))
    if lines:
        html += f"<p>{'<br>'.join([*map(broken, menu), *map(_opening, opening)])}</p>"
    html += f"<p><em>{broken(footer)}</em></p>" if footer else ""
    return content_of(body, safe(html), reply.kind, mentions)


@lru_cache(maxsize=2)
def _drawn(text: str) -> Rendered:
    """Return a text as drawn; the stretches of one block are asked for one after another."""
    return draw(parse(text))


def content_of(body: str, html: str, kind: ReplyKind, mentions: Sequence[str] = ()) -> Json:
    """Return a content; its HTML is left out where it says no more than the text."""
    found: Json = {
        "msgtype": _MSGTYPES[kind],
        "body": body,
        "m.mentions": {"user_ids": list(mentions)} if mentions else {},
    }
    if html != paragraphs(body):
        found |= {"format": _HTML, "formatted_body": html}
    return found


def edit_of(message: str, new: Json) -> Json:
    """Return the content that puts another in a message's place; an edit calls nobody."""
    bare = {name: value for name, value in new.items() if name != "m.relates_to"}
    found: Json = bare | {
        "body": f"* {new['body']}",
        "m.mentions": {},
        "m.new_content": bare,
        "m.relates_to": {"rel_type": "m.replace", "event_id": message},
    }
    if "formatted_body" in bare:
        found["formatted_body"] = f"* {bare['formatted_body']}"
    return found


def in_thread(new: Json, root: str, latest: str) -> Json:
    """Return a content as one of a thread; clients without threads show it as a reply."""
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": latest},
    }
    return {**new, "m.relates_to": relation}


def replying_to(new: Json, message: str) -> Json:
    """Return a content as a reply."""
    return {**new, "m.relates_to": {"m.in_reply_to": {"event_id": message}}}


def split_reply(reply: Reply) -> list[Reply]:
    """Return a reply as parts that each fit one message, also as an edit; at least one."""
    return split_by_load(reply, FULL, lambda part: load_of(content(part)))


def load_of(found: Json) -> float:
    """Return how full a message is; over 1.0 it is too long to read, or for the server."""
    return max(len(found["body"]) / FULL, size_of(found) / MOST_BYTES)


def size_of(found: Json) -> int:
    """Return the bytes of a content when it is edited in: sealed, JSON is in ASCII."""
    return len(json.dumps(edit_of(_SOME_EVENT, found), separators=(",", ":")))


def _choices(reply: Reply) -> list[str]:
    """Return the choices by number, and how one is made."""
    lines = [f"{number} {button.label}" for number, button in numbered(reply.buttons)]
    return [*lines, HINT] if lines else []


def _opening(button: Button) -> str:
    return f"{broken(button.label)}: {address(button.url)}"
