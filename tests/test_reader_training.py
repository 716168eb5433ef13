"""How examples for the reader are made and laid out, and that training learns from them."""

import gzip
import json
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from index.embedder import MINILM, find_model
from index.library import Library
from ingest.sources import find_sources
from tests.fakes_embedder import BagEmbedder
from training.reader_examples import Pieces, changed, make, nearest, places_of, rows_of, save, without_answer
from training.save_reader import as_trained, mean_of, named_as_bert
from training.train_reader import Prepared, ReaderModel, batches, load_pools, loss_of, parts
from training.written_examples import key_of, of_pairs, of_paragraphs, of_sentences, wrong

PASSAGE = (
    "The company sold 92 devices in 2023. Sales rose to US$1.59 billion before the reform. "
    "Its founder, Ada Lovelace, stayed on the board. Hospitals in the north bought most of them, "
    "and clinics in smaller towns followed a year later with orders of their own, as the report says."
)


def test_sentences_that_answer_are_taken_out():
    start = PASSAGE.index("US$1.59")
    rest = without_answer(PASSAGE, [(start, start + 15)], ["US$1.59 billion"])
    assert "Sales rose" not in rest
    assert "Ada Lovelace" in rest
    assert without_answer("Only one sentence of 92 devices.", [(23, 25)], ["92"]) == ""


@pytest.mark.parametrize(
    ("question", "seed"),
    [("How many devices were sold in 2023?", 1), ("What did sales rise to before the reform?", 2)],
)
def test_a_changed_question_differs_and_takes_nothing_from_its_passage(question, seed):
    made = {changed(question, PASSAGE, ["Grace Hopper"], ["2011", "2017"], random.Random(i)) for i in range(seed * 20)}
    assert question not in made
    assert len(made - {""}) > 1
    years = {word.strip("?") for text in made for word in text.split() if word.strip("?").isdigit()}
    assert not {"92"} & years


def test_an_opposite_turns_the_question():
    made = {changed("What came before the reform?", PASSAGE, [], [], random.Random(i)) for i in range(40)}
    assert "What came after the reform?" in made


def test_the_nearest_passages_share_words():
    found = list(
        nearest(["founder of the company", "orders of clinics"], ["the founder spoke", "clinics order", "rain"], 1)
    )
    assert found == [[0], [1]]


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces(find_model(MINILM) / "tokenizer.json")


def laid_out(example):
    return (
        example.question, example.heading, example.passage, example.spans, example.relevant, example.source,
        example.spread, example.span_known,
    )  # fmt: skip


@given(seed=st.integers(0, 1000), longest=st.sampled_from([80, 96, 144, 272]), repeated=st.integers(1, 12))
def test_the_answer_stays_in_what_is_kept_of_a_passage(pieces, seed, longest, repeated):
    passage = "Words ahead of it. " * repeated + PASSAGE + " Words behind it." * repeated
    start = passage.index("Ada Lovelace")
    example = make(pieces, "Who founded the company?", "Company › Board", passage, [(start, start + 12)], 1, "test")
    prepared = Prepared(laid_out(example), longest, random.Random(seed))
    assert len(prepared.pieces) % 16 == 0
    assert len(prepared.pieces) <= longest
    first, last = example.spans[0]
    assert prepared.known
    assert prepared.pieces[prepared.start : prepared.end + 1] == example.passage[first : last + 1]
    assert prepared.start >= prepared.begin


def test_a_passage_without_an_answer_points_at_the_null(pieces):
    prepared = Prepared(laid_out(make(pieces, "Who?", "", PASSAGE, [], 0, "test")), 96, random.Random(0))
    assert (prepared.start, prepared.end, prepared.relevant, prepared.known) == (0, 0, 0, True)


def test_words_stand_where_they_are_words_of_their_own():
    assert places_of("40", "40 devices, 140 or 40.5, and 40") == [(0, 2), (29, 31)]
    assert places_of(" ", "nothing") == []


def test_a_sentence_that_answers_is_narrowed_to_the_words_written_for_it(tmp_path, pieces):
    (tmp_path / "train").mkdir()
    sentence = "Its founder, Ada Lovelace, stayed on the board."
    row = {
        "question": "Who began it?", "title": "A_company", "context": PASSAGE, "source": "sentences",
        "answers": [{"text": sentence, "answer_start": PASSAGE.index(sentence)}],
    }  # fmt: skip
    pack(tmp_path / "train" / "set.jsonl.gz", [{**row, "id": name} for name in ("one", "two", "three")])
    answers = [{"id": "one", "answer": "Ada Lovelace"}, {"id": "two", "answer": "words that are not there"}]
    (made,) = of_sentences(tmp_path, answers, pieces)
    ((first, last),) = made.spans
    assert made.passage[first : last + 1] == pieces("Ada Lovelace")[0]
    assert (made.source, made.relevant, made.spread) == ("sentences:words", 1, False)


