"""An embedder without weights: a hashed bag of words, exact and the same on every machine."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from index.embedder import Vectors

_WORD = re.compile(r"\w+")


class BagEmbedder:
    """Each word adds 1 at one of 64 places, chosen by its hash; rows have length 1. A piece is a word.

    `embedded` lists the passages asked for so far.
    """

    dimension = 64

    def __init__(self, identity: str = "bag of words") -> None:
        self.identity = identity
        self.embedded: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return self._embed(texts)

    def pieces(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [[match.span() for match in _WORD.finditer(text)] for text in texts]

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()) or [""]:
                vectors[row, hashlib.sha256(word.encode("utf-8", "replace")).digest()[0] % self.dimension] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
