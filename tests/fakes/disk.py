"""A disk that is full for a while."""

from bot.domain.errors import StorageUnavailable


class FullDisk:
    """Lets a store's methods raise StorageUnavailable until there is `room` again."""

    def __init__(self, port: object, *names: str) -> None:
        self.is_full = True
        self.tries = 0
        for name in names:
            self._fill(port, name)

    def _fill(self, port: object, name: str) -> None:
        real = getattr(port, name)

        async def maybe(*args: object, **kwargs: object) -> object:
            if self.is_full:
                self.tries += 1
                raise StorageUnavailable("database or disk is full")
            return await real(*args, **kwargs)

        setattr(port, name, maybe)

    def make_room(self) -> None:
        """Let them work again."""
        self.is_full = False
