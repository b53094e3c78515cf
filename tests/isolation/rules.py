"""What a request must be: paid by its asker, and about nothing that they may not see. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.isolation.people import KEY, NAMED, Tag, Town, instructed, labelled
from tests.simulators.witness import Seen

_KEY_HEADERS: Final = frozenset({"authorization", "x-api-key", "x-goog-api-key", "api-key"})
_LISTING: Final = "town-hall"  # whose key the test itself looks at the lists of models with


def asked_in(seen: Seen) -> Tag | None:
    """Return the question of a request; None if there is not just one."""
    tags = list(Tag.all_in(seen.question))
    return tags[0] if len(tags) == 1 else None


@dataclass(frozen=True, slots=True)
class Rules:
    """What is right in a town.

    `labels`: what vendors know somebody by, by group and name. `gone`: from which question on
    their writer's own requests must not hold others, as they were taken back.
    """

    town: Town
    labels: Mapping[tuple[str, str], str]
    gone: Mapping[Tag, int]

    def broken(self, vendor: str, seen: Seen) -> Iterator[str]:
        """Return what is wrong with a request, of which nothing is kept."""
        if seen.key.reveal().endswith(_LISTING):
            return
        if not seen.is_chat:
            yield from (f"a list at {vendor}: {each}" for each in self._list(vendor, seen))
            return
        asked = asked_in(seen)
        if asked is None:
            yield f"a request at {vendor} asks not just one question"
            return
        body = json.dumps(seen.body, ensure_ascii=False)
        wrong = (
            *self._key(vendor, seen, asked),
            *_secrets(seen, body),
            *_texts(asked, body),
            *self._labels(asked, body),
            *self._gone(asked, body),
        )
        yield from (f"{asked} at {vendor}: {each}" for each in wrong)

    def _list(self, vendor: str, seen: Seen) -> Iterator[str]:
        found = KEY.fullmatch(seen.key.reveal())
        if found is None or found[2] != vendor:
            yield "a key of another vendor"
        yield from _secrets(seen, json.dumps(seen.body))

    def _key(self, vendor: str, seen: Seen, asked: Tag) -> Iterator[str]:
        if seen.key.reveal() != self.town.people[asked.writer].key(vendor):
            yield "not the asker's key"
        if seen.status != 200:
            yield f"refused with {seen.status}"

    def _labels(self, asked: Tag, body: str) -> Iterator[str]:
        is_alone = asked.place == asked.writer
        for label, tag in labelled(body):
            wanted = "" if is_alone else self.labels.get((tag.place, tag.writer), "a number")
            if label != wanted:
                yield f"{tag} is by {label or 'nobody'}, not {wanted or 'nobody'}"

    def _gone(self, asked: Tag, body: str) -> Iterator[str]:
        for tag in sorted(set(Tag.all_in(body))):
            since = self.gone.get(tag)
            if since is not None and tag.writer == asked.writer and asked.number > since:
                yield f"it holds {tag}, which was taken back"


def _secrets(seen: Seen, body: str) -> Iterable[str]:
    holding = {name for name, value in seen.headers.items() if KEY.search(value)}
    if len(holding) != 1 or not holding <= _KEY_HEADERS:
        yield f"keys in the headers {sorted(holding)}"
    if KEY.search(body) or KEY.search(seen.path):
        yield "a key outside its header"


def _texts(asked: Tag, body: str) -> Iterable[str]:
    for tag in sorted(set(Tag.all_in(body))):
        if tag.place != asked.place:
            yield f"it holds {tag}"
    told = instructed(body)
    if others := told - {asked.place}:
        yield f"it holds the instructions of {sorted(others)}"
    if asked.place not in told:
        yield "it holds no instructions"
    if names := set(NAMED.findall(body)):
        yield f"it holds {sorted(names)}"
