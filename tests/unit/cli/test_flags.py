"""Every setting has a flag, and a flag that is given wins."""

import typer
from typer.testing import CliRunner

from insta_stream.cli import app
from insta_stream.cli.flags import takes_settings
from insta_stream.setting.names import names_of
from insta_stream.settings import Settings


def _app(seen: list[Settings]) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @takes_settings
    def show(settings: Settings) -> None:
        """Show."""
        seen.append(settings)

    return app


def test_every_setting_has_a_flag() -> None:
    help_text = CliRunner().invoke(_app([]), ["--help"], env={"COLUMNS": "300"}).output
    for name in Settings.model_fields:
        assert f" {names_of(name)[0]} " in help_text.replace("/", " "), name


def test_a_flag_wins_over_the_environment() -> None:
    seen: list[Settings] = []
    environment = {"INSTA_STREAM_PORT": "4000", "INSTA_STREAM_JOBS": "2", "INSTA_STREAM_DEMO": "true"}
    arguments = ["--port", "5000", "--rungs", "720p,360p", "--no-demo"]
    result = CliRunner().invoke(_app(seen), arguments, env=environment)
    assert result.exit_code == 0, result.output
    (settings,) = seen
    assert (settings.port, settings.jobs, settings.rungs) == (5000, 2, ("720p", "360p"))
    assert not settings.demo


def test_a_command_may_do_without_some_groups() -> None:
    help_text = CliRunner().invoke(app, ["work", "--help"], env={"COLUMNS": "300"}).output
    assert "--data " in help_text
    assert not any(flag in help_text for flag in ("--port ", "--oidc-issuer ", "--workers "))
