"""Reading models: for a question and passages, where the answer begins and ends, whether there is one, and how relevant
the passage is.

Three kinds by folder: ours (`reader.json`: all three in one pass, over the embedder's frozen word embeddings), and any
question-answering model or cross-encoder of transformers. Knows texts and word pieces; no index, no quotes.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from errors import ModelError
from index.bert import Encoder
from index.embedder import MINILM, find_model, weights_sha256
from index.files import read_json

LONGEST_SPAN = 40  # word pieces; nine in ten answers of the training questions have at most 14

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PassageRead:
    """What a model says of one passage. Logits compare between the passages of one question, and beyond.

    `relevance` is None where the model judges none. `start` and `end`, shape (pieces,), are those of the passage's word
    pieces, whose characters are `offsets`; empty where the model finds no spans. `null` is the score of "no answer
    here", to be compared with the sum of a start and an end.
    """

    relevance: float | None
    null: float
    start: Logits
    end: Logits
    offsets: Sequence[tuple[int, int]]

    def best_span(self, first: int, last: int) -> tuple[float, int, int] | None:
        """The best of `best_spans`, None where there is none."""
        found = self.best_spans(first, last, 1)
        return found[0] if found else None

    def best_spans(self, first: int, last: int, most: int) -> list[tuple[float, int, int]]:
        """The best spans inside [first, last), best first: score, start and end in characters of the passage.

        The score is that of the span less that of the null: above 0 the model thinks that it is there. Empty where no
        piece lies inside.
        """
        inside = [i for i, (begin, end) in enumerate(self.offsets) if begin >= first and end <= last and end > begin]
        if not inside or not len(self.start):
            return []
        low, high = inside[0], inside[-1] + 1
        scores = self.start[low:high, None] + self.end[None, low:high]
        rows, columns = np.arange(len(scores))[:, None], np.arange(scores.shape[1])[None, :]
        flat = np.where((columns >= rows) & (columns < rows + LONGEST_SPAN), scores, -np.inf).ravel()
        best = [int(flat.argmax())] if most == 1 else [int(i) for i in np.argsort(-flat, kind="stable")[:most]]
        result = []
        for place in best:
            if flat[place] > -np.inf:
                row, column = divmod(place, scores.shape[1])
                span = self.offsets[low + row][0], self.offsets[low + column][1]
                result.append((float(flat[place]) - self.null, *span))
        return result


class SpanModel(Protocol):
    """Reads passages, each a heading (read with it, never part of a span) and a text."""

    @property
    def identity(self) -> str:
        """What tells these weights from others."""
        ...

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PassageRead]:
        """What the model says of each passage, in their order."""
        ...


def load_span_model(
    name: str | Path, *, number_type: Callable[[], str] = lambda: "float32", threads: Callable[[], int] = lambda: 1
) -> SpanModel:
    """The model in the folder `name`. Raises ModelError.

    `number_type` gives "float32" or "bfloat16", and `threads` how many threads compute at once, when the model is
    loaded: with the first question. (torch's own number is no help: it is set to 1 wherever a thread computes alone.)
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ModelError(f"{name}: no such model folder; give the folder of a reader, or set FOOTNOTE_READER=none")
    if (folder / "reader.json").is_file():
        return TrainedModel(folder, number_type, threads)
    kinds = read_json(folder / "config.json").get("architectures") or [""]
    if str(kinds[0]).endswith(("ForQuestionAnswering", "ForSequenceClassification")):
        return TransformersModel(folder, number_type, threads)
    raise ModelError(
        f"{folder}: no question-answering model and no cross-encoder; its config.json says {kinds[0] or 'nothing'}"
    )


class TrainedModel:
    """Our reader: MiniLM with a span head and a relevance head. Safe to call from several threads."""

    def __init__(self, folder: Path, number_type: Callable[[], str], threads: Callable[[], int] = lambda: 1) -> None:
        self._folder = folder
        self._number_type = number_type
        self._threads = threads
        self._lock = threading.Lock()
        self._parts: _Parts | None = None
        self._identity: str | None = None

    @property
    def identity(self) -> str:
        """The name of the folder and the SHA-256 of its weights."""
        if self._identity is None:
            self._identity = f"{self._folder.name}@{weights_sha256(self._folder)}"
        return self._identity

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PassageRead]:
        """What the model says of each passage, in their order."""
        if not passages:
            return []
        parts = self._loaded()
        texts = parts.tokenizer.encode_batch(
            [question, *(each for pair in passages for each in pair)], add_special_tokens=False
        )
        asked = texts[0].ids[-parts.question_pieces :]  # a long question asks at its end
        laid_out = []
        for heading, text in zip(texts[1::2], texts[2::2], strict=True):
            before = [parts.first, *asked, parts.between, *heading.ids[: parts.heading_pieces]]
            room = parts.encoder.longest - len(before) - 1
            laid_out.append(_LaidOut([*before, *text.ids[:room], parts.between], len(before), text.offsets[:room]))
        result: list[PassageRead | None] = [None] * len(laid_out)
        groups = _groups([len(each.pieces) for each in laid_out], parts.threads)

        def read_group(group: list[int]) -> None:
            for i, read in zip(group, self._read(parts, [laid_out[i] for i in group], len(asked) + 2), strict=True):
                result[i] = read

        if len(groups) == 1:
            read_group(groups[0])
        else:
            # One thread to a batch: threads that share one wait for each other at every step.
            with ThreadPoolExecutor(len(groups), thread_name_prefix="reading") as pool:
                list(pool.map(lambda group: _alone(read_group, group), groups))
        return [each for each in result if each is not None]

    def _read(self, parts: "_Parts", group: "Sequence[_LaidOut]", second_from: int) -> list[PassageRead]:
        import torch

        lengths = np.array([len(each.pieces) for each in group], dtype=np.int64)
        longest = -(-int(lengths.max()) // 8) * 8
        pieces = np.full((len(group), longest), parts.encoder.padding, dtype=np.int64)
        for row, each in enumerate(group):
            pieces[row, : len(each.pieces)] = each.pieces
        second = np.broadcast_to(np.arange(longest) >= second_from, pieces.shape).copy()
        with torch.inference_mode():
            hidden = parts.encoder(pieces, lengths, second)
            spans = torch.nn.functional.linear(hidden, *parts.span).float().numpy()
            relevance = torch.nn.functional.linear(hidden[:, 0], *parts.relevance).float().numpy()[:, 0]
        result = []
        for row, each in enumerate(group):
            own = spans[row, each.begin : each.begin + len(each.offsets)]
            null = float(spans[row, 0].sum())
            result.append(PassageRead(float(relevance[row]), null, own[:, 0], own[:, 1], each.offsets))
        return result

    def _loaded(self) -> "_Parts":
        if self._parts is None:
            with self._lock:
                if self._parts is None:
                    self._parts = self._load()
        return self._parts

    def _load(self) -> "_Parts":
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        about = read_json(self._folder / "reader.json")
        base = find_model(str(about.get("base") or MINILM))
        if weights_sha256(base) != about.get("base_sha256"):
            raise ModelError(
                f"{base / 'model.safetensors'}: not the weights that the reader in {self._folder} was trained on; "
                "reinstall with `make setup`"
            )
        try:
            weights = load_file(self._folder / "model.safetensors")
            words = "embeddings.word_embeddings.weight"
            weights[words] = load_file(base / "model.safetensors")[words]
            encoder = Encoder(weights, read_json(base / "config.json"), self._number_type())
            tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            heads = [(weights[f"{n}.weight"].to(encoder.type), weights[f"{n}.bias"].to(encoder.type)) for n in _HEADS]
        except Exception as error:  # any of dozens that the loaders raise: all mean the same to the user
            raise ModelError(f"{self._folder}: cannot be loaded as a reader ({error})") from error
        special = [int(tokenizer.token_to_id(token) or 0) for token in ("[CLS]", "[SEP]")]
        sizes = int(about["question_pieces"]), int(about["heading_pieces"])
        return _Parts(encoder, tokenizer, heads[0], heads[1], special[0], special[1], *sizes, self._threads())


_HEADS = ("span", "relevance")


@dataclass(frozen=True, slots=True)
class _Parts:
    encoder: Encoder
    tokenizer: Any
    span: tuple[Any, Any]
    relevance: tuple[Any, Any]
    first: int
    between: int
    question_pieces: int
    heading_pieces: int
    threads: int


@dataclass(frozen=True, slots=True)
class _LaidOut:
    """A question with a passage: the passage's pieces begin at `begin`."""

    pieces: list[int]
    begin: int
    offsets: list[tuple[int, int]]


class TransformersModel:
    """A question-answering model or cross-encoder, as transformers computes it. One question at a time."""

    def __init__(self, folder: Path, number_type: Callable[[], str], threads: Callable[[], int] = lambda: 1) -> None:
        self._folder = folder
        self._number_type = number_type
        self._threads = threads
        self._lock = threading.Lock()
        self._model: Any = None
        self._tokenizer: Any = None
        self._longest = 512  # pieces of question and passage together
        self._spans = False
        self._identity: str | None = None

    @property
    def identity(self) -> str:
        """The name of the folder and the SHA-256 of its weights."""
        if self._identity is None:
            self._identity = f"{self._folder.name}@{weights_sha256(self._folder)}"
        return self._identity

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PassageRead]:
        """What the model says of each passage, in their order."""
        import torch

        with self._lock:
            if self._model is None:
                self._load()
            texts = [f"{heading}\n{text}" if heading else text for heading, text in passages]
            torch.set_num_threads(self._threads())
            question = self._fitting(question)
            encoded = self._tokenizer(
                [question] * len(texts), texts, truncation="only_second", padding=True, return_tensors="pt",
                return_offsets_mapping=True, max_length=self._longest,
            )  # fmt: skip
            offsets = encoded.pop("offset_mapping").tolist()
            with torch.inference_mode():
                output = self._model(**encoded)
        if not self._spans:
            logits = output.logits.float().numpy()
            scores = logits[:, 0] if logits.shape[1] == 1 else logits[:, -1] - logits[:, 0]
            none = np.zeros(0, dtype=np.float32)
            return [PassageRead(float(score), 0.0, none, none, ()) for score in scores]
        start, end = output.start_logits.float().numpy(), output.end_logits.float().numpy()
        result = []
        for row, (heading, _) in enumerate(passages):
            ahead = len(heading) + 1 if heading else 0
            inside = [
                i for i, which in enumerate(encoded.sequence_ids(row)) if which == 1 and offsets[row][i][0] >= ahead
            ]
            places = [(offsets[row][i][0] - ahead, offsets[row][i][1] - ahead) for i in inside]
            null = float(start[row, 0] + end[row, 0])
            result.append(PassageRead(None, null, start[row, inside], end[row, inside], places))
        return result

    def _fitting(self, question: str) -> str:
        """The end of a question that leaves no room for a passage: a long question asks at its end."""
        most = self._longest // 2
        places = self._tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        return question if len(places) <= most else question[places[-most][0] :]

    def _load(self) -> None:
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        architecture = str((read_json(self._folder / "config.json").get("architectures") or [""])[0])
        self._spans = architecture.endswith("ForQuestionAnswering")
        kind = (
            transformers.AutoModelForQuestionAnswering
            if self._spans
            else transformers.AutoModelForSequenceClassification
        )
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(str(self._folder), local_files_only=True)
            model = kind.from_pretrained(str(self._folder), local_files_only=True)
        except Exception as error:  # any of dozens that the loaders raise: all mean the same to the user
            raise ModelError(f"{self._folder}: cannot be loaded as a reader ({error})") from error
        self._longest = min(self._longest, self._tokenizer.model_max_length)
        self._model = model.to(torch.bfloat16 if self._number_type() == "bfloat16" else torch.float32).eval()


def _groups(lengths: Sequence[int], threads: int) -> list[list[int]]:
    """Which passages are read together: as many batches as threads, of about as many pieces, of like lengths."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    if not order:
        return []
    most = max(1, sum(lengths) / max(1, threads))
    groups: list[list[int]] = [[]]
    filled = 0
    for i in order:
        if filled >= most and len(groups) < threads:
            groups.append([])
            filled = 0
        groups[-1].append(i)
        filled += lengths[i]
    return groups


def _alone(work: Any, group: list[int]) -> None:
    import torch

    torch.set_num_threads(1)  # of this thread
    work(group)
