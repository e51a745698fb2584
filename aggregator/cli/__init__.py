"""The commands, family by family. Data to stdout, messages to stderr; every import that costs
time is in the command that needs it.

To add a command: a function in the file of its family, and its name in the table below.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from aggregator import __version__
from aggregator.cli import allocator, answers, lint, planning, setup, stories, streams, work
from aggregator.cli.common import BAD_CONFIG, FAILED, INTERRUPTED, LOCKED, say
from aggregator.errors import AggregatorError, ConfigError, StoreLocked


def main() -> NoReturn:
    """The console script: every ending has its exit status, and no traceback is shown."""
    streams.prepare()
    allocator.prepare()
    try:
        code = commands.main(standalone_mode=False, prog_name="aggregator")
    except click.exceptions.Abort:
        say("interrupted")
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ConfigError as error:
        say(str(error))
        code = BAD_CONFIG
    except StoreLocked as error:
        say(str(error))
        code = LOCKED
    except AggregatorError as error:
        say(str(error))
        code = FAILED
    except (SystemExit, BrokenPipeError):  # whoever read us has seen enough: click and rich leave
        streams.close_stdout()
        code = 0
    except OSError as error:
        streams.close_stdout()
        say(f"{error.filename or 'output'}: {(error.strerror or str(error)).lower()}")
        code = FAILED
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), help="The config file.")
@click.option("-q", "--quiet", is_flag=True, help="Only errors.")
@click.option("-v", "--verbose", is_flag=True, help="Every step.")
@click.version_option(__version__, message="aggregator %(version)s")
@click.pass_context
def commands(context: click.Context, path: Path | None, quiet: bool, verbose: bool) -> None:
    """Many feeds and a folder of posts in, each story once, one Atom feed a category out.

    \b
    Examples:
      aggregator init             write a config.yaml to start with
      aggregator run              poll what is due, write feeds/
      aggregator serve            do that on a schedule, and serve feeds/ over HTTP
      aggregator status           how every source is
      aggregator explain URL      why an entry is published, or is not
    """
    context.obj = {"path": path, "quiet": quiet, "verbose": verbose}


for _command in (
    work.run, work.serve,
    setup.init, setup.check, setup.schema,
    answers.status, answers.entries, answers.inspect,
    lint.lint,
    stories.explain, stories.merge, stories.split, planning.plan,
):  # fmt: skip
    commands.add_command(_command)
