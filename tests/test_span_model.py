"""Reading models: ours against the network that was trained, those of transformers, spans, folders that are none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from chat.model_reader import ModelReader
from chat.readers import make_reader
from chat.span_model import LONGEST_SPAN, PassageRead, TrainedModel, load_span_model
from errors import ModelError
from index.embedder import MINILM, SentenceEmbedder, find_model
from index.library import Library

QUESTION = "How large was the market in 2024?"
PASSAGES = [
    ("Briefing › Market", "The market was worth US$16.02 billion in 2024. It doubled in a year."),
    ("", "Hospitals bought 92 devices."),
    ("A heading that stands alone", "Word. " * 150),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader as training writes it, with heads that are not trained."""
    import torch
    from safetensors.torch import load_file, save_file

    from training.save_reader import ABOUT, named_as_bert
    from training.train_reader import ReaderModel

    torch.manual_seed(1)
    model = ReaderModel(load_file(find_model(MINILM) / "model.safetensors"))
    torch.nn.init.normal_(model.span.weight, std=0.3)
    torch.nn.init.normal_(model.relevance.weight, std=0.3)
    path = tmp_path_factory.mktemp("reader")
    save_file(named_as_bert(model.state_dict()), path / "model.safetensors")
    (path / "reader.json").write_text(json.dumps(ABOUT), encoding="utf-8")
    return path


@pytest.mark.model
def test_our_model_computes_what_was_trained(folder):
    import torch
    from safetensors.torch import load_file

    from training.train_reader import CLS, SEP, ReaderModel

    base = load_file(find_model(MINILM) / "model.safetensors")
    network = ReaderModel(base)
    saved = load_file(folder / "model.safetensors")
    from training.save_reader import named_as_bert

    assert set(named_as_bert(network.state_dict())) == set(saved)
    assert not [name for name in saved if "word_embeddings" in name]  # they come with the embedder
    assert all(value.dtype == torch.float16 for value in saved.values())
    model = TrainedModel(folder, lambda: "float32", threads=lambda: 1)
    reads = model.read(QUESTION, PASSAGES)
    parts = model._loaded()
    asked, heading, text = (parts.tokenizer.encode(each, add_special_tokens=False) for each in (QUESTION, *PASSAGES[0]))
    torch.manual_seed(1)
    trained = ReaderModel(base)
    torch.nn.init.normal_(trained.span.weight, std=0.3)
    torch.nn.init.normal_(trained.relevance.weight, std=0.3)
    trained.half().float()
    pieces = [CLS, *asked.ids, SEP, *heading.ids, *text.ids, SEP]
    types = [int(i >= len(asked.ids) + 2) for i in range(len(pieces))]
    with torch.no_grad():
        start, end, relevance = trained(torch.tensor([pieces]), torch.tensor([types]))
    begin = len(asked.ids) + 2 + len(heading.ids)
    np.testing.assert_allclose(reads[0].start, start[0, begin:-1].numpy(), atol=0.02)
    np.testing.assert_allclose(reads[0].end, end[0, begin:-1].numpy(), atol=0.02)
    assert reads[0].null == pytest.approx(float(start[0, 0] + end[0, 0]), abs=0.04)
    assert reads[0].relevance == pytest.approx(float(relevance[0]), abs=0.02)


@pytest.mark.model
def test_passages_are_read_alike_alone_and_together_on_one_thread_and_several(folder):
    alone = [TrainedModel(folder, lambda: "float32", threads=lambda: 1).read(QUESTION, [each])[0] for each in PASSAGES]
    together = TrainedModel(folder, lambda: "float32", threads=lambda: 2).read(QUESTION, PASSAGES)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one.start, other.start, atol=1e-3)
        assert one.null == pytest.approx(other.null, abs=1e-3)
        assert one.relevance == pytest.approx(other.relevance, abs=1e-3)


@pytest.mark.model
def test_spans_are_words_of_the_passage_never_of_the_heading(folder):
    read = TrainedModel(folder, lambda: "float32").read(QUESTION, PASSAGES)[0]
    heading, text = PASSAGES[0]
    found = read.best_span(0, len(text))
    assert found is not None
    assert text[found[1] : found[2]].strip() != ""
    first = text.index("It doubled")
    inside = read.best_span(first, len(text))
    assert inside is not None
    assert first <= inside[1] < inside[2] <= len(text)
    assert inside[0] <= found[0]
    assert len(read.start) == len(read.offsets)
    assert heading not in text


def test_no_passages_give_no_readings(folder):
    assert TrainedModel(folder, lambda: "float32").read(QUESTION, []) == []


