"""Where the device's cryptography is kept: the library's store, with our care for the disk."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nio.crypto import Olm  # type: ignore[import-untyped]  # no py.typed
from nio.store import SqliteStore  # type: ignore[import-untyped]

from bot.domain.secret import Secret


class _Store(SqliteStore):  # type: ignore[misc]  # the library has no types
    def _create_database(self) -> Any:  # noqa: ANN401 - the library's
        database = super()._create_database()
        pragmas = {"foreign_keys": 1, "secure_delete": 1, "journal_mode": "wal"}
        database.init(database.database, pragmas={**pragmas, "synchronous": "full"})
        return database


class OlmStore:
    """One device's file, `<device>.db`, whose pickles are sealed with `key`."""

    def __init__(self, user: str, device: str, folder: Path, key: Secret) -> None:
        """Open or make it."""
        # The library's lines quote what others sent, and it reports by raising as well.
        logging.getLogger("nio").setLevel(logging.CRITICAL + 1)
        self.user = user
        self.device = device
        self._store = _Store(user, device, str(folder), key.reveal(), f"{device}.db")
        self.olm = Olm(user, device, self._store)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Write all that happens within in one commit."""
        with self._store.database.atomic():
            yield

    def close(self) -> None:
        """Let the file go."""
        self._store.database.close()
