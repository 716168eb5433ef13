"""The FAISS view: which passages are nearest to a vector. The one file that touches FAISS.

A flat inner-product index, exact, under the store's own keys. On disk lies a snapshot of some revision; the rest is
read from the store. Losing the files costs only the time to read the vectors again.
"""

import logging
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.files import checksum, locked, read_json, write_json
from index.store import Store

log = logging.getLogger(__name__)

# A snapshot is written when this many passages, or this share, came or went since the last one.
_SNAPSHOT_PASSAGES = 2000
_SNAPSHOT_SHARE = 0.2
_LOCK_SECONDS = 5.0


class VectorView:
    """Nearest passages by cosine similarity. `folder` holds the snapshot; None keeps the view in memory alone.

    Safe to use from several threads. `identity` names the embedder: a snapshot made with another is ignored.
    """

    def __init__(self, folder: Path | None, dimension: int, identity: str) -> None:
        self._folder = folder
        self._dimension = dimension
        self._identity = identity
        self._lock = threading.RLock()
        self._index: Any = None
        self._revision = 0
        self._changed = 0

    @property
    def revision(self) -> int:
        """The store revision that this view shows."""
        return self._revision

    def __len__(self) -> int:
        with self._lock:
            return 0 if self._index is None else int(self._index.ntotal)

    def catch_up(self, store: Store) -> None:
        """Show the store's current revision; write a snapshot when much has changed since the last one."""
        with self._lock:
            if self._index is None:
                self._open(store)
            change = store.change_since(self._revision)
            if change.revision == self._revision:
                return
            if change.revision < self._revision:  # the store was replaced by an older one
                self._reset()
                change = store.change_since(0)
            try:
                if change.gone and self._index.ntotal:
                    self._index.remove_ids(np.array(change.gone, dtype=np.int64))
                for keys, vectors in store.vectors(change.keys, self._identity, self._dimension):
                    self._index.add_with_ids(np.ascontiguousarray(vectors), keys)
            except BaseException:
                self._index = None  # half of a change: FAISS would take the same key a second time
                raise
            self._revision = change.revision
            self._changed += len(change.gone) + len(change.keys)
            if self._changed >= max(_SNAPSHOT_PASSAGES, _SNAPSHOT_SHARE * self._index.ntotal):
                self._write(store)

    def search(
        self, vector: npt.NDArray[np.float32], k: int, allowed: npt.NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Up to `k` (key, cosine similarity) pairs, best first; only among `allowed` keys unless None."""
        import faiss

        faiss.omp_set_num_threads(1)  # one question is one thread's work; more only wait for each other
        with self._lock:
            if self._index is None or not self._index.ntotal or (allowed is not None and not len(allowed)):
                return []
            selector = None if allowed is None else faiss.IDSelectorBatch(allowed)
            parameters = None if selector is None else faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            scores, keys = self._index.search(
                np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1),
                min(k, self._index.ntotal),
                params=parameters,
            )
        # FAISS pads with -1 where it found fewer than k.
        return [(int(key), float(score)) for key, score in zip(keys[0], scores[0], strict=True) if key >= 0]

    def _reset(self) -> None:
        import faiss

        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(self._dimension))
        self._revision = self._changed = 0

    def _open(self, store: Store) -> None:
        import faiss

        self._reset()
        if self._folder is None:
            return
        about = read_json(self._folder / "vectors.json")
        if about.get("identity") != self._identity or about.get("store") != store.identity():
            return
        try:
            path = self._folder / str(about["file"])
            if checksum(path) != about["checksum"]:
                raise ValueError("its checksum differs")
            index = faiss.read_index(str(path))
            revision = int(about["revision"])
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            log.warning("%s: the vector snapshot is unreadable and is made anew (%s)", self._folder, error)
            return
        if index.d == self._dimension and index.ntotal == about.get("passages"):
            self._index = index
            self._revision = revision

    def _write(self, store: Store) -> None:
        import faiss

        self._changed = 0
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder / "lock", _LOCK_SECONDS) as had:
                about = read_json(self._folder / "vectors.json")
                mine = about.get("identity") == self._identity and about.get("store") == store.identity()
                if not had or (mine and int(about.get("revision", -1)) >= self._revision):
                    return
                name = f"vectors-{self._revision}.faiss"
                temporary = self._folder / f"{name}.{os.getpid()}.tmp"
                faiss.write_index(self._index, str(temporary))
                with open(temporary, "rb+") as file:
                    os.fsync(file.fileno())
                digest = checksum(temporary)
                os.replace(temporary, self._folder / name)
                write_json(
                    self._folder / "vectors.json",
                    {
                        "file": name,
                        "revision": self._revision,
                        "identity": self._identity,
                        "store": store.identity(),
                        "passages": self._index.ntotal,
                        "checksum": digest,
                    },
                )
                for old in self._folder.glob("vectors-*"):
                    if old.name != name:
                        old.unlink(missing_ok=True)
        except (OSError, RuntimeError) as error:  # FAISS raises RuntimeError when a write fails
            log.warning("%s: the vector snapshot could not be written and is left out (%s)", self._folder, error)