@given(
    arrays(np.float32, st.integers(1, 90), elements=st.floats(-20, 20, width=32)),
    st.integers(0, 300),
    st.integers(0, 300),
)
def test_the_best_span_lies_inside_and_is_not_too_long(start, one, other):
    end = start[::-1].copy()
    offsets = [(4 * i, 4 * i + 3) for i in range(len(start))]
    read = PassageRead(0.0, 1.5, start, end, offsets)
    first, last = min(one, other), max(one, other)
    found = read.best_span(first, last)
    whole = [i for i, (begin, stop) in enumerate(offsets) if begin >= first and stop <= last]
    if not whole:
        assert found is None
        return
    assert found is not None
    best = max(
        float(start[i] + end[j]) for i in whole for j in whole if i <= j < i + LONGEST_SPAN
    )  # every span there is
    assert found[0] == pytest.approx(best - 1.5, abs=1e-4)
    assert first <= found[1] < found[2] <= last


def tiny_model(path: Path, kind: str, labels: int = 1) -> Path:
    """A model of transformers with two small layers, as a person might set it."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering, BertForSequenceClassification

    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=30522, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    config.num_labels = 2 if kind == "qa" else labels
    model = BertForQuestionAnswering(config) if kind == "qa" else BertForSequenceClassification(config)
    model.save_pretrained(path)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        source = find_model(MINILM) / name
        if source.is_file():
            shutil.copyfile(source, path / name)
    return path


@pytest.mark.model
def test_a_question_answering_model_of_transformers_finds_spans(tmp_path):
    model = load_span_model(tiny_model(tmp_path, "qa"))
    reads = model.read(QUESTION, PASSAGES)
    assert len(reads) == 3
    assert [read.relevance for read in reads] == [None] * 3
    for read, (_, text) in zip(reads, PASSAGES, strict=True):
        found = read.best_span(0, len(text))
        assert found is not None
        assert 0 <= found[1] < found[2] <= len(text)
    first = reads[0].offsets[0]
    assert PASSAGES[0][1][slice(*first)] == "The"  # counted in the text, behind the heading


@pytest.mark.model
@pytest.mark.parametrize("labels", [1, 2])
def test_a_cross_encoder_judges_relevance_and_finds_no_spans(tmp_path, labels):
    reads = load_span_model(tiny_model(tmp_path, "cross", labels)).read(QUESTION, PASSAGES)
    assert len({read.relevance for read in reads}) == 3
    assert all(read.best_span(0, 50) is None for read in reads)


@pytest.mark.model
def test_a_question_as_long_as_the_model_reads_leaves_room_for_the_passage(tmp_path):
    reads = load_span_model(tiny_model(tmp_path, "qa")).read(f"{'word ' * 390}{QUESTION}", PASSAGES)
    assert all(read.best_span(0, 50) is not None for read in reads)


def test_what_is_no_reader_is_refused(tmp_path, folder):
    with pytest.raises(ModelError, match="no such model folder"):
        load_span_model(tmp_path / "nowhere")
    (tmp_path / "config.json").write_text('{"architectures": ["BertForMaskedLM"]}', encoding="utf-8")
    with pytest.raises(ModelError, match="BertForMaskedLM"):
        load_span_model(tmp_path)


@pytest.mark.model
def test_a_reader_of_other_word_embeddings_is_refused(tmp_path, folder):
    shutil.copytree(folder, tmp_path / "reader")
    about = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
    (tmp_path / "reader" / "reader.json").write_text(json.dumps(about | {"base_sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(ModelError, match="not the weights"):
        load_span_model(tmp_path / "reader").read(QUESTION, PASSAGES)


@pytest.mark.model
def test_damaged_weights_are_named(tmp_path, folder):
    shutil.copytree(folder, tmp_path / "reader")
    (tmp_path / "reader" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="reader: cannot be loaded as a reader"):
        load_span_model(tmp_path / "reader").read(QUESTION, PASSAGES)


@pytest.mark.model
def test_a_library_s_reader_computes_with_as_many_threads_as_its_embedder(folder, tmp_path):
    """Embedding a question sets torch's own number of threads to 1."""
    with Library(tmp_path / "library", SentenceEmbedder(number_type="float32", threads=2)) as library:
        reader = make_reader(library, folder)
        library.embedder.embed_queries(["harvest"])
        reader.relevance(QUESTION, [])
        assert isinstance(reader, ModelReader)
        assert isinstance(reader._model, TrainedModel)
        assert reader._model._loaded().threads == 2
