"""What our HTTP layer and dialect cost over bare aiohttp: `python -m tests.bench.stream_cost`.

The same streams, each side in a fresh process, at the same server in another one. The whole
application is measured by `make bench`; this is the part of it below the Provider port.
"""

import asyncio
import sys
from statistics import median
from typing import Final

import msgspec

from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from bot.domain.chat import ChatRequest, Message, Role, TextDelta
from bot.domain.secret import Secret
from tests.bench import lines
from tests.bench.bare import run_aiohttp
from tests.bench.jobs import Job, Report, tell, work
from tests.bench.parent import run_module, serving

_STREAMS: Final = (1, 50, 200)
_TOKENS: Final = 300
_RATE: Final = 40.0
_SPREAD_S: Final = 1.0
_NAME: Final = "bench"


async def run_provider(job: Job) -> Report:
    """Answer through the Provider port."""
    http = HttpClient()
    provider = build_providers(http, endpoints={_NAME: job.base_url})[_NAME]
    key = Secret(lines.KEY)

    async def ask(_: int, text: str) -> str:
        messages = (Message(Role.USER, text),)
        request = ChatRequest(model=lines.MODEL, messages=messages, max_tokens=4_096)
        events = provider.stream(request, key)
        return "".join([each.text async for each in events if isinstance(each, TextDelta)])

    try:
        await ask(0, lines.question(0, tokens=1, rate=0))
        return await work(job, ask)
    finally:
        await http.close()


def main() -> None:
    """Print CPU per answer of both sides, the ratio, and how late the last token was."""
    first = 1
    with serving() as lab:
        url = f"http://127.0.0.1:{lab._port}/v1"
        for streams in _STREAMS:
            took: dict[str, float] = {}
            for subject in ("aiohttp", "provider"):
                job = Job(
                    subject=subject,
                    count=streams,
                    tokens=_TOKENS,
                    rate=_RATE,
                    spread_s=_SPREAD_S,
                    base_url=url,
                    first=first,
                )
                first += streams
                done = run_module("tests.bench.stream_cost", msgspec.json.encode(job).decode())
                report = msgspec.json.decode(done, type=Report)
                wrong = sum(not answer.is_right for answer in report.answers)
                took[subject] = report.cpu_s * 1_000 / streams
                course_s = median(each.done_at - each.asked_at for each in report.answers)
                print(  # noqa: T201  (a script)
                    f"{streams:4} streams, {subject:9} {took[subject]:6.1f} ms CPU per answer, "
                    f"{course_s:.3f} s each, {wrong} wrong"
                )
            print(f"{streams:4} streams, ratio {took['provider'] / took['aiohttp']:.2f}")  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asked = msgspec.json.decode(sys.argv[1], type=Job)
        run = run_aiohttp if asked.subject == "aiohttp" else run_provider
        tell(msgspec.json.encode(asyncio.run(run(asked))))
    else:
        main()
