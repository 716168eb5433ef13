"""A web server on this machine: pages by path, and what was asked for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ingest.web import fetch


@dataclass
class Site:
    """`pages` are (headers, body) by path; one with an ETag or a Last-Modified is not sent twice to who knows it.

    `asked` are the paths asked for with the answers' status codes. `fetch` is ours, allowed to come here.
    """

    address: str
    pages: dict[str, tuple[dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def page(self, path: str, body: str | bytes, **headers: str) -> str:
        """Put up a page (headers in Python's spelling) and give its address."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        self.pages[path] = ({"Content-Type": "text/html"} | named, body.encode() if isinstance(body, str) else body)
        return self.address + path

    @property
    def fetch(self) -> Any:
        return partial(fetch, is_allowed=lambda _: True)


@contextmanager
def running_site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

        def do_GET(self) -> None:
            headers, body = site.pages.get(self.path, ({}, b""))
            status = 404 if self.path not in site.pages else int(headers.get("Status", 200))
            etag, modified = headers.get("Etag"), headers.get("Last-Modified")
            if (etag and self.headers["If-None-Match"] == etag) or (
                not etag and modified and self.headers["If-Modified-Since"] == modified
            ):
                status, body = 304, b""
            site.asked.append((self.path, status))
            self.send_response(status)
            for name, value in headers.items():
                if name != "Status":
                    self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()
