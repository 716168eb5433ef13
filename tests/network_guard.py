"""Keeps tests off the network: loopback and Unix sockets work, everything else fails as if the cable were out.

Each attempt is also handed to a callback, since code that expects a network to fail swallows the error. Imports only
what it patches, so that a process started by a test can install it before anything else.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

ANYWHERE = ("", "0.0.0.0", "::", "localhost", None)  # names of this machine; a server listens on them


class NetworkBlocked(OSError):
    """A test tried to leave this machine."""


def is_local(host: object) -> bool:
    """Whether `host` is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in ANYWHERE:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def install(on_attempt: Callable[[str], None]) -> Callable[[], None]:
    """Block this process's way out and call `on_attempt` with what it tries; returns a function that undoes it."""
    originals: list[tuple[Any, str, Any]] = []

    def patch(owner: Any, name: str, host_of: Callable[..., object]) -> None:
        original = getattr(owner, name)
        originals.append((owner, name, original))

        def guarded(*args: Any, **kwargs: Any) -> Any:
            host = host_of(*args, **kwargs)
            if is_local(host):
                return original(*args, **kwargs)
            on_attempt(f"{name} {host}")
            raise NetworkBlocked(f"tests have no network; {name} was called for {host}")

        setattr(owner, name, guarded)

    def host_of_address(sock: socket.socket, *args: Any) -> object:
        address = args[-1]  # sendto takes flags before the address
        return address[0] if isinstance(address, tuple) else None  # a Unix socket has a path, not a host

    for name in ("connect", "connect_ex", "sendto"):
        patch(socket.socket, name, host_of_address)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        patch(socket, name, lambda *args, **kwargs: args[0] if args else kwargs.get("host"))

    def uninstall() -> None:
        for owner, name, original in originals:
            setattr(owner, name, original)

    return uninstall
