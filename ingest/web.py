"""Fetches one web address, and nothing that a web address should not lead to.

Knows HTTP, and of what the bytes mean only which address a page wants to be known by. Each host is resolved once, every
address it stands for is checked, and the connection goes to the address that was checked, so that a name cannot change
its meaning in between; redirects are checked the same way. Proxies named in the environment are ignored on purpose:
behind one, nobody could check the address. Cookies, credentials and scripts play no part.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from errors import FetchError, SourceTooLarge, UnsupportedSource
from ingest.page_head import canonical_in_header, may_stand_for, read_head, without_tracking
from ingest.sources import Fetched, Source

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
AddressCheck = Callable[[Address], bool]
Resolver = Callable[[str, int], Sequence[str]]
Remembered = Callable[[str], Fetched | None]

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Footnote/1.0)",
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/plain,text/markdown;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, identity",
    "Connection": "close",
}

_OFFICE = "application/vnd.openxmlformats-officedocument."
_BY_SUFFIX = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".pdf": "application/pdf",
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".epub": "application/epub+zip",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".zip": "application/zip",
}
_TAKEN = frozenset(_BY_SUFFIX.values()) - {"application/zip"}  # anything may be sent as a zip
_LISTS = frozenset({  # feeds and sitemaps, or what they may be; told by their bytes
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml",
    "application/gzip", "application/x-gzip",
})  # fmt: skip
_VAGUE = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/zip"})
_OTHER_NAMES = {"application/x-pdf": "application/pdf", "text/x-markdown": "text/markdown"}
# Public addresses that clouds answer from inside, beside the link-local ones.
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("100.100.100.200")})
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_NUMBER_LABEL = re.compile(r"(?:0x[0-9a-f]*|\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one fetch may take: seconds in all and for connecting, bytes received and unpacked, redirects."""

    seconds: float = 30.0
    connect_seconds: float = 10.0
    max_bytes: int = 50 * 1024 * 1024
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Unmodified:
    """The server says that what was fetched from here before is what it still has."""

    fetched: Fetched


