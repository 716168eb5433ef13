"""Starts the web chat: FastAPI with the endpoints, the Gradio page behind them, and the guard around both.

Knows how to serve; nothing of what is shown. Gradio is imported only when the application is built, since it takes
seconds.
"""

import errno
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from chat.interface.backend import Backend
from chat.interface.guard import Guard, is_loopback
from chat.interface.routes import Routes
from errors import SettingError


def serve(backend: Backend, host: str, port: int, *, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve the page until interrupted. `on_ready` gets the address once it answers; port 0 takes any free one.

    Raises SettingError for a host other than this machine's own, and for a port that is taken or not allowed.
    """
    listening = listen(host, port)
    try:
        server = _Server(build_app(backend), _address(host, listening.getsockname()[1]), on_ready)
        server.run(sockets=[listening])
    finally:
        listening.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`. Raises SettingError as `serve` does."""
    if not is_loopback(host):
        raise SettingError(
            f"host {host}: only this machine may open the page until there is a sign-in; use --host 127.0.0.1"
        )
    if not 0 <= port <= 65535:
        raise SettingError(f"port {port}: a port is a number from 1 to 65535")
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":  # on Windows the option lets two servers share a port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host.strip("[]"), port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingError(
                f"port {port}: already in use, perhaps by another Footnote; choose another with --port"
            ) from error
        raise SettingError(f"{host}:{port}: cannot be opened ({error.strerror}); choose another port") from error
    return bound


def build_app(backend: Backend) -> FastAPI:
    """The application: endpoints, page and guard."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported
    import gradio as gr

    from chat.interface.page import HEAD, build_page
    from chat.interface.theme import build_theme

    routes = Routes(backend)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        routes.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.router.routes.extend(routes.table())
    gr.mount_gradio_app(
        app,
        build_page(backend),
        path="/",
        theme=build_theme(),
        head=HEAD,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        enable_monitoring=False,
        max_file_size="1mb",  # nothing is uploaded through gradio; see routes.add_file
    )
    app.add_middleware(Guard)
    return app


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI, address: str, on_ready: Callable[[str], None] | None) -> None:
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,  # second; an open page holds a connection for as long as it is open
        )
        super().__init__(config)
        self._address = address
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready(self._address)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # cutting off open pages is no error
        await super().shutdown(sockets)


def _address(host: str, port: int) -> str:
    return f"http://[{host.strip('[]')}]:{port}" if ":" in host else f"http://{host}:{port}"
