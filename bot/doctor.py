"""`hearthkey doctor`: runs the checks in order and tells each finding in a line."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TextIO

from bot.config import AccessConfig, Config, TelegramConfig, survey_config
from bot.domain.errors import StartError
from bot.domain.findings import Finding, Level, ok, problem
from bot.plain import plain
from storage.checkup import Survey, survey_folder

if TYPE_CHECKING:
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
        if config.telegram is not None:
            report.begin("Telegram")
            _ask_telegram(
                config.telegram, report, lambda it: it.findings(is_running=survey.is_running)
            )
    return report.end()


def drop_webhook(env: Mapping[str, str], stdout: TextIO, *, providers: Sequence[str]) -> int:
    """Remove a webhook that was left behind; return the exit code. Raises StartError."""
    config, problems = survey_config(env, providers=providers)
    if config is None or config.telegram is None:
        raise StartError(problems or ["HEARTHKEY_TELEGRAM_TOKEN is not set: there is no bot"])
    report = _Report(stdout)
    _ask_telegram(config.telegram, report, lambda it: it.drop_webhook())
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
    if config.matrix is not None:
        yield problem("messengers", "Matrix is not in this version yet", "leave its settings out")
    elif config.telegram is None:
        yield ok("messengers", "none is configured: hearthkey run opens the console")
    if config.telegram is not None:
        yield ok("messengers", "Telegram")
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


def _ask_telegram(
    config: TelegramConfig,
    report: _Report,
    ask: "Callable[[TelegramCheckup], AsyncIterator[Finding]]",
) -> None:
    import asyncio  # noqa: PLC0415  # a health check needs no network

    from adapters.shared.http import HttpClient  # noqa: PLC0415
    from adapters.telegram.checkup import PUBLIC_BASE, TelegramCheckup  # noqa: PLC0415
    from bot.clock import SystemClock  # noqa: PLC0415

    async def tell() -> None:
        http = HttpClient()
        checkup = TelegramCheckup(
            config.token,
            http,
            SystemClock(),
            base=config.api_base or PUBLIC_BASE,
            proxy=config.proxy.reveal() if config.proxy else None,
        )
        try:
            async for finding in ask(checkup):
                report.tell(finding)
        finally:
            await http.close()

    asyncio.run(tell())
