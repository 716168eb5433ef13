"""Pages of PDFs as pictures, drawn in a process of their own and kept in memory up to a limit.

Knows neither library nor HTTP. A file that hangs or crashes the drawing costs that picture alone.
"""

import threading
from collections import OrderedDict

from errors import SourceUnreadable
from ingest.formats.pdf_pages import DrawnPage
from ingest.sources import Source
from ingest.workers import WorkerPool

KEPT_BYTES = 64 * 1024**2
SECONDS = 15.0
MEMORY_BYTES = 2 * 1024**3
_EXTENTS = 20_000
_DRAW = "ingest.formats.pdf_pages:draw_in_worker"


class PagePictures:
    """Draws pages one at a time; those last used are kept until they take `kept_bytes`. Safe from several threads.

    `seconds` is the longest that one page may take, beyond what a file of its size may.
    """

    def __init__(self, *, kept_bytes: int = KEPT_BYTES, seconds: float = SECONDS, draw: str = _DRAW) -> None:
        self._pool = WorkerPool(1, seconds, MEMORY_BYTES, reader=draw)
        self._kept_bytes = kept_bytes
        self._pictures: OrderedDict[tuple[str, int, float], bytes] = OrderedDict()
        self._size = 0
        self._extents: OrderedDict[tuple[str, int], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._drawing = threading.Lock()

    def close(self) -> None:
        """End the process that draws."""
        self._pool.close()

    def extent(self, source: Source, sha256: str, page: int) -> tuple[float, float]:
        """Width and height of page `page` (from 1) in points, as it is shown; raises SourceError.

        `sha256` is that of the source's bytes.
        """
        with self._drawing:
            known = self._extents.get((sha256, page))
            return self._draw(source, sha256, page, None)[:2] if known is None else known

    def picture(self, source: Source, sha256: str, page: int, scale: float) -> bytes:
        """Page `page` (from 1) as PNG, `scale` pixels a point; raises SourceError."""
        key = sha256, page, scale
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        with self._drawing:
            with self._lock:
                if key in self._pictures:  # another thread has drawn it while this one waited
                    return self._pictures[key]
            picture = self._draw(source, sha256, page, scale)[2]
            with self._lock:
                self._pictures[key] = picture
                self._size += len(picture)
                while self._size > self._kept_bytes and len(self._pictures) > 1:
                    _, oldest = self._pictures.popitem(last=False)
                    self._size -= len(oldest)
            return picture

    def _draw(self, source: Source, sha256: str, page: int, scale: float | None) -> tuple[float, float, bytes]:
        drawn = self._pool.call(source, page, scale)
        if not isinstance(drawn, DrawnPage):
            raise SourceUnreadable(source.name, f"page {page} cannot be drawn; please report this file")
        self._extents[sha256, page] = drawn.width, drawn.height
        if len(self._extents) > _EXTENTS:
            self._extents.popitem(last=False)
        return drawn.width, drawn.height, drawn.picture