def test_written_questions_find_their_passages_by_what_these_say(tmp_path, pieces, capsys):
    (tmp_path / "train").mkdir()
    pack(tmp_path / "train" / "set.jsonl.gz", [{"title": "A_company", "context": PASSAGE}])
    pack(
        tmp_path / "questions.jsonl.gz",
        [
            {"passage": key_of(PASSAGE), "question": "Who began the company?", "answer": "Ada Lovelace"},
            {"passage": key_of(PASSAGE), "question": "Who sold the company?", "answer": ""},
            {"passage": key_of(PASSAGE), "question": "Where?", "answer": "words that are not there"},
            {"passage": key_of("gone"), "question": "Who?", "answer": "Nobody"},
        ],
    )
    rows = rows_of(tmp_path / "questions.jsonl.gz")
    made = list(of_paragraphs(tmp_path, rows, pieces))
    assert [(each.source, each.relevant, bool(each.spans)) for each in made] == [
        ("written", 1, True),
        ("written:null", -1, False),
    ]
    assert made[0].heading == pieces("A company")[0]
    save(made, tmp_path / "out" / "written.pickle")
    assert '"written": 1' in capsys.readouterr().out
    assert [each[5] for pool in load_pools(tmp_path / "out").values() for each in pool] == ["written", "written:null"]


def test_pairs_of_texts_give_what_each_answers(tmp_path, pieces):
    (tmp_path / "a.txt").write_text(
        "=== Acme report | News\nA: Acme spent £4m on plant. It employs 40.\nB: £5m went into machines at Acme.\n"
        "Q: What did Acme invest?\t£4m\t£5m\nQ: How many work for Acme?\t40\t-\nQ: Where?\twords not there\t-\n",
        encoding="utf-8",
    )
    made = list(of_pairs(tmp_path, pieces))
    assert [(each.source.rpartition("written:")[2], len(each.spans)) for each in made] == [
        *(("pair", 1), ("pair", 1)),
        *(("pair", 1), ("pair:null", 0)),
        ("pair:null", 0),
    ]
    assert made[1].heading == pieces("News")[0]


def test_wrong_passages_are_those_that_neither_overlap_nor_hold_the_answer(tmp_path):
    (tmp_path / "a.md").write_text("# Board\n\nAda Lovelace chairs the board of the company.\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Board\n\nThe board of the company met in spring.\n", encoding="utf-8")
    (tmp_path / "c.md").write_text("# Board\n\nThe company's board thanked Ada Lovelace.\n", encoding="utf-8")
    with Library(tmp_path / "library", BagEmbedder()) as library:
        library.add(find_sources(tmp_path))
        hits = library.search("Who chairs the board of the company?", k=12).hits
        own = next(hit for hit in hits if "chairs" in hit.text)
        found = wrong(hits, "Ada Lovelace", own.article_id, own.start, own.end)
    assert ["met in spring" in each.text for each in found] == [True]


def pack(file, rows):
    with gzip.open(file, "wt", encoding="utf-8") as packed:
        packed.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.mark.model
def test_training_goes_on_from_what_was_saved():
    from safetensors.torch import load_file

    torch.manual_seed(3)
    model = ReaderModel(load_file(find_model(MINILM) / "model.safetensors"))
    state = {name: value for name, value in model.state_dict().items() if not name.startswith("words.")}
    again = as_trained(named_as_bert(model.state_dict()))
    assert set(again) == set(state)
    assert all(torch.equal(again[name], value.half().float()) for name, value in state.items())


@pytest.mark.model
def test_training_learns_what_it_is_shown(pieces):
    from safetensors.torch import load_file

    torch.manual_seed(0)
    model = ReaderModel(load_file(find_model(MINILM) / "model.safetensors"))
    start = PASSAGE.index("Ada Lovelace")
    right = make(pieces, "Who founded the company?", "", PASSAGE, [(start, start + 12)], 1, "right")
    wrong = make(pieces, "Who wrote the reform?", "", PASSAGE, [], 0, "wrong")
    pools = {"squad": [laid_out(right)], "squad:near": [laid_out(wrong)]}
    examples = parts(pools, {}, 24, random.Random(0))
    assert {each[5] for each in examples} == {"right", "wrong"}
    made = list(batches(examples, 96, 400, random.Random(0)))
    before = [loss_of(model, batch)[0].item() for batch in made]
    frozen = model.words.weight.clone()
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=3e-4)
    for _ in range(2):
        for batch in made:
            loss, _named = loss_of(model, batch)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    after = [loss_of(model, batch)[0].item() for batch in made]
    assert sum(after) < 0.5 * sum(before)
    assert torch.equal(model.words.weight, frozen)


def test_the_mean_of_several_runs_is_by_share():
    runs = [{"a": torch.tensor([1.0, 3.0])}, {"a": torch.tensor([5.0, 7.0])}]
    assert mean_of(runs, [0.25, 0.75])["a"].tolist() == [4.0, 6.0]
    assert mean_of(runs[:1], [1.0])["a"].tolist() == [1.0, 3.0]
