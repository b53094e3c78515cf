"""The vendors' own SDKs, in an environment of their own, are content with the simulators.

So what the dialects are tried against speaks as the vendors do: an SDK checks every field's type.
"""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.simulators.faces import FACES
from tests.simulators.vendor_sim import VendorSim

_VENDORS: Final = Path(__file__).parents[1] / "vendors"
_PYTHON: Final = Path(__file__).parents[2] / ".vendors" / "bin" / "python"
_ECHO: Final = "You asked: who are you?"


async def seen_by(script: str, dialect: str) -> dict[str, Any]:
    """Return what a vendor's SDK saw of the simulator."""
    if not _PYTHON.exists():
        pytest.fail("the vendors' own packages are not installed: make vendors")
    async with VendorSim(FACES[dialect]()) as sim:
        process = await asyncio.create_subprocess_exec(
            _PYTHON,
            _VENDORS / script,
            sim.url,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        )
        said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()[-2_000:]
    found: dict[str, Any] = json.loads(said)
    return found


async def test_openai_responses() -> None:
    """Events are numbered and typed, answers whole, and refusals of the right class."""
    found = await seen_by("ask_openai_responses.py", "openai_responses")
    assert found["stream"]["text"] == found["stream"]["whole"] == _ECHO
    assert found["stream"]["are_numbered"]
    assert found["stream"]["usage"]["input_tokens"] == 7
    assert found["whole"]["text"] == _ECHO
    assert found["thinking"]["thought"] == "Well"
    assert found["refused"]["whole"] == ""
    assert (found["cut"]["status"], found["cut"]["reason"]) == ("incomplete", "max_output_tokens")
    assert found["keys"]["bad"]["class"] == "AuthenticationError"
    assert found["keys"]["poor"]["code"] == "insufficient_quota"
    assert found["keys"]["barred"]["class"] == "PermissionDeniedError"
    assert found["temperature"]["param"] == "temperature"
    assert found["unknown"]["code"] == "unknown_parameter"
    assert found["broken"]["class"]


@pytest.mark.parametrize("dialect", ["openai_chat", "deepseek"])
async def test_chat_completions(dialect: str) -> None:
    """The same at those that are compatible, with the usage in the last chunk."""
    found = await seen_by("ask_openai_chat.py", dialect)
    assert found["stream"]["text"] == found["whole"]["text"] == _ECHO
    assert found["stream"]["finish"] == found["whole"]["finish"] == "stop"
    assert found["stream"]["usage"]["total_tokens"] == 12
    assert found["thinking"]["thought"] == "Well"
    assert found["cut"]["finish"] == "length"
    assert found["keys"]["bad"] == {"class": "AuthenticationError", "status": 401}
    assert found["keys"]["poor"]["status"] == 402
    assert found["broken"] == {"class": "APIError"}


async def test_anthropic() -> None:
    """Each choice of the dialect is one the SDK can make, and pages of the list follow."""
    found = await seen_by("ask_anthropic.py", "anthropic")
    assert found["stream"]["text"].endswith("hi")
    assert found["models"] == list(dict.fromkeys(found["models"]))
    assert len(found["models"]) > 2
    failures = {name: each.get("type") for name, each in found["errors"].items()}
    assert failures["bad"] == failures["bad, list"] == "authentication_error"
    assert failures["barred"] == "permission_error"
    assert failures["no such model"] == "not_found_error"
    assert failures["busy"] == "overloaded_error"
    refused = ("temperature, by default", "too many tokens", "empty text", "prefill", "budget")
    assert {failures[name] for name in refused} == {"invalid_request_error"}
    assert found["errors"]["poor, list"]["class"] == ""


async def test_google() -> None:
    """Thoughts apart, pages of the list, and the errors in their array."""
    found = await seen_by("ask_google.py", "google")
    assert found["stream"]["text"] == found["whole"]["text"] == _ECHO
    assert found["stream"]["finish"] == "STOP"
    assert found["thinking"]["thought"] == "Well"
    assert found["filtered"]["finish"] == "SAFETY"
    assert len(found["models"]) > 3
    assert found["keys"]["bad"]["reasons"] == ["API_KEY_INVALID"]
    assert found["keys"]["barred"]["status"] == "PERMISSION_DENIED"
    assert found["broken_stream"]
    assert found["wrong_thinking"]["code"] == 400
