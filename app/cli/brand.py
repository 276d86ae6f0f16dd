"""The look of a bank: try a folder before it is used."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.brand import read
from app.brand.findings import ENOUGH, Findings
from app.cli.kit import parts, table

group = AppGroup("brand", help="The look and the words of a bank (docs/branding.md).")


@group.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Say what is wrong with a folder; exit code 1 if production would refuse it."""
    brand, findings = read(folder, parts().settings.web.languages)
    for name, file in brand.files.items():
        click.echo(f"{name}  {len(file.content)} bytes")
    for code in brand.words:
        click.echo(f"words/{code}.po")
    click.echo(f"\n{_contrasts(findings)}\n")
    for warning in findings.warnings:
        click.echo(f"warning: {warning}")
    refused = [*findings.faults, *findings.unreadable]
    for fault in refused:
        click.echo(f"wrong: {fault}")
    if refused:
        raise SystemExit(1)
    click.echo("Nothing is wrong with this brand.")


def _contrasts(findings: Findings) -> str:
    rows = [
        (each.scheme, each.front, each.back, f"{each.ratio:.2f}", "" if each.is_enough else "LOW")
        for each in findings.contrasts
    ]
    return table(("scheme", "text", "on", f"needs {ENOUGH}", ""), rows)
