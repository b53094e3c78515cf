"""How the Bot API says no."""

from typing import Any


class Refused(Exception):
    """An unsuccessful answer (Bot API, "Making requests")."""

    def __init__(self, status: int, description: str, **parameters: object) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """Return it as JSON goes out."""
        more = {"parameters": self.parameters} if self.parameters else {}
        return {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
            **more,
        }


def bad_request(reason: str, **parameters: object) -> Refused:
    """Return a 400."""
    return Refused(400, f"Bad Request: {reason}", **parameters)
