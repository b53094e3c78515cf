"""The transcript, read from its end: what it costs does not grow with what is stored."""

from collections.abc import Sequence
from sqlite3 import Row
from typing import Final

from bot.domain.chat import MemberId, Message, Role, SessionId, TurnId
from bot.domain.errors import VaultCorrupt
from storage.codec import load_text
from storage.groups import speaker_in
from storage.keyrings import Of
from storage.turn_rows import cell
from storage.tx import Tx

_PAGE: Final = 64
_LAST: Final = 2**62
PAGE_SQL: Final = (
    "SELECT id, member, place, seq, tokens, question, answer FROM turns"
    " WHERE session = ? AND seq < ? AND seq IS NOT NULL AND taken_back = 0"
    " ORDER BY seq DESC LIMIT ?"
)


_ROOT_SQL: Final = (
    "SELECT t.id, t.member, t.place, t.tokens, t.question, t.answer FROM sessions s"
    " JOIN turns t ON t.id = s.root"
    " WHERE s.id = ? AND t.seq IS NOT NULL AND t.taken_back = 0"
)


async def read_history(
    tx: Tx, session: SessionId, *, before: TurnId, budget: int
) -> tuple[Sequence[Message], bool]:
    """Return the newest messages within a budget, oldest first, and whether older did not fit.

    A turn that is answered again reads what stood before its first answer, as that one did.
    """
    asked = await tx.one("SELECT seq FROM turns WHERE id = ?", before)
    end = asked["seq"] if asked and asked["seq"] is not None else _LAST
    messages: list[Message] = []
    known: dict[str, str] = {}
    while page := await tx.all(PAGE_SQL, session, end, _PAGE):
        for row in page:
            if row["id"] == before:
                continue
            budget -= row["tokens"]
            if budget < 0:
                return tuple(reversed(messages)), True
            messages += await _pair(tx, row, known)
        end = page[-1]["seq"]
    root = await tx.one(_ROOT_SQL, session)
    fits = root is None or root["tokens"] <= budget
    if root and fits:
        messages += await _pair(tx, root, known)
    return tuple(reversed(messages)), not fits


async def _pair(tx: Tx, row: Row, known: dict[str, str]) -> Sequence[Message]:
    """Return answer and question; nothing if one of them does not authenticate.

    `known` are the speakers that were looked up: each is once, and who said nothing is not.
    """
    of = Of(row["member"], row["place"])
    try:
        question = await tx.open(row["question"], cell("question", row["id"]), of)
        answer = await tx.open(row["answer"], cell("answer", row["id"]), of)
    except VaultCorrupt:
        return ()
    member = MemberId(row["member"])
    if member not in known:
        known[member] = await speaker_in(tx, row["place"], member)
    return (
        Message(Role.ASSISTANT, load_text(answer)),
        Message(Role.USER, load_text(question), known[member]),
    )
