"""The command line: `python -m audit_rules audit | list | docs | coverage | map | add-drug | check | load`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audit_rules import acceptance, coverage, coverage_page, docs, inputs
from audit_rules.burden import measure
from audit_rules.catalogue import default_catalogue
from audit_rules.document import Refused
from audit_rules.engine import audit
from audit_rules.formulary import adding, list_mapping, list_reading, writing
from audit_rules.profile import DEFAULT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 1 where a document did not parse or a case failed."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # the same bytes whatever the locale
    try:
        status: int = options.run(options)
        return status
    except BrokenPipeError:  # the reader has seen enough
        sys.stderr.close()
        return 0
    except (OSError, EOFError, json.JSONDecodeError) as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit_rules", description="Audit prescriptions (rx/1).")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    one = command("audit", _audit, "one JSON line per prescription")
    one.add_argument("files", nargs="+", metavar="FILE", help=".json, .jsonl, gzipped or not; - for stdin")
    one.add_argument("--history", action="append", default=[], metavar="FILE", help="earlier documents")
    one.add_argument("--profile", default=DEFAULT, choices=sorted(default_catalogue().profiles.names))
    command("list", _list, "every rule in a line")
    pages = command("docs", _docs, "the manual of the rules; with --write every generated page")
    pages.add_argument(
        "--write", nargs="?", const="docs", metavar="DIR", help="write all of them into DIR (docs)"
    )
    shown = command("coverage", _coverage, "which ingredients have facts")
    shown.add_argument("--json", action="store_true")
    shown.add_argument("--page", action="store_true", help="the page docs/coverage.md")
    mapped = command("map", _map, "what a hospital's own drug list means: mapped, ambiguous, unknown")
    mapped.add_argument("file", metavar="LIST.csv|.xlsx")
    shape = mapped.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true")
    shape.add_argument("--csv", action="store_true")
    command("add-drug", _add, "put a new drug's rows into the tables").add_argument(
        "file", metavar="DRUG.yaml|.json"
    )
    command("check", _check, "acceptance cases: ok or FAIL").add_argument("file", metavar="CASES.json")
    load = command("load", _load, "the alert burden of a stream, with its own history")
    load.add_argument("file", metavar="FILE")
    load.add_argument("--last", type=int, metavar="N", help="audit the newest N; the others are history")
    load.add_argument("--profile", default=DEFAULT, choices=sorted(default_catalogue().profiles.names))
    return parser


def _audit(options: argparse.Namespace) -> int:
    status, earlier = 0, []
    for file in options.history:
        for read in inputs.read(file):
            if isinstance(read.document, Refused):
                status = _refuse(read)
            else:
                earlier.append(read.document)
    people = inputs.People(earlier)
    for file in options.files:
        for read in inputs.read(file):
            if isinstance(read.document, Refused):
                status = _refuse(read)
                continue
            report = audit(read.document, people.of(read.document), default_catalogue(), options.profile)
            print(report.to_json().decode())
    return status


def _refuse(read: inputs.Read) -> int:
    print(json.dumps(inputs.refusal(read), ensure_ascii=False, separators=(",", ":")))
    return 1


def _list(options: argparse.Namespace) -> int:
    print(docs.listing(default_catalogue()))
    return 0


def _docs(options: argparse.Namespace) -> int:
    if options.write:
        for path in writing.write(Path(options.write), default_catalogue()):
            print(path)
        return 0
    print(docs.manual(default_catalogue()), end="")
    return 0


def _coverage(options: argparse.Namespace) -> int:
    if options.page:
        print(coverage_page.page(default_catalogue()), end="")
        return 0
    found = coverage.coverage(default_catalogue())
    print(json.dumps(found, ensure_ascii=False, indent=1) if options.json else coverage.told(found))
    return 0


def _map(options: argparse.Namespace) -> int:
    file, catalogue = Path(options.file), default_catalogue()
    try:
        report = list_mapping.mapping(list_reading.read(file.read_bytes(), file.name), catalogue)
    except list_reading.BadList as error:
        print(f"{error.said.zh} / {error.said.en}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(list_mapping.as_dict(report), ensure_ascii=False, indent=1))
    elif options.csv:
        print(list_mapping.as_csv(report, catalogue), end="")
    else:
        print(list_mapping.told(report))
    return 0


def _add(options: argparse.Namespace) -> int:
    try:
        changed = adding.add(Path(options.file).read_text(encoding="utf-8"))
    except adding.NotAdded as error:
        print(f"not added: {error}", file=sys.stderr)
        return 1
    print("\n".join(map(str, changed)))
    print("now add its cases, then: python -m audit_rules docs --write; pytest tests/audit_rules")
    return 0


def _check(options: argparse.Namespace) -> int:
    failed = 0
    for name, title, wrong in acceptance.results(options.file):
        print(f"{'FAIL' if wrong else 'ok'} {name} {title}{': ' + '; '.join(wrong) if wrong else ''}")
        failed += bool(wrong)
    return 1 if failed else 0


def _load(options: argparse.Namespace) -> int:
    status, documents = 0, []
    for read in inputs.read(options.file):
        if isinstance(read.document, Refused):
            status = _refuse(read)
        else:
            documents.append(read.document)
    burden = measure(documents, options.last, default_catalogue(), options.profile)
    print(json.dumps(burden.to_dict(), ensure_ascii=False, indent=1))
    return status


if __name__ == "__main__":
    sys.exit(main())
