"""This host's clock, held against the `Date` of an answer that has just come."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from bot.domain.findings import Finding, ok, problem

_MOST_SKEW_S: Final = 60.0


def clock_finding(date: str, now: datetime, whose: str) -> Finding:
    """Say how far this host's time is from `whose`."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return ok("clock", "not compared: the answer has no date")
    # A date without a zone is UTC's too (RFC 5322 section 3.3).
    ahead_s = (now - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()
    if abs(ahead_s) <= _MOST_SKEW_S:
        return ok("clock", f"within a minute of {whose}'s")
    way = "ahead of" if ahead_s > 0 else "behind"
    found = f"this host is {abs(ahead_s):,.0f} s {way} {whose}, so ages of messages are misjudged"
    return problem("clock", found, "sudo timedatectl set-ntp true")
