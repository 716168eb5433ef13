"""What the page's endpoints share: bodies in, answers and one-line errors out. Knows HTTP and no library."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from errors import ArticleNotFound, FootnoteError, SourceTooLarge

JSON_LIMIT = 16 * 1024 * 1024  # bytes of a posted form: a pasted text, or a question set

Endpoint = Callable[[Request], Awaitable[Response]]


def one_line_errors(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with errors that a user can act on as one line of JSON."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ArticleNotFound:
            return error_reply("This article is no longer in your library.", 404)
        except SourceTooLarge as error:
            return error_reply(str(error), 413)
        except FootnoteError as error:
            return error_reply(str(error), 422)

    return guarded


def error_reply(message: str, status: int) -> Response:
    """One line for people."""
    return JSONResponse({"error": message}, status_code=status)


async def json_body(request: Request) -> dict[str, Any]:
    """The body as a JSON object; empty where it is none. Raises SourceTooLarge."""
    data = await body_of(request, JSON_LIMIT, "the form")
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


async def body_of(request: Request, limit: int, name: str) -> bytes:
    """The body, of at most `limit` bytes; `name` is what to call it. Raises SourceTooLarge."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise SourceTooLarge(name, f"larger than {limit // 1024**2} MB; split it, or add it on the command line")
    return bytes(body)


def field_of(data: dict[str, Any], name: str) -> str:
    """A text of a posted form; empty where there is none."""
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def whole_number(text: str | None) -> int | None:
    """A parameter as a number; None where it is none."""
    return int(text) if text is not None and re.fullmatch(r"\d{1,12}", text) else None
