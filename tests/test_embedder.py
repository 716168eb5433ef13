import itertools
import json
import os
import shutil
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from errors import ModelError
from index.bert import Bert
from index.embedder import MINILM, MINILM_SHA256, SentenceEmbedder, find_model

TEXTS = [
    "Revenue rose.",
    "",
    "What was China's AI healthcare market worth in 2023? " * 40,
    "中国人工智能医疗",
    "The company reported revenue of 4.2 billion dollars for the third quarter of the year. " * 5,
    "a",
    "€1,234.56bn · café — “quoted” …",
    *["Passages of many different lengths stand in one batch. " * n for n in (1, 4, 9)],
]


@pytest.fixture(scope="module")
def embedder():
    return SentenceEmbedder(number_type="float32")


@pytest.fixture
def copied_model(tmp_path):
    """The bundled model under another folder, whose files can be changed."""
    folder = tmp_path / "model"
    shutil.copytree(find_model(MINILM), folder)
    return folder


@pytest.mark.model
def test_vectors_are_those_of_sentence_transformers_whatever_stands_beside_a_text_in_its_batch(embedder):
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(find_model(MINILM)), device="cpu", local_files_only=True)
    expected = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    together = embedder.embed_passages(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert (together * expected).sum(axis=1).min() > 0.9999
    alone = np.vstack([embedder.embed_queries([text]) for text in TEXTS[:4]])
    assert (alone * expected[:4]).sum(axis=1).min() > 0.9999


@pytest.mark.model
def test_bfloat16_stays_near_float32(embedder):
    half = SentenceEmbedder(number_type="bfloat16")
    texts = [text for text in TEXTS if text]
    assert (half.embed_passages(texts) * embedder.embed_passages(texts)).sum(axis=1).min() > 0.996


def pooled_by(folder, mode):
    """Have the model in `folder` pool its tokens in another way."""
    pooling = folder / "1_Pooling" / "config.json"
    about = {
        name: name == mode if name.startswith("pooling_mode") else value
        for name, value in json.loads(pooling.read_text()).items()
    }
    pooling.write_text(json.dumps(about))


@pytest.mark.model
@pytest.mark.parametrize(
    ("mode", "kind"), [("pooling_mode_cls_token", "Bert"), ("pooling_mode_max_tokens", "_SentenceTransformer")]
)
def test_models_that_pool_otherwise_are_computed_as_sentence_transformers_does(copied_model, mode, kind):
    from sentence_transformers import SentenceTransformer

    pooled_by(copied_model, mode)
    reference = SentenceTransformer(str(copied_model), device="cpu", local_files_only=True)
    expected = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    for number_type, least in (("float32", 0.9999), ("bfloat16", 0.99)):
        embedder = SentenceEmbedder(str(copied_model), number_type=number_type)
        assert (embedder.embed_passages(TEXTS) * expected).sum(axis=1).min() > least
        assert type(embedder._model).__name__ == kind


@pytest.mark.model
def test_vectors_are_as_wide_as_the_last_layer_says(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense

    model = SentenceTransformer(str(find_model(MINILM)), device="cpu", local_files_only=True)
    narrow = SentenceTransformer(modules=[*list(model)[:2], Dense(384, 64)], device="cpu")
    narrow.save(str(tmp_path / "narrow"), create_model_card=False)
    embedder = SentenceEmbedder(str(tmp_path / "narrow"), number_type="float32")
    assert embedder.dimension == 64  # before anything was embedded, too
    assert embedder.embed_passages(["Revenue rose."]).shape == (1, 64)


@pytest.mark.model
def test_a_question_is_computed_once_while_it_is_remembered(monkeypatch):
    import index.embedder as module

    computed: list[list[str]] = []
    encode = module._encode

    def counted(model, tokenizer, texts, threads):
        computed.append(list(texts))
        return encode(model, tokenizer, texts, threads)

    monkeypatch.setattr(module, "_encode", counted)
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    embedder = SentenceEmbedder(number_type="float32")
    first = embedder.embed_queries(["harvest"])
    both = embedder.embed_queries(["pears", "harvest", "pears"])
    assert both.shape == (3, 384)
    assert np.array_equal(both[1], first[0])
    assert np.array_equal(both[0], both[2])
    embedder.embed_queries(["harvest", "plums"])  # pears were asked for longest ago
    embedder.embed_queries(["pears"])
    assert computed == [["harvest"], ["pears"], ["plums"], ["pears"]]
    assert embedder.embed_queries([]).shape == (0, 384)


@pytest.mark.model
@pytest.mark.parametrize("number_type", ["float32", "bfloat16"])
def test_scores_beyond_what_exp_takes_are_no_trouble(copied_model, number_type):
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(copied_model / "model.safetensors")
    for layer in (1, 4):
        weights[f"encoder.layer.{layer}.attention.self.query.weight"] *= 30
    save_file(weights, copied_model / "model.safetensors", metadata={"format": "pt"})
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(copied_model), device="cpu", local_files_only=True)
    expected = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    embedder = SentenceEmbedder(str(copied_model), number_type=number_type)
    found = embedder.embed_passages(TEXTS)
    assert torch.isfinite(torch.from_numpy(found)).all()
    assert isinstance(embedder._model, Bert)
    assert embedder._model._encoder._careful
    # Such a model is all edges: what rounds in bfloat16 may fall on the other side of one.
    assert (found * expected).sum(axis=1).min() > (0.999 if number_type == "float32" else 0.8)


@pytest.mark.model
def test_a_call_is_careful_by_itself_when_another_thread_became_so_meanwhile(copied_model, monkeypatch):
    from safetensors.torch import load_file, save_file

    weights = load_file(copied_model / "model.safetensors")
    weights["encoder.layer.4.attention.self.query.weight"] *= 30
    save_file(weights, copied_model / "model.safetensors", metadata={"format": "pt"})
    embedder = SentenceEmbedder(str(copied_model), number_type="float32")
    embedder.embed_passages(["a"])
    assert isinstance(embedder._model, Bert)
    encoder = embedder._model._encoder
    encoder._careful = False
    through_layers, careful_ones = encoder._through_layers, []

    def interrupted(hidden, mask, careful):
        result = through_layers(hidden, mask, careful)
        careful_ones.append(careful)
        encoder._careful = True  # by another thread, between this one's layers and its look at them
        return result

    monkeypatch.setattr(encoder, "_through_layers", interrupted)
    assert np.isfinite(embedder.embed_passages(TEXTS[:5])).all()
    assert careful_ones[:2] == [False, True]


@pytest.mark.model
def test_vectors_that_are_no_numbers_are_not_handed_on(copied_model):
    from safetensors.torch import load_file, save_file

    weights = load_file(copied_model / "model.safetensors")
    weights["embeddings.LayerNorm.weight"][:] = float("nan")
    save_file(weights, copied_model / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="not numbers"):
        SentenceEmbedder(str(copied_model), number_type="float32").embed_passages(["Revenue rose."])


@pytest.mark.model
def test_a_build_of_torch_without_the_quicker_product_gives_the_same(embedder, monkeypatch):
    packed = SentenceEmbedder(number_type="bfloat16").embed_passages(TEXTS)
    monkeypatch.setattr("index.bert._packed", lambda weight: None)
    plain = SentenceEmbedder(number_type="bfloat16")
    assert (plain.embed_passages(TEXTS) * packed).sum(axis=1).min() > 0.999
    assert isinstance(plain._model, Bert)
    assert plain._model._encoder._linear.__name__ == "_plain_linear"


@pytest.mark.model
def test_no_texts_give_no_vectors(embedder):
    assert embedder.embed_passages([]).shape == (0, 384)


@pytest.mark.model
def test_several_threads_at_once_get_their_own_vectors(embedder):
    texts = [f"Company {n} sold {n * 7} units." for n in range(24)]
    expected = embedder.embed_passages(texts)
    found = [None] * 6

    def work(number):
        found[number] = [embedder.embed_queries([text])[0] for text in texts[number::6]]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        assert (np.array(found[number]) * expected[number::6]).sum(axis=1).min() > 0.9999


@pytest.mark.model
def test_identity_and_dimension_are_known_without_loading_the_model():
    embedder = SentenceEmbedder()
    assert embedder.identity == f"{MINILM}@{MINILM_SHA256}"
    assert embedder.dimension == 384
    assert embedder._model is None


@pytest.mark.model
def test_pieces_are_ranges_of_characters_without_special_tokens(embedder):
    text = "Unbelievable: €5bn"
    (ranges,) = embedder.pieces([text])
    assert "".join(text[start:end] for start, end in ranges) == "Unbelievable:€5bn"


@pytest.mark.model
def test_altered_weights_are_refused(copied_model, monkeypatch):
    weights = copied_model / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    monkeypatch.setattr("index.embedder.find_model", lambda name: copied_model)
    with pytest.raises(ModelError, match=r"not the published weights"):
        SentenceEmbedder().embed_queries(["What?"])


@pytest.mark.model
def test_another_folder_s_model_has_an_identity_of_its_own(copied_model):
    other = SentenceEmbedder(str(copied_model), number_type="float32")
    assert other.identity == f"{copied_model}@{MINILM_SHA256}"
    assert other.embed_queries(["What?"]).shape == (1, 384)


def test_a_folder_that_is_missing_or_holds_no_model_is_told(tmp_path):
    with pytest.raises(ModelError, match="no such model folder"):
        SentenceEmbedder(str(tmp_path / "nowhere")).embed_queries(["What?"])
    with pytest.raises(ModelError, match="no weights"):
        _ = SentenceEmbedder(str(tmp_path)).identity
    with pytest.raises(ModelError, match="no tokenizer"):
        SentenceEmbedder(str(tmp_path)).pieces(["What?"])


@pytest.mark.model
def test_weights_that_are_no_weights_are_told_in_a_line(copied_model):
    (copied_model / "model.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceEmbedder(str(copied_model)).embed_queries(["What?"])


def test_a_package_that_is_missing_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="make setup"):
        find_model(MINILM)


@pytest.mark.model
def test_what_was_measured_is_remembered_and_a_broken_cache_is_made_anew(tmp_path, monkeypatch):
    cache = tmp_path / "machine.json"
    cache.write_text("{broken")
    assert SentenceEmbedder(cache=cache).identity.endswith(MINILM_SHA256)
    assert json.loads(cache.read_text())["weights"]["sha256"] == MINILM_SHA256
    monkeypatch.setattr("index.embedder.sha256_hex", lambda data: pytest.fail("the weights were read again"))
    assert SentenceEmbedder(cache=cache).identity.endswith(MINILM_SHA256)
    assert os.listdir(tmp_path) == ["machine.json"]


@pytest.mark.model
def test_a_self_test_that_float32_wins_leaves_its_weights_unrounded(embedder, monkeypatch):
    monkeypatch.setattr("index.embedder.time", SimpleNamespace(perf_counter=itertools.count().__next__))  # a tie
    tried = SentenceEmbedder(number_type="auto")
    np.testing.assert_allclose(tried.embed_passages(TEXTS), embedder.embed_passages(TEXTS), atol=1e-6)
    assert tried.number_type == "float32"
