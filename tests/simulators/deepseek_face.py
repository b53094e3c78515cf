"""DeepSeek: Chat Completions that think by default, and a balance."""

from collections.abc import Iterator
from typing import Final

from tests.simulators.behaviour import Behaviour
from tests.simulators.chat_face import ChatFace, chunk
from tests.simulators.face import Frame, Json, Refusal
from tests.simulators.witness import Seen

MODELS: Final = [
    {"id": "deepseek-flash", "object": "model", "owned_by": "deepseek"},
    {"id": "deepseek-v4-pro", "object": "model", "owned_by": "deepseek"},
]
_FULL: Final = {
    "is_available": True,
    "balance_infos": [
        {
            "currency": currency,
            "total_balance": left,
            "granted_balance": "0.00",
            "topped_up_balance": left,
        }
        for currency, left in (("USD", "1.23"), ("CNY", "8.00"))
    ],
}
_EFFORTS: Final = frozenset({"low", "medium", "high", "max"})


class DeepSeekFace(ChatFace):
    """DeepSeek. Its base URL has no version path; while it thinks, a temperature is ignored."""

    base_path = ""

    def __init__(self) -> None:
        """Take the fields it has beyond the usual."""
        super().__init__(extra=frozenset({"thinking", "reasoning_effort", "user_id"}))

    def refuse(self, seen: Seen, act: Behaviour) -> Refusal | None:
        """See the base."""
        refusal = super().refuse(seen, act)
        if seen.path.endswith("/user/balance") and seen.key.reveal() == "poor":
            return None
        if refusal is not None or not seen.is_chat:
            return refusal
        thinking, effort = seen.body.get("thinking"), seen.body.get("reasoning_effort")
        if thinking is not None and thinking.get("type") not in {"enabled", "disabled"}:
            return _refused("thinking")
        if effort is not None and effort not in _EFFORTS:
            return _refused("reasoning_effort")
        # The vendor takes it and counts nothing: here it is a mistake, so that it is noticed.
        return _refused("max_completion_tokens") if "max_completion_tokens" in seen.body else None

    def get(self, seen: Seen, models: Json) -> Json:
        """See the base."""
        if seen.path.endswith("/user/balance"):
            is_poor = seen.key.reveal() == "poor"
            return {"is_available": False, "balance_infos": []} if is_poor else _FULL
        return {"object": "list", "data": MODELS} if models is None else models

    def opening(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:  # noqa: ARG002
        """See the base."""
        first = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
        yield chunk({"choices": [first]})


def _refused(param: str) -> Refusal:
    said = f"Failed to deserialize the JSON body into the target type: {param}: invalid value"
    error = {"message": said, "type": "invalid_request_error", "param": None}
    return 422, {"error": {**error, "code": "invalid_request_error"}}
