"""DeepSeek's dialect, pure parts: thinking, temperature, balances."""

import json
from decimal import Decimal
from typing import Any

import pytest

from adapters.providers.catalogue import rows
from adapters.providers.deepseek import DeepSeek
from adapters.providers.registry import provider_of
from adapters.shared.http import HttpClient
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.keys import Balance, KeyHealth, KeyReport
from bot.domain.models import Effort


def provider() -> DeepSeek:
    """Return the vendor of the catalogue."""
    row = next(row for row in rows() if row.id == "deepseek")
    made = provider_of(HttpClient(), row)
    assert isinstance(made, DeepSeek)
    return made


BODIES = {
    "as it is by itself": (None, frozenset(), {"thinking": None, "temperature": None}),
    "no thinking": (
        Effort.OFF,
        frozenset(),
        {"thinking": {"type": "disabled"}, "temperature": 0.3, "reasoning_effort": None},
    ),
    "a little": (Effort.LOW, frozenset(), {"reasoning_effort": "low", "temperature": None}),
    "much": (Effort.HIGH, frozenset(), {"reasoning_effort": "high"}),
    "a depth it has not": (Effort.MEDIUM, frozenset(), {"reasoning_effort": None}),
    "refused": (
        Effort.LOW,
        frozenset({Adjustment.DROP_EFFORT}),
        {"reasoning_effort": None, "thinking": None},
    ),
}


@pytest.mark.parametrize(("effort", "done", "expected"), BODIES.values(), ids=BODIES.keys())
def test_bodies(
    effort: Effort | None, done: frozenset[Adjustment], expected: dict[str, Any]
) -> None:
    """None: the field is not there. The limit has the one name that counts there."""
    request = ChatRequest(
        model="deepseek-flash",
        messages=(Message(Role.USER, "hi"),),
        temperature=0.3,
        max_tokens=4_000,
        effort=effort,
        user="u1",
        adjustments=done,
    )
    body = provider().write(request).body
    assert {name: body.get(name) for name in expected} == expected
    assert body["max_tokens"] == 4_000
    assert body["user_id"] == "u1"


CHECKS = {
    "money in two currencies": (
        {
            "is_available": True,
            "balance_infos": [
                {"currency": "USD", "total_balance": "1.23"},
                {"currency": "CNY", "total_balance": "10.00"},
            ],
        },
        KeyReport(balances=(Balance(Decimal("1.23")), Balance(Decimal("10.00"), "CNY"))),
    ),
    "none": (
        {"is_available": False, "balance_infos": [{"currency": "USD", "total_balance": "0.00"}]},
        KeyReport(health=KeyHealth.NO_CREDIT, balances=(Balance(Decimal("0.00")),)),
    ),
    "no figures": ({"is_available": True, "balance_infos": None}, KeyReport()),
    "rubbish among them": (
        {"is_available": True, "balance_infos": [5, {"total_balance": "x"}, {"a": 1}]},
        KeyReport(),
    ),
    "no object": ([], KeyReport()),
}


@pytest.mark.parametrize(("said", "report"), CHECKS.values(), ids=CHECKS.keys())
def test_checks(said: object, report: KeyReport) -> None:
    """A balance is shown as it is said, and an empty account is no broken key."""
    assert provider().read_check(json.dumps(said).encode()) == report


def test_a_check_nobody_can_read() -> None:
    """The key was taken: that much is known."""
    assert provider().read_check(b"<html>") == KeyReport()
