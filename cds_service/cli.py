"""The command `pgx-cds`."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from cds_service import __version__
from cds_service.commands import call
from cds_service.commands.apart import in_child
from cds_service.core.errors import PgxCdsError


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run a command.

    Returns:
        0 done; 1 understood, but the answer is "no"; 2 unusable input or arguments.
    """
    parser = argparse.ArgumentParser(prog="pgx-cds", description="Pharmacogenomic advice for CDS Hooks.")
    parser.add_argument("--version", action="version", version=f"pgx-cds {__version__}")
    parser.set_defaults(apart="")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = sys.argv[1:] if arguments is None else list(arguments)
    for module in _modules(given[0] if given else ""):
        module.add_to(commands)
    options = parser.parse_args(given)
    return _answer(options)


def _answer(options: argparse.Namespace) -> int:
    """Run the command that was chosen; a fault becomes one line and an exit code."""
    try:
        # Only a process of a single thread can be forked safely; the command is one.
        if options.apart and threading.active_count() == 1:
            alone = argparse.Namespace(**{**vars(options), "apart": ""})
            return in_child(partial(_answer, alone), str(getattr(options, options.apart) or options.command))
        return int(options.run(options))
    except BrokenPipeError:
        return 0
    except PgxCdsError as error:
        print(f"pgx-cds: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"pgx-cds: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return 2


def _modules(command: str) -> tuple[Any, ...]:
    """The commands that may be meant. `call` runs once a file and does not wait for the service to load."""
    if command == "call":
        return (call,)
    from cds_service.commands import (
        advise,
        audit,
        client,
        coverage,
        held_back,
        knowledge,
        read,
        replay,
        report,
        run,
        screen,
    )

    return (run, advise, read, call, coverage, client, audit, replay, report, held_back, screen, knowledge)


if __name__ == "__main__":
    sys.exit(main())
