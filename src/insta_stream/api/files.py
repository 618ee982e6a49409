"""Files that the API sends: what is asked for in part, or known already, is answered as under /media/."""

import asyncio
import os
from email.utils import parsedate

from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from insta_stream.api.problems import problem
from insta_stream.delivery.http import header, matches
from insta_stream.delivery.ranges import Unsatisfiable, parse_range

_OF_A_304 = ("etag", "last-modified", "cache-control", "vary")


class File(FileResponse):
    """Starlette's, without its ways for ranges that are none (400 as text) and several at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.stat_result is None:
            self.stat_result = await asyncio.to_thread(os.stat, self.path)
            self.set_stat_headers(self.stat_result)
        if self._is_known(scope):
            told = {name: self.headers[name] for name in _OF_A_304 if name in self.headers}
            await Response(status_code=304, headers=told)(scope, receive, send)
            return
        try:
            is_ranged = self._is_ranged(scope, self.stat_result.st_size)
        except Unsatisfiable:
            whole = {"content-range": f"bytes */{self.stat_result.st_size}", "accept-ranges": "bytes"}
            refusal = problem(416, "range_not_satisfiable", "The file is shorter than that.", whole)
            await refusal(scope, receive, send)
            return
        if not is_ranged:
            others = [(name, value) for name, value in scope["headers"] if name != b"range"]
            scope = {**scope, "headers": others}
        await super().__call__(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        """Return whether the client has the file already (RFC 9110 section 13.2.2)."""
        if tags := header(scope, b"if-none-match"):
            return matches(tags, self.headers["etag"].encode())
        since = parsedate(header(scope, b"if-modified-since").decode("latin-1"))
        changed = parsedate(self.headers["last-modified"])
        return since is not None and changed is not None and changed <= since

    def _is_ranged(self, scope: Scope, size: int) -> bool:
        """Return whether one range of the file is the right answer. Raises Unsatisfiable."""
        condition = header(scope, b"if-range").decode("latin-1")
        if condition and not self._should_use_range(condition):
            return False
        return parse_range(header(scope, b"range"), size) is not None
