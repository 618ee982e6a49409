"""`insta-stream work`: encode videos and tidy up, beside a server that answers."""

from functools import partial

from insta_stream.cli.crew import Crew
from insta_stream.cli.flags import takes_settings
from insta_stream.cli.hand import hired
from insta_stream.cli.serve import check_rungs, settle
from insta_stream.cli.supervisor import Supervisor
from insta_stream.cli.tenure import create_folders, held
from insta_stream.settings import Settings
from insta_stream.storage.installation import located


@partial(takes_settings, without=("Access", "Signing in with another service", "Processes"))
def work(settings: Settings) -> None:
    """Encode videos and tidy up, without answering anybody: beside `insta-stream serve --no-work`.

    It takes the settings of the server, from the same file or environment. Beside a server that works as
    well, it stands by and takes over when that one ends.

    For instance:

        insta-stream serve --no-work --data /srv/tv

        nice insta-stream work --data /srv/tv
    """
    check_rungs(settings)
    folder = located(settings.data, settings.upload_dir, settings.stream_dir)
    create_folders(folder)
    with held(folder, "work", settings.segment_seconds):
        settle(settings)
        Supervisor(Crew(1, partial(hired, None, 0))).run()
