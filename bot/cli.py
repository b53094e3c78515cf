"""The command `hearthkey`. What a task does not need is not imported, to be ready at once."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

from bot.domain.errors import StartError

EXIT_STOPPED: Final = 2
EXIT_INTERRUPTED: Final = 130
MESSENGERS: Final = ("telegram", "matrix")  # what `run` can run, for `init` to ask about


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 2 with one line per problem if it cannot start."""
    args = _parser().parse_args(argv)
    try:
        return _version() if args.version else _do(args)
    except StartError as error:
        for problem in error.problems:
            sys.stderr.write(f"hearthkey: {problem}\n")
        return EXIT_STOPPED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _do(args: argparse.Namespace) -> int:
    match args.task:
        case "init":
            return _init()
        case "doctor":
            return _doctor(is_quick=args.quick, drops_webhook=args.drop_webhook)
        case "matrix":
            return _use(f"matrix {args.tool}")
        case _:
            return _run(name=args.name, room=args.room)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearthkey",
        description="Chat with AI models from your messenger, with your own API key.",
        epilog="docs/configuration.md lists every setting.",
    )
    parser.set_defaults(name="", room="")
    parser.add_argument("--version", action="store_true", help="show the version and leave")
    tasks = parser.add_subparsers(dest="task", metavar="TASK")
    _add_run(
        tasks.add_parser("run", help="run the bot; with no messenger configured, open the console")
    )
    tasks.add_parser("init", help="ask a few questions and write the configuration")
    _add_doctor(tasks.add_parser("doctor", help="look at everything and say what to mend"))
    _add_matrix(tasks.add_parser("matrix", help="tools for the Matrix account of a running bot"))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.description = "Run the bot; with no messenger configured, open the console."
    parser.epilog = (
        "So a group can be tried alone: everybody and every room is in the same data folder. In"
        " the console, /as NAME and /in ROOM do the same without leaving it."
    )
    parser.add_argument(
        "--as", dest="name", metavar="NAME", default="", help="open the console as somebody else"
    )
    parser.add_argument(
        "--room", metavar="ROOM", default="", help="open it in a room with several people"
    )


def _add_matrix(parser: argparse.ArgumentParser) -> None:
    parser.description = "Tools for the Matrix account of the bot that runs on the data folder."
    parser.epilog = (
        "Each is used beside the running bot, with the same settings, and talks to it over"
        " control.sock in the data folder. Exit code 0: done, 1: not done, 2: no bot to talk to."
    )
    tools = parser.add_subparsers(dest="tool", metavar="TOOL", required=True)
    verify = tools.add_parser("verify", help="verify the bot from your Element, by emoji")
    verify.description = (
        "Verify the bot from your Element: both show seven emoji, and you say whether they are the"
        " same."
    )
    verify.epilog = "Begin in Element: the bot's profile, then Verify. Then answer here."
    reset = tools.add_parser("reset-identity", help="give the bot's account a new identity")
    reset.description = (
        "Give the bot's account a new identity, if the one on the server is not the bot's own."
        " Asks twice."
    )
    reset.epilog = "Whoever verified the bot before has to verify it again."


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = "Look at everything and say what to mend. It may run beside the bot."
    parser.epilog = "Exit code 0: no problem, 1: a problem, 2: it could not look."
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--quick", action="store_true", help="only what shows at once whether the bot is well"
    )
    only.add_argument(
        "--drop-webhook",
        action="store_true",
        help="remove a webhook that another program left behind at Telegram",
    )


def _run(*, name: str, room: str) -> int:
    seat = _seat(name, room)
    from adapters.providers.catalogue import configurable  # noqa: PLC0415  # --help needs none of it
    from bot.config import load_config  # noqa: PLC0415
    from bot.logs import set_up_logging  # noqa: PLC0415

    os.umask(0o077)
    config = load_config(os.environ, providers=configurable())
    if seat and config.has_messenger:
        raise StartError(
            ["--as and --room are for the console, which opens with no messenger configured"]
        )
    set_up_logging(config.log_level)
    gc.disable()  # nothing of a start is garbage, and to look for some takes a tenth of its time
    try:
        from bot.app import run  # noqa: PLC0415  # a mistake in the settings is told before this

        return run(config, **seat)
    finally:
        gc.enable()


def _seat(name: str, room: str) -> dict[str, str]:
    """Return who opens the console where, as far as that was said. Raises StartError."""
    typed = {"name": name, "room": room}
    if not any(typed.values()):
        return {}
    from adapters.console.seat import read_name  # noqa: PLC0415

    read = {which: read_name(said) for which, said in typed.items() if said}
    options = {"name": "--as", "room": "--room"}
    if misfits := [options[which] for which, said in read.items() if said is None]:
        raise StartError(
            [f"{each} takes a name of up to 20 letters and digits" for each in misfits]
        )
    return {which: said for which, said in read.items() if said is not None}


def _init() -> int:
    from adapters.providers.catalogue import configurable  # noqa: PLC0415
    from bot.init import write_config  # noqa: PLC0415

    return write_config(
        os.environ, sys.stdin, sys.stdout, messengers=MESSENGERS, providers=configurable()
    )


def _doctor(*, is_quick: bool, drops_webhook: bool) -> int:
    from adapters.providers.catalogue import configurable  # noqa: PLC0415
    from bot import doctor  # noqa: PLC0415
    from bot.logs import set_up_logging  # noqa: PLC0415

    set_up_logging("error")
    if drops_webhook:
        return doctor.drop_webhook(os.environ, sys.stdout, providers=configurable())
    return doctor.examine(os.environ, sys.stdout, providers=configurable(), is_quick=is_quick)


def _use(tool: str) -> int:
    from adapters.providers.catalogue import configurable  # noqa: PLC0415
    from bot.config import load_config  # noqa: PLC0415
    from bot.control.client import use_tool  # noqa: PLC0415

    config = load_config(os.environ, providers=configurable())
    return use_tool(config.data_dir, tool, sys.stdin, sys.stdout)


def _version() -> int:
    from importlib.metadata import version  # noqa: PLC0415

    sys.stdout.write(f"hearthkey {version('hearthkey')}\n")
    return 0
