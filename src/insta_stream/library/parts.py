"""The parts of the library, as those need them who measure it or delete of it."""

from dataclasses import dataclass

from insta_stream.library.catalogue import Catalogue
from insta_stream.library.views import Views
from insta_stream.storage.folder import DataFolder


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows and files of videos. min_free_bytes: what uploads must leave free."""

    catalogue: Catalogue
    views: Views
    folder: DataFolder
    min_free_bytes: int
