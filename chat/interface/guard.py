"""Who may talk to the server, and what its pages may do: checks of Host and Origin, and the security headers.

Knows ASGI, and nothing of the routes behind it. A page elsewhere on the web must neither read the library through a
name that it points at 127.0.0.1 (DNS rebinding) nor post to it.
"""

import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_SCRIPT_TAG = re.compile(rb"<script(?=[\s>])", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port, is this machine's own."""
    return host.strip("[]").lower() in LOOPBACK or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def policy(nonce: str) -> str:
    """The Content-Security-Policy of a page whose scripts carry `nonce`: nothing from elsewhere, no inline script."""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )


class Guard:
    """ASGI middleware: refuses foreign names and origins, adds headers, and gives page scripts a fresh nonce."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope["method"], Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send)
            return
        await self._app(_uncompressed(scope), receive, _Headers(send).send)


class _Headers:
    """Passes a response on with security headers; holds HTML back until it is whole, to add the nonce."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            headers.setdefault("Content-Security-Policy", policy(self._nonce))
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            message["headers"] = headers.raw
            html = headers.get("content-type", "").startswith("text/html")
            if html and "content-encoding" not in headers and "content-disposition" not in headers:
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            body = _SCRIPT_TAG.sub(b'<script nonce="%s"' % self._nonce.encode("ascii"), bytes(self._body))
            headers = MutableHeaders(raw=self._start["headers"])
            headers["content-length"] = str(len(body))
            await self._send({**self._start, "headers": headers.raw})
            self._start = None
            await self._send({"type": "http.response.body", "body": body})
            return
        await self._send(message)


def _uncompressed(scope: Scope) -> Scope:
    """The same request; for a page without leave to compress it, since a nonce cannot be written into gzip."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers}


def _refusal(method: str, headers: Headers) -> str:
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    if not is_loopback(host):
        return "This page answers only under 127.0.0.1 or localhost."
    if method in SAFE_METHODS:
        return ""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return "Requests from other pages are refused."
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "Requests from other pages are refused."
    return ""
