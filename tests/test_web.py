"""Fetching: what comes back, what is refused, and what cannot be made to hang."""

import gzip
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from errors import FetchError, SourceError, SourceTooLarge, UnsupportedSource
from ingest.sources import Source
from ingest.web import FetchLimits, Resolver, fetch, is_public, resolve_host

_PAGE = b"<html><body><p>Revenue was US$3 million.</p></body></html>"
_HUGE = gzip.compress(bytes(3_000_000))


class _Handler(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str]]] = []

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        path = self.path.partition("?")[0]
        if path.startswith("/to/"):
            self._answer(302, b"", {"Location": self.path.removeprefix("/to/")})
        elif path == "/loop":
            self._answer(301, b"", {"Location": "/loop"})
        elif path == "/missing":
            self._answer(404, b"nothing")
        elif path == "/report.pdf":
            self._answer(200, b"%PDF-1.4 ...", {"Content-Type": "application/octet-stream"})
        elif path == "/picture":
            self._answer(200, b"\x89PNG", {"Content-Type": "image/png"})
        elif path == "/rows.jsonl":
            self._answer(200, b'{"_id": 1, "text": "a"}', {"Content-Type": "application/jsonl"})
        elif path == "/gzip":
            self._answer(200, gzip.compress(_PAGE), {"Content-Type": "text/html", "Content-Encoding": "gzip"})
        elif path == "/bomb":
            self._answer(200, _HUGE, {"Content-Type": "text/html", "Content-Encoding": "gzip"})
        elif path == "/declared":
            self._answer(200, b"x" * 10, {"Content-Type": "text/html", "Content-Length": "99999999"})
        elif path == "/short":
            self._answer(200, b"x" * 10, {"Content-Type": "text/html", "Content-Length": "20"})
        elif path == "/empty":
            self._answer(200, b"", {"Content-Type": "text/html"})
        elif path in ("/endless", "/drip"):
            self._without_end(0.0 if path == "/endless" else 0.05)
        elif path == "/drip-head":
            self._drip_head()
        else:
            self._answer(200, _PAGE, {"Content-Type": "text/html; charset=windows-1252"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), **(headers or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _without_end(self, pause: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"more and more " * (1 if pause else 1000))
                time.sleep(pause)
        except OSError:
            return

    def _drip_head(self) -> None:
        try:
            while True:
                self.wfile.write(b"H")
                time.sleep(0.05)
        except OSError:
            return


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def _anywhere(_: object) -> bool:
    return True


def _fetched(url: str, *, resolve: Resolver = resolve_host) -> Source:
    """What comes back where nothing was kept from before."""
    source = fetch(url, resolve=resolve, is_allowed=_anywhere)
    assert isinstance(source, Source)
    return source


def test_a_page_becomes_a_source_named_by_its_final_address(server: str) -> None:
    source = _fetched(f"{server}/to/../article?q=1#part")
    assert source.name == f"{server}/article?q=1"
    assert source.data == _PAGE
    assert source.media_type == "text/html; charset=windows-1252"


def test_a_vague_type_is_told_by_the_first_bytes(server: str) -> None:
    assert _fetched(f"{server}/report.pdf").media_type == "application/pdf"


def test_compressed_pages_are_unpacked(server: str) -> None:
    assert _fetched(f"{server}/gzip").data == _PAGE


def test_the_environment_s_proxy_is_ignored(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert _fetched(f"{server}/article").data == _PAGE


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("/missing", FetchError, "answered 404 Not Found; check the address"),
        ("/loop", FetchError, "leads on from address to address more than 5 times"),
        ("/empty", FetchError, "answered with an empty page"),
        ("/short", FetchError, "broke off before the end; try again"),
        ("/to/file:///etc/passwd", FetchError, "only http and https addresses can be fetched (it leads there)"),
        (
            "/rows.jsonl",
            UnsupportedSource,
            "is of a kind that cannot be read (application/jsonl); web pages, text, PDF and Office files can",
        ),
        (
            "/picture",
            UnsupportedSource,
            "is of a kind that cannot be read (image/png); web pages, text, PDF and Office files can",
        ),
        ("/bomb", SourceTooLarge, "is larger than the 1 MB that are fetched; save it and add the file"),
        ("/declared", SourceTooLarge, "is larger than the 1 MB that are fetched; save it and add the file"),
        ("/endless", SourceTooLarge, "is larger than the 1 MB that are fetched; save it and add the file"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(server: str, path: str, kind: type[SourceError], message: str) -> None:
    with pytest.raises(kind) as caught:
        fetch(server + path, is_allowed=_anywhere, limits=FetchLimits(max_bytes=1024 * 1024))
    assert str(caught.value) == f"{server}{path}: {message}"


@pytest.mark.parametrize("path", ["/drip", "/drip-head"])
def test_answers_that_never_end_are_cut(server: str, path: str) -> None:
    with pytest.raises(FetchError, match=r"took longer than 0\.5 seconds"):
        fetch(server + path, is_allowed=_anywhere, limits=FetchLimits(seconds=0.5))


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(FetchError, match=r"took longer than|does not answer"):
            fetch(url, is_allowed=_anywhere, limits=FetchLimits(seconds=0.5, connect_seconds=0.2))


def test_a_resolver_that_hangs_is_given_up() -> None:
    def hang(host: str, port: int) -> Sequence[str]:
        time.sleep(3)
        return []

    with pytest.raises(FetchError, match="its host cannot be found"):
        fetch("http://slow.test/", resolve=hang, limits=FetchLimits(connect_seconds=0.1))


def test_no_network_is_said_in_a_sentence() -> None:
    def no_network(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    with pytest.raises(FetchError) as caught:
        fetch("https://example.com/a", resolve=no_network)
    assert str(caught.value) == (
        "https://example.com/a: its host cannot be found; check the address and the network connection"
    )


def test_a_closed_port_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FetchError, match="refused the connection"):
        fetch(f"http://127.0.0.1:{port}/", is_allowed=_anywhere)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://localhost/",
        "http://localhost./",
        "http://LOCALHOST:8080/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://user:secret@example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///nowhere",
        "http://[bad/",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "",
    ],
)
def test_addresses_that_must_not_be_fetched_are_refused(url: str) -> None:
    def local(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] if host == "localhost" else [host]

    with pytest.raises(FetchError):
        fetch(url, resolve=_numbers_only(local))


def _numbers_only(resolve: Callable[[str, int], Sequence[str]]) -> Callable[[str, int], Sequence[str]]:
    def checked(host: str, port: int) -> Sequence[str]:
        try:
            ipaddress.ip_address(resolve(host, port)[0])
        except ValueError:
            raise socket.gaierror(-2, "not known") from None
        return resolve(host, port)

    return checked


def test_a_name_with_one_private_address_is_refused() -> None:
    with pytest.raises(FetchError, match="leads into a private network or to this computer"):
        fetch("http://example.com/", resolve=lambda host, port: ["93.184.216.34", "10.0.0.8"])


def test_a_redirect_into_a_private_network_is_refused(server: str) -> None:
    port = int(server.rpartition(":")[2])
    allowed = ipaddress.ip_address("127.0.0.1")
    with pytest.raises(FetchError, match="leads into a private network"):
        fetch(f"http://127.0.0.1:{port}/to/http://10.1.2.3/", is_allowed=lambda address: address == allowed)


def test_the_connection_goes_to_the_address_that_was_checked(server: str) -> None:
    port = int(server.rpartition(":")[2])
    asked: list[str] = []

    def changing(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    _Handler.seen.clear()
    source = _fetched(f"http://bank.test:{port}/article", resolve=changing)
    assert asked == ["bank.test"]
    assert source.name == f"http://bank.test:{port}/article"
    assert _Handler.seen == [("/article", f"bank.test:{port}")]


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bank.test"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        url = f"https://bank.test:{running.server_port}/article"
        with pytest.raises(FetchError, match="its certificate cannot be trusted"):
            fetch(url, resolve=lambda host, port: ["127.0.0.1"], is_allowed=_anywhere)
        running.shutdown()
