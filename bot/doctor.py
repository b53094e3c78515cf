"""`hearthkey doctor`: runs the checks in order and tells each finding in a line."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, TextIO

from bot.config import AccessConfig, Config, MatrixConfig, TelegramConfig, survey_config
from bot.domain.errors import StartError
from bot.domain.findings import Finding, Level, ok, problem
from bot.domain.ports import Clock
from bot.plain import plain
from storage.checkup import Survey, survey_folder

if TYPE_CHECKING:
    from adapters.matrix.checkup import MatrixCheckup
    from adapters.shared.http import HttpClient
    from adapters.telegram.checkup import TelegramCheckup

_WIDTH: Final = 9


def examine(
    env: Mapping[str, str], stdout: TextIO, *, providers: Sequence[str], is_quick: bool = False
) -> int:
    """Look at everything and return the exit code: 1 if there is a problem.

    `is_quick`: only at what a health check wants, with no network and no cipher.
    """
    report = _Report(stdout)
    config, problems = survey_config(env, providers=providers)
    report.begin("Settings")
    report.tell(*(problem("settings", line) for line in problems))
    if config is None:
        return report.end()
    if not problems:
        report.tell(*_settings(config))
    report.begin("Data folder")
    survey = survey_folder(config.data_dir, is_quick=is_quick)
    report.tell(*survey.findings)
    if not is_quick:
        if not survey.is_closed:
            report.tell(_master_key(config, survey))
        _look_at_messengers(config, report, is_running=survey.is_running)
    return report.end()


def drop_webhook(env: Mapping[str, str], stdout: TextIO, *, providers: Sequence[str]) -> int:
    """Remove a webhook that was left behind; return the exit code. Raises StartError."""
    config, problems = survey_config(env, providers=providers)
    if config is None or config.telegram is None:
        raise StartError(problems or ["HEARTHKEY_TELEGRAM_TOKEN is not set: there is no bot"])
    report = _Report(stdout)
    look = partial(_telegram, config.telegram)
    _ask(report, lambda http, clock: look(http, clock).drop_webhook())
    return report.end()


class _Report:
    """Lines under headings, written as they come, and what they come to."""

    def __init__(self, stdout: TextIO) -> None:
        self._stdout = stdout
        self._levels: list[Level] = []

    def begin(self, title: str) -> None:
        """Begin a group."""
        self._write(f"\n{title}\n" if self._levels else f"{title}\n")

    def tell(self, *findings: Finding) -> None:
        """Write findings, each with what to do on a line of its own."""
        for finding in findings:
            self._levels.append(finding.level)
            line = f"{finding.subject}: {finding.found}"
            self._write(f"{finding.level.value:{_WIDTH}}{plain(line)}\n")
            if finding.mend:
                self._write(f"{'':{_WIDTH}}→ {plain(finding.mend)}\n")

    def end(self) -> int:
        """Write how many there were of each level; return the exit code."""
        warnings, problems = (self._levels.count(each) for each in (Level.WARNING, Level.PROBLEM))
        all_ = len(self._levels)
        self._write(f"\nLooked at {all_}. Problems: {problems}, warnings: {warnings}.\n")
        return int(Level.PROBLEM in self._levels)

    def _write(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()


def _settings(config: Config) -> Iterable[Finding]:
    source = f"{config.file} and the environment" if config.file else "the environment"
    yield ok("settings", f"all are right, from {source}")
    if not config.has_messenger:
        yield ok("messengers", "none is configured: hearthkey run opens the console")
        return
    titles = {"Telegram": config.telegram, "Matrix": config.matrix}
    yield ok("messengers", " and ".join(title for title, given in titles.items() if given))
    yield ok("access", _access(config.access))


def _access(access: AccessConfig) -> str:
    who = "open, anybody may come in" if access.is_open else "closed, who is listed may come in"
    listed = f"{who}. Operators listed: {len(access.operators)}, others: {len(access.allowed)}"
    if access.operators:
        return listed
    return f"{listed}. The first operator is who sends the bot the code that a start prints"


def _master_key(config: Config, survey: Survey) -> Finding:
    from storage.keycheck import check_master_key  # noqa: PLC0415  # a cipher library is slow to load

    return check_master_key(config.key_env, config.data_dir, survey.facts)


def _look_at_messengers(config: Config, report: _Report, *, is_running: bool) -> None:
    if config.telegram is not None:
        report.begin("Telegram")
        telegram = partial(_telegram, config.telegram)
        _ask(report, lambda http, clock: telegram(http, clock).findings(is_running=is_running))
    if config.matrix is not None:
        report.begin("Matrix")
        matrix = partial(_matrix, config.matrix)
        _ask(report, lambda http, clock: matrix(http, clock).findings())


def _telegram(config: TelegramConfig, http: "HttpClient", clock: Clock) -> "TelegramCheckup":
    from adapters.telegram.checkup import PUBLIC_BASE, TelegramCheckup  # noqa: PLC0415

    return TelegramCheckup(
        config.token,
        http,
        clock,
        base=config.api_base or PUBLIC_BASE,
        proxy=config.proxy.reveal() if config.proxy else None,
    )


def _matrix(config: MatrixConfig, http: "HttpClient", clock: Clock) -> "MatrixCheckup":
    from adapters.matrix.checkup import MatrixCheckup  # noqa: PLC0415
    from bot.frontends import account_of  # noqa: PLC0415

    return MatrixCheckup(account_of(config), http, clock)


def _ask(report: _Report, look: "Callable[[HttpClient, Clock], AsyncIterator[Finding]]") -> None:
    """Tell what a look at a server finds, each finding as it comes."""
    import asyncio  # noqa: PLC0415  # a health check needs no network

    from adapters.shared.http import HttpClient  # noqa: PLC0415
    from bot.clock import SystemClock  # noqa: PLC0415

    async def tell() -> None:
        http = HttpClient()
        try:
            async for finding in look(http, SystemClock()):
                report.tell(finding)
        finally:
            await http.close()

    asyncio.run(tell())
