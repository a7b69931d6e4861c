"""Runs a suite with Great Expectations and builds its Data Docs.

Two things it gets wrong are put right here: an SQL error looks like an ordinary failed expectation, and no more than
200 failing rows are returned. And values never leave: only key columns reach results and Data Docs.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from atlas_workflows.db.connect import connect, session_settings
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.data_docs import write_landing, write_pages
from atlas_workflows.validation.failing_keys import all_failing_keys, condition_of
from atlas_workflows.validation.key_files import export_keys
from atlas_workflows.validation.library import load_library
from atlas_workflows.validation.results import ExpectationResult, Status
from atlas_workflows.validation.suites import Batch, Expectation, Suite

ROWS_EXPECTATION = "unexpected_rows_expectation"
# A session without a name of ours is somebody's to whom the backfill is gentle.
NAME = "atlas-validation"
# The library asks for the first twenty rows that break a rule, and mostly there are none: a plan that hopes to meet them soon, by
# merging both tables in the order of an index, took five times as long as one that goes through them (three million steps).
PLANS = {"enable_mergejoin": "off"}
# `invalid input syntax for type integer: "…"`, `value "…" is out of range`; a value of several lines has no end here.
_VALUE = re.compile(r"""(?<=: )".*|(?<=\bvalue )"[^"]*"?""")
HIDDEN = "•••"
FIGURES = ("observed_value", "element_count", "unexpected_count", "unexpected_percent", "missing_count")


def run_suite(
    suite: Suite, data: Frames | Queries, docs: Path | None = None, keys: Path | None = None
) -> list[ExpectationResult]:
    """Every rule of every batch whose table is there. `docs`: the folder of the Data Docs to put this suite's pages into; `keys`:
    the one for files of failing keys.

    Raises ConfigurationError for a rule that cannot be checked, and for a batch without data that needs no table.
    """
    batches = _batches_of(suite, data)
    gx = load_library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    results: list[ExpectationResult] = []
    try:
        for batch in batches:
            rules = context.suites.add(_gx_suite(suite, batch, f"{suite.name}.{batch.name}"))
            runs = _run_batch(context, rules, suite, batch, data)
            found = [item.to_json_dict() for run in runs for item in run.results]
            results.extend(_result(suite, batch, item, data) for item in found)
            if docs is not None:
                write_pages(docs, suite.name, batch.name, rules, runs)
    finally:
        # Those before a batch that raises have their pages too.
        if docs is not None:
            write_landing(docs, suite, results)
        if isinstance(data, Queries):
            _dispose(context)
    if keys is not None:
        for result in results:
            export_keys(keys, result)
    return results


def _batches_of(suite: Suite, data: Frames | Queries) -> list[Batch]:
    present = data.frames if isinstance(data, Frames) else data.texts
    for batch in suite.batches:
        if batch.name not in present and batch.needs is None:
            raise ConfigurationError(
                f"Suite {suite.name}: there is nothing to check as batch {batch.name}; there is {', '.join(present) or 'nothing'}.",
                remedy=f"Correct the batch's name in expectations/{suite.name}.json.",
            )
    return [batch for batch in suite.batches if batch.name in present]


def _run_batch(context: Any, rules: Any, suite: Suite, batch: Batch, data: Frames | Queries) -> list[Any]:
    """What the library found of a batch by its `rules`."""
    from great_expectations.checkpoint import Checkpoint
    from great_expectations.core.validation_definition import ValidationDefinition

    definition, parameters = _definition(context, suite, batch, data)
    validation = context.validation_definitions.add(
        ValidationDefinition(name=rules.name, data=definition, suite=rules)
    )
    checkpoint = context.checkpoints.add(
        Checkpoint(
            name=rules.name,
            validation_definitions=[validation],
            result_format=_format(batch, data),
        )
    )
    runs = list(checkpoint.run(batch_parameters=parameters).run_results.values())
    _hide_quoted_values(runs)
    return runs


def _gx_suite(suite: Suite, batch: Batch, name: str) -> Any:
    """The batch's rules. Raises ConfigurationError for one whose type or kwargs the library does not know."""
    from great_expectations.core import ExpectationSuite

    made = ExpectationSuite(name)
    for number, rule in enumerate(batch.expectations):
        try:
            found, cause = ExpectationSuite(name, expectations=[_as_gx(rule, number)]).expectations, None
        except ValueError as error:
            found, cause = [], error
        # A type that it does not know it only logs, and goes on without the rule.
        if not found:
            raise ConfigurationError(
                f"Suite {suite.name}, batch {batch.name}: rule {number + 1}, {rule.type}, cannot be checked: its type or "
                f"its kwargs ({', '.join(rule.kwargs) or 'none'}) are not known.",
                remedy=f"Correct that rule in expectations/{suite.name}.json.",
            ) from cause
        made.expectations += found
    return made


def _definition(
    context: Any, suite: Suite, batch: Batch, data: Frames | Queries
) -> tuple[Any, dict[str, Any] | None]:
    source = context.data_sources.all().get(suite.name) or _add_source(context, suite, data)
    if isinstance(data, Frames):
        import pandas

        asset = source.add_dataframe_asset(batch.name)
        definition = asset.add_batch_definition_whole_dataframe("all")
        return definition, {"dataframe": pandas.DataFrame(data.frames[batch.name])}
    asset = source.add_query_asset(batch.name, query=data.texts[batch.name])
    return asset.add_batch_definition_whole_table("all"), None


def _add_source(context: Any, suite: Suite, data: Frames | Queries) -> Any:
    # One source, and so one engine, for all batches of a suite.
    if isinstance(data, Frames):
        return context.data_sources.add_pandas(suite.name)
    source = context.data_sources.add_postgres(suite.name, connection_string=_sqlalchemy_url(data.dsn))
    for engine in (source.get_engine(), source.get_execution_engine().engine):
        _ask_for_names_alone(engine, data)
    return source


def _ask_for_names_alone(engine: Any, data: Queries) -> None:
    """To learn the names of a batch's columns the library fetches the whole batch, a gigabyte for some millions of rows."""
    from sqlalchemy import TextClause, event, text

    wholes = frozenset(data.texts.values())

    @event.listens_for(engine, "before_execute", retval=True)
    def narrow(
        _connection: Any, asked: Any, many: Any, parameters: Any, _options: Any
    ) -> tuple[Any, Any, Any]:
        is_whole = isinstance(asked, TextClause) and asked.text in wholes
        # The text is ours; a name of a parameter, which the library would read in it, is behind a colon there too.
        narrowed = text(f"SELECT * FROM ({asked.text}) AS batch LIMIT 0") if is_whole else asked  # noqa: S608
        return narrowed, many, parameters


def _as_gx(rule: Expectation, number: int) -> dict[str, Any]:
    # The number leads back to our rule: results come in an order of their own.
    return {
        "type": rule.type, "kwargs": dict(rule.kwargs), "severity": rule.severity,
        "meta": {"rule": number, "why": rule.why}, "notes": rule.why,
    }  # fmt: skip


def _format(batch: Batch, data: Frames | Queries) -> dict[str, Any]:
    # The library holds every failing row several times over; where we can ask for them ourselves, it need not.
    ours = isinstance(data, Queries) and all(
        condition_of(rule, "") or rule.type == ROWS_EXPECTATION for rule in batch.expectations
    )
    extent = "SUMMARY" if ours else "COMPLETE"
    return {
        "result_format": extent, "unexpected_index_column_names": list(batch.keys),
        "exclude_unexpected_values": True, "include_unexpected_rows": False,
    }  # fmt: skip


def _result(suite: Suite, batch: Batch, item: dict[str, Any], data: Frames | Queries) -> ExpectationResult:
    config, found = item["expectation_config"], item["result"]
    rule = batch.expectations[config["meta"]["rule"]]
    error = _error(item["exception_info"])
    failed = error is None and not item["success"]
    keys = all_failing_keys(batch, rule, found, data) if failed else ()
    counted = found.get("unexpected_count")
    if counted is None and rule.type == ROWS_EXPECTATION:
        counted = found.get("observed_value")
    return ExpectationResult(
        suite=suite.name,
        batch=batch.name,
        expectation=rule.type,
        column=cast(str | None, rule.kwargs.get("column")),
        severity=rule.severity,
        status=Status.ERRORED if error else Status.FAILED if failed else Status.PASSED,
        why=rule.why,
        observed={name: found[name] for name in FIGURES if found.get(name) is not None},
        unexpected_count=int(counted or 0) if failed else 0,
        keys=tuple(keys),
        error=error,
    )


def _hide_quoted_values(runs: Sequence[Any]) -> None:
    """Data Docs show exceptions whole, and the database quotes in them the value that it stumbled over."""
    for item in (item for run in runs for item in run.results):
        if message := _error(item.exception_info):
            item.exception_info = {
                "raised_exception": True, "exception_message": message, "exception_traceback": message,
            }  # fmt: skip


def _error(info: Mapping[str, Any]) -> str | None:
    """The message of a raised exception, in either of the two forms in which it is reported, without quoted values."""
    parts: Sequence[Any] = [info] if "raised_exception" in info else list(info.values())
    for part in parts:
        if isinstance(part, Mapping) and part.get("raised_exception"):
            lines = (
                str(part.get("exception_message") or "an exception without a message").strip().splitlines()
            )
            return _VALUE.sub(HIDDEN, lines[0])[:300]
    return None


def _sqlalchemy_url(dsn: str) -> str:
    """A URL for SQLAlchemy, whatever form the DSN has; the session is fixed as everywhere else."""
    from psycopg.conninfo import conninfo_to_dict
    from sqlalchemy import URL

    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    # libpq takes a blank within a value behind a backslash.
    with connect(dsn, application_name=NAME) as connection:
        fixed = session_settings(connection) | PLANS
    settings = " ".join("-c {}={}".format(name, value.replace(" ", "\\ ")) for name, value in fixed.items())
    options = f"{parts.pop('options', '')} {settings}".strip()
    port = parts.pop("port", None)
    url = URL.create(
        "postgresql+psycopg", parts.pop("user", None), parts.pop("password", None), parts.pop("host", None),
        int(port) if port else None, parts.pop("dbname", None),
        parts | {"options": options, "client_encoding": "utf8", "application_name": NAME},
    )  # fmt: skip
    # SQLAlchemy leaves blanks in names as they are, and the library then finds no user.
    return url.render_as_string(hide_password=False).replace(" ", "%20")


def _dispose(context: Any) -> None:
    # Both engines keep sessions open otherwise, which blocks CREATE DATABASE … TEMPLATE and DROP DATABASE.
    for source in context.data_sources.all().values():
        source.get_execution_engine().close()
        source.get_engine().dispose()
