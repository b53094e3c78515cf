"""One measure in a process of its own: `python -m tests.bench.subject JOB`."""

import asyncio
import sys

import msgspec

from tests.bench.jobs import Job, Report, tell


async def run(job: Job) -> Report:
    """Do a job with its subject; imported here, so that none pays for the others."""
    if job.subject == "hearthkey":
        from tests.bench.house import run_house  # noqa: PLC0415

        return await run_house(job)
    from tests.bench.bare import run_aiohttp, run_httpx  # noqa: PLC0415

    return await (run_aiohttp(job) if job.subject == "aiohttp" else run_httpx(job))


if __name__ == "__main__":
    report = asyncio.run(run(msgspec.json.decode(sys.argv[1], type=Job)))
    tell(msgspec.json.encode(report))
