"""What may mend a request that a vendor refused a parameter of. Pure."""

import re
from collections.abc import Callable
from typing import Final

from adapters.providers.reports import Report
from bot.domain.chat import Adjustment, ChatRequest


def adjustment_for(status: int, report: Report, request: ChatRequest | None) -> Adjustment | None:
    """Return the one change that may mend the request, if it was not made yet."""
    if request is None or status not in {400, 422}:
        return None
    # `reasoning.effort` is named after the whole, or after its part.
    where, text = report.param.lower().partition(".")[0], report.message.lower()
    done = request.adjustments
    for name, candidates in _MENDS:
        if where != name and (where or not re.search(rf"\b{name}\b", text)):
            continue
        for mend in candidates(request, text):
            if mend not in done:
                return mend
        return None
    return None


def _mend_limit(request: ChatRequest, text: str) -> tuple[Adjustment, ...]:
    if request.max_tokens is None:
        return ()
    if "max_completion_tokens" in text and "too large" not in text:
        return (Adjustment.MAX_COMPLETION_TOKENS, Adjustment.DROP_MAX_TOKENS)
    return (Adjustment.DROP_MAX_TOKENS,)


def _mend_temperature(request: ChatRequest, _text: str) -> tuple[Adjustment, ...]:
    return () if request.temperature is None else (Adjustment.DROP_TEMPERATURE,)


def _mend_effort(_request: ChatRequest, _text: str) -> tuple[Adjustment, ...]:
    """Drop it without looking at what was chosen: some dialects ask for thoughts by themselves."""
    return (Adjustment.DROP_EFFORT,)


def _mend_system(request: ChatRequest, text: str) -> tuple[Adjustment, ...]:
    is_about_role = re.search(r"system|developer", text) is not None
    return (Adjustment.SYSTEM_IN_USER,) if request.system and is_about_role else ()


def _mend_stream_options(_request: ChatRequest, _text: str) -> tuple[Adjustment, ...]:
    return (Adjustment.DROP_STREAM_OPTIONS,)


_Mend = Callable[[ChatRequest, str], tuple[Adjustment, ...]]
_MENDS: Final[tuple[tuple[str, _Mend], ...]] = (
    ("temperature", _mend_temperature),
    ("max_tokens", _mend_limit),
    ("max_completion_tokens", _mend_limit),
    ("stream_options", _mend_stream_options),
    ("include_usage", _mend_stream_options),
    ("system", _mend_system),
    ("messages", _mend_system),
    ("role", _mend_system),
    ("developer instruction", _mend_system),
    ("system_instruction", _mend_system),
    ("maxoutputtokens", _mend_limit),
    ("max_output_tokens", _mend_limit),
    ("effort", _mend_effort),
    ("reasoning", _mend_effort),
    ("reasoning_effort", _mend_effort),
    ("thinking", _mend_effort),
    ("thinking_config", _mend_effort),
    ("thinking_budget", _mend_effort),
    ("thinking_level", _mend_effort),
)
