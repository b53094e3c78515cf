"""An answer that grows: what of it is on the screen for good, and what still may change. Pure."""

from adapters.shared.markdown import blocks_done


class Growing:
    """One answer's text so far. What was printed stays; only what follows it is shown anew.

    Space before the first word is left out: some models begin with it, and it may be gone from
    the final text.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._text = ""
        self._printed = ""

    @property
    def has_begun(self) -> bool:
        """Whether a part of it is on the screen for good."""
        return bool(self._printed)

    @property
    def rest(self) -> str:
        """What is not printed yet; empty when the text no longer begins with what is."""
        return self._text.removeprefix(self._printed) if self._goes_on(self._text) else ""

    def offer(self, text: str) -> None:
        """Take the whole text so far."""
        self._text = text.lstrip()

    def take_done(self) -> str:
        """Return the blocks that are finished now, to be printed, once."""
        rest = self.rest
        done = rest[: blocks_done(rest)]
        self._printed += done
        return done

    def ending(self, text: str) -> str:
        """Return what of the final text is still to be printed: all, if it reads otherwise."""
        final = text.lstrip()
        if final.rstrip() == self._printed.rstrip():
            return ""
        return final.removeprefix(self._printed) if self._goes_on(final) else final

    def _goes_on(self, text: str) -> bool:
        return text.startswith(self._printed)