def is_public(address: Address) -> bool:
    """Whether an address lies on the open internet: no loopback, private, link-local, shared or multicast one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None:
            return is_public(address.sixtofour)
        if any(address in network for network in _NAT64):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.teredo is not None or address.is_site_local or int(address) >> 32 == 0:
            return False
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback)
        and address not in _METADATA
    )


def resolve_host(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system knows them; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def fetch(
    url: str,
    *,
    is_allowed: AddressCheck = is_public,
    resolve: Resolver = resolve_host,
    limits: FetchLimits | None = None,
    remembered: Remembered = lambda address: None,
) -> Source | Unmodified:
    """The page or file at `url` as a Source named by the address that it wants to be known by, or was found at.

    `remembered` gives what the server said the last time of an address, None where nothing was kept from there; without
    it the answer is a Source. Raises FetchError (cannot or must not be fetched), SourceTooLarge or UnsupportedSource,
    each naming `url`.
    """
    limits = FetchLimits() if limits is None else limits
    return _Fetch(url, is_allowed, resolve, limits, remembered).run()


class _Fetch:
    """One fetch with its deadline, from the first address to the last redirect."""

    def __init__(
        self, url: str, is_allowed: AddressCheck, resolve: Resolver, limits: FetchLimits, remembered: Remembered
    ) -> None:
        self._url = url
        self._is_allowed = is_allowed
        self._resolve = resolve
        self._limits = limits
        self._remembered = remembered
        self._end = time.monotonic() + limits.seconds

    def run(self) -> Source | Unmodified:
        address = self._url
        for _ in range(self._limits.redirects + 1):
            parts = self._check_url(address)
            connection = self._connect(parts)
            watch = threading.Timer(max(self._left(), 0.01), _cut, [connection.sock])
            watch.daemon = True
            watch.start()
            try:
                outcome = self._exchange(connection, parts)
            except (
                TimeoutError,
                ConnectionError,
                http.client.HTTPException,
                ssl.SSLError,
                OSError,
                ValueError,
            ) as error:
                raise self._translated(error) from None
            finally:
                watch.cancel()
                connection.close()
            if not isinstance(outcome, str):
                return outcome
            address = outcome
        raise self._failed(f"leads on from address to address more than {self._limits.redirects} times")

    # --- the address -------------------------------------------------------------------------------------------------

    def _check_url(self, address: str) -> SplitResult:
        """The parts of an address, normalised; raises FetchError for what is never asked."""
        where = "" if address == self._url else " (it leads there)"
        try:
            parts = urlsplit(address.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise self._failed(f"is not a valid address{where}") from None
        if parts.scheme not in _PORTS:
            raise self._failed(f"only http and https addresses can be fetched{where}")
        if parts.username is not None or parts.password is not None:
            raise self._failed(f"carries a user name or password; remove it from the address{where}")
        if not host:
            raise self._failed(f"is not a valid address: the host is missing{where}")
        host = self._host_name(host, where)
        shown = f"[{host}]" if ":" in host else host
        if port is not None and port != _PORTS[parts.scheme]:
            shown = f"{shown}:{port}"
        path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/"
        query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|")
        return SplitResult(parts.scheme, shown, path, query, "")

    def _host_name(self, host: str, where: str) -> str:
        host = host.rstrip(".").lower()
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            pass
        # 2130706433, 0x7f.1 and 0177.1 are ways to write 127.0.0.1 that nobody needs.
        if _NUMBER_LABEL.fullmatch(host.rpartition(".")[2]):
            raise self._failed(f"names its host by an odd number; write it as a name{where}")
        try:
            return host.encode("idna").decode("ascii")
        except UnicodeError:
            raise self._failed(f"is not a valid address: the host name cannot be read{where}") from None

    def _addresses(self, host: str, port: int) -> list[Address]:
        """The addresses of a host, all checked; raises FetchError."""
        outcome: list[Sequence[str] | OSError] = []
        try:
            outcome.append([str(ipaddress.ip_address(host))])
        except ValueError:
            pass

        def ask() -> None:
            try:
                outcome.append(self._resolve(host, port))
            except OSError as error:
                outcome.append(error)
            except UnicodeError:
                outcome.append(OSError("invalid name"))

        # The system's resolver has no deadline of its own.
        if not outcome:
            thread = threading.Thread(target=ask, name="resolving", daemon=True)
            thread.start()
            thread.join(min(self._limits.connect_seconds, max(self._left(), 0.01)))
        if not outcome or isinstance(outcome[0], OSError) or not outcome[0]:
            raise self._failed("its host cannot be found; check the address and the network connection")
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in outcome[0]]
        if not all(self._is_allowed(address) for address in addresses):
            raise self._failed("leads into a private network or to this computer; such addresses are not fetched")
        return addresses

    # --- the exchange ------------------------------------------------------------------------------------------------

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        """A connection to an address that was checked, with the host's name in its requests and certificate check."""
        host = parts.hostname or ""
        port = parts.port or _PORTS[parts.scheme]
        error: Exception | None = None
        for address in self._addresses(host, port):
            timeout = min(self._limits.connect_seconds, self._left())
            if timeout <= 0:
                raise self._failed(self._too_slow())
            try:
                sock = socket.create_connection((str(address), port), timeout=timeout)
            except OSError as failure:
                error = failure
                continue
            try:
                if parts.scheme == "https":
                    sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
            except (OSError, ValueError) as failure:
                sock.close()
                error = failure
                continue
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
            # Set here, so that http.client never resolves the name again.
            connection.sock = sock
            return connection
        raise self._translated(error if error is not None else OSError("no address"))

    def _exchange(self, connection: http.client.HTTPConnection, parts: SplitResult) -> Source | Unmodified | str:
        """The source, or the address that the server or the page sends us on to."""
        target = urlunsplit(("", "", parts.path, parts.query, ""))
        here = urlunsplit(parts)
        before = self._remembered(here)
        headers = {"Host": parts.netloc, **_HEADERS}
        if before is not None and before.etag:
            headers["If-None-Match"] = before.etag
        if before is not None and before.last_modified:
            headers["If-Modified-Since"] = before.last_modified
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        if response.status == HTTPStatus.NOT_MODIFIED and before is not None:
            return Unmodified(before)
        if response.status in _REDIRECTS and (location := response.getheader("Location")):
            return urljoin(here, location)
        if response.status != HTTPStatus.OK:
            raise self._failed(f"answered {_status_words(response)}; {_advice(response.status)}")
        declared = response.getheader("Content-Type", "")
        self._check_type(declared, here, None)
        length = response.getheader("Content-Length", "")
        if length.isdecimal() and int(length) > self._limits.max_bytes:
            raise self._too_large()
        data = self._body(response)
        if not data:
            raise self._failed("answered with an empty page")
        media_type = self._check_type(declared, here, data)
        name, leads_to = self._addresses_of(parts, response, data if "html" in media_type else b"")
        if leads_to:
            return leads_to
        etag, last_modified = (_header(response, each) for each in ("ETag", "Last-Modified"))
        fetched = Fetched(here, etag, last_modified) if etag or last_modified else None
        return Source(name, data=data, media_type=media_type, fetched=fetched)

    def _addresses_of(
        self, here: SplitResult, response: http.client.HTTPResponse, page: bytes
    ) -> tuple[str, str | None]:
        """The address that names what was found here, and the one to go on to, if there is one."""
        address = urlunsplit(here)
        head = read_head(page, address)
        if head.leads_to and head.leads_to.partition("#")[0] != address:
            return address, head.leads_to
        canonical = head.canonical or canonical_in_header(response.getheader("Link", ""), address)
        if canonical:
            try:
                stated = self._check_url(canonical)
            except FetchError:
                stated = None
            if stated is not None and may_stand_for(stated, here):
                # Sites forget their old scheme in their pages.
                return urlunsplit(stated._replace(scheme=max(stated.scheme, here.scheme))), None
        return urlunsplit(here._replace(query=without_tracking(here.query))), None

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        encoding = response.getheader("Content-Encoding", "identity").strip().lower()
        if encoding in ("identity", ""):
            unpack = None
        elif encoding in ("gzip", "x-gzip", "deflate"):
            unpack = zlib.decompressobj(47)  # gzip or zlib, told by its first bytes
        else:
            raise self._failed(f"answered in a compression that cannot be read ({encoding[:20]})")
        parts: list[bytes] = []
        size = received = 0
        while chunk := response.read1(_CHUNK):
            received += len(chunk)
            if unpack is not None:
                try:
                    chunk = unpack.decompress(chunk, self._limits.max_bytes + 1 - size)
                except zlib.error:
                    raise self._failed("answered with damaged data; try again") from None
                if unpack.unconsumed_tail:
                    raise self._too_large()
            size += len(chunk)
            if max(size, received) > self._limits.max_bytes:
                raise self._too_large()
            if self._left() <= 0:
                raise self._failed(self._too_slow())
            parts.append(chunk)
        if self._left() <= 0:
            # The watch has cut the connection, which looks like a proper end of a body without a length.
            raise self._failed(self._too_slow())
        if response.length:
            raise self._failed("broke off before the end; try again")
        return b"".join(parts)

    def _check_type(self, declared: str, url: str, data: bytes | None) -> str:
        """The content type, guessed from bytes and suffix where the server is vague; raises UnsupportedSource."""
        kind, _, parameters = declared.partition(";")
        kind = kind.strip().lower()
        kind = _OTHER_NAMES.get(kind, kind)
        if kind in _TAKEN or kind in _LISTS:
            return f"{kind};{parameters}" if parameters else kind
        suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
        if kind in _VAGUE:
            if data is None:
                return ""
            if b"%PDF-" in data[:1024]:
                return "application/pdf"
            if suffix in _BY_SUFFIX:
                return _BY_SUFFIX[suffix]
            if suffix in (".xml", ".gz", ".rss", ".atom"):
                return "application/xml"
        raise UnsupportedSource(
            self._url,
            f"is of a kind that cannot be read ({kind[:60] or 'unnamed'}); web pages, text, PDF and Office files can",
        )

    # --- what goes wrong ---------------------------------------------------------------------------------------------

    def _left(self) -> float:
        return self._end - time.monotonic()

    def _failed(self, reason: str) -> FetchError:
        return FetchError(self._url, reason)

    def _too_slow(self) -> str:
        return f"took longer than {self._limits.seconds:g} seconds; try again later, or save the page and add the file"

    def _too_large(self) -> SourceTooLarge:
        megabytes = self._limits.max_bytes / (1024 * 1024)
        return SourceTooLarge(
            self._url, f"is larger than the {megabytes:g} MB that are fetched; save it and add the file"
        )

    def _translated(self, error: Exception) -> FetchError:
        if self._left() <= 0.05 or isinstance(error, TimeoutError):
            slow = self._too_slow() if self._left() <= 0.05 else "does not answer; try again later"
            return self._failed(slow)
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._failed(f"its certificate cannot be trusted ({error.verify_message})")
        if isinstance(error, ssl.SSLError):
            return self._failed("no secure connection could be made; try again later")
        if isinstance(error, ConnectionRefusedError):
            return self._failed("refused the connection; check the address")
        if isinstance(error, http.client.IncompleteRead | ConnectionError):
            return self._failed("broke off before the end; try again")
        if isinstance(error, http.client.HTTPException | ValueError):
            return self._failed("does not answer as a web server should")
        return self._failed("cannot be reached; check the network connection")


def _status_words(response: http.client.HTTPResponse) -> str:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "".join(char for char in response.reason if char.isprintable())[:40]
    return f"{response.status} {phrase}".strip()


def _advice(status: int) -> str:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return "check the address"
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT) or status >= 500:
        return "try again later"
    return "open it in a browser, save the page and add the file"


def _header(response: http.client.HTTPResponse, name: str) -> str:
    """A header's value to send back as it came; nothing of one that is too long or not plain."""
    value = response.getheader(name, "")
    return value if len(value) <= 500 and value.isascii() and value.isprintable() else ""


def _cut(sock: socket.socket) -> None:
    """End a connection from another thread, whatever it waits for."""
    try:
        # Not SSLSocket's own method, which would take its state away under the reading thread.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        pass
