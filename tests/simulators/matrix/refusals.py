"""How a homeserver says no."""

from typing import Any


class Refused(Exception):
    """An unsuccessful answer (client-server API, "Standard error response")."""

    def __init__(self, status: int, errcode: str, error: str, **more: object) -> None:
        super().__init__(error)
        self.status = status
        self.errcode = errcode
        self.error = error
        self.more = more

    def body(self) -> dict[str, Any]:
        """Return it as JSON goes out."""
        return {"errcode": self.errcode, "error": self.error, **self.more}


def forbidden(error: str) -> Refused:
    """Return a 403."""
    return Refused(403, "M_FORBIDDEN", error)


def not_found(error: str) -> Refused:
    """Return a 404 for what is not there."""
    return Refused(404, "M_NOT_FOUND", error)


def bad_json(error: str) -> Refused:
    """Return a 400 for JSON of the wrong form."""
    return Refused(400, "M_BAD_JSON", error)


def bad_request(error: str, errcode: str = "M_UNKNOWN") -> Refused:
    """Return a 400 for anything else."""
    return Refused(400, errcode, error)


def unrecognized() -> Refused:
    """Return a 404 for a call that the server does not have."""
    return Refused(404, "M_UNRECOGNIZED", "Unrecognized request")


def unknown_token(*, is_soft: bool = False) -> Refused:
    """Return a 401 for a token that is not, or no longer, good."""
    return Refused(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.", soft_logout=is_soft)


def limited(wait_ms: int) -> Refused:
    """Return a 429."""
    return Refused(429, "M_LIMIT_EXCEEDED", "Too Many Requests", retry_after_ms=wait_ms)
