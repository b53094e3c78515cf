"""The model that is offered for one that is gone."""

from datetime import UTC, datetime

import pytest

from bot.domain.models import Model
from bot.nearest import nearest

ENDS = datetime(2026, 12, 1, tzinfo=UTC)
CLAUDES = [
    Model(id="claude-fable-5-2"),
    Model(id="claude-opus-5-5"),
    Model(id="claude-sonnet-5-5", is_default=True),
    Model(id="claude-haiku-5-5"),
    Model(id="claude-sonnet-5"),
]
GPTS = [
    Model(id="gpt-6.2-sol-pro"),
    Model(id="gpt-6.2-sol"),
    Model(id="gpt-6.1-terra", is_default=True),
    Model(id="gpt-5.4-mini"),
    Model(id="gpt-5.2"),
]


@pytest.mark.parametrize(
    ("models", "gone", "found"),
    [
        (CLAUDES, "claude-sonnet-4-5", "claude-sonnet-5-5"),
        (CLAUDES, "claude-3-haiku-20240307", "claude-haiku-5-5"),
        (CLAUDES, "claude-3-opus-latest", "claude-opus-5-5"),
        (CLAUDES, "claude-sonnet-5-5", "claude-sonnet-5"),
        (GPTS, "gpt-5-mini", "gpt-5.4-mini"),
        (GPTS, "gpt-4", "gpt-5.2"),
        (GPTS, "gpt-6-sol", "gpt-6.2-sol"),
        (GPTS, "o3", "gpt-6.1-terra"),
        ([Model(id="a-1", retires_at=ENDS), Model(id="a-0")], "a-2", "a-0"),
        ([Model(id="a-1", retires_at=ENDS)], "a-2", "a-1"),
    ],
)
def test_the_nearest(models: list[Model], gone: str, found: str) -> None:
    """Its own family's newest; of another family only where there is no other."""
    near = nearest(models, gone)
    assert near is not None
    assert near.id == found


def test_nothing_near() -> None:
    """An empty list, or the model that is gone alone."""
    assert nearest([], "a") is None
    assert nearest([Model(id="a")], "a") is None
