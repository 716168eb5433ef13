"""What counts as two values for the same thing, and what only looks like it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest

from chat.disagreement import Comparison, Evidence, compare_values, judge, likeness
from chat.figures import NUMERIC, FigureKind
from chat.reader import Reading
from chat.statements import kinds_of, read_question, read_statement
from index.values import Hit
from ingest.article import BlockKind, Row
from ingest.passages import Unit
from ingest.sentences import sentence_spans


def passage(
    text: str, title: str = "A note", day: str = "", section: str = "", facts: Mapping[str, str] | None = None
) -> Hit:
    """A passage that is an article of its own, its sentences the units."""
    units = tuple(Unit(start, end, BlockKind.PARAGRAPH) for start, end in sentence_spans(text))
    return hit(text, units, title, day, section, facts)


def table(rows: Sequence[str], columns: Sequence[str], unit: str = "", title: str = "A table", day: str = "") -> Hit:
    """A passage of table rows, whose cells stand between bars."""
    units, start = [], 0
    for row in rows:
        cells, at = [], 0
        for cell in row.split(" | "):
            cells.append((at, at + len(cell)))
            at += len(cell) + 3
        units.append(Unit(start, start + len(row), BlockKind.TABLE_ROW, Row(tuple(cells), tuple(columns), unit=unit)))
        start += len(row) + 1
    return hit("\n".join(rows), tuple(units), title, day, "", None)


def hit(text: str, units: tuple[Unit, ...], title: str, day: str, section: str, facts: Mapping[str, str] | None) -> Hit:
    return Hit(
        key=1,
        article_id=f"{title} {text[:20]}",
        title=title,
        source=title,
        published=date.fromisoformat(day) if day else None,
        heading=title,
        section=section,
        start=0,
        end=len(text),
        text=text,
        pages=(),
        furniture=False,
        sha256="",
        text_sha256="",
        score=1.0,
        units=units,
        facts=facts or {},
    )


def compared(question: str, shown: str, *hits: Hit) -> Comparison:
    """The comparison where the words `shown` of the first passage answer."""
    at = hits[0].text.index(shown)
    unit = next(unit for unit in hits[0].units if unit.start <= at < unit.end)
    return compare_values(question, hits, [(0, unit, ((at, at + len(shown)),))])


def values(comparison: Comparison, *hits: Hit) -> list[str]:
    return [hits[value.passage].text[value.start : value.end] for value in comparison.values]


REVENUE = "What was Arbel's revenue in 2023?"
SHOWN = passage("Arbel's revenue was US$4.2 billion in 2023.", "Arbel 2023", "2024-02-01")


@pytest.mark.parametrize(
    "other",
    [
        "Arbel reported revenue of US$4.6 billion in 2023.",
        "In 2023 the turnover of Arbel came to US$4.6 billion, well above that of its rivals.",
        "Arbel is a maker of paint. Its revenue in 2023 was about US$4.6 billion.",
        "For 2023, Arbel now reports a restated revenue of US$4.6 billion.",
        "Arbel had sales of US$4.6 billion in 2023 after a strike at its Irish plant.",
    ],
)
def test_another_value_for_the_same_is_shown_newest_first(other: str):
    hits = (SHOWN, passage(other, "Paint makers", "2024-06-01"))
    found = compared(REVENUE, "US$4.2 billion", *hits)
    assert values(found, *hits) == ["US$4.6 billion", "US$4.2 billion"]
    assert found.values[0].note == ("restated" if "restated" in other else "later document")
    assert found.agreements == 0


@pytest.mark.parametrize(
    "other",
    [
        "Arbel's revenue was US$3.9 billion in 2022.",  # another year
        "Arbel's revenue was US$4.2 billion in 2023, up from US$3.9 billion.",  # what it is compared with
        "Orbis's revenue was US$7.1 billion in 2023.",  # another company
        "Arbel's cloud revenue was US$1.3 billion in 2023.",  # a segment
        "Arbel's revenue from licences was US$1.3 billion in 2023.",
        "In Europe, Arbel's revenue was US$1.3 billion in 2023.",
        "Arbel's revenue was US$1.1 billion in the fourth quarter of 2023.",  # part of the year
        "Arbel aims for revenue of US$5 billion in 2023.",  # a target
        "Arbel's revenue is expected to be US$5 billion in 2023.",  # a forecast
        "Arbel's revenue rose by US$0.3 billion in 2023.",  # a change
        "Arbel's revenue grew 8 percent in 2023.",
        "Arbel's profit was US$0.4 billion in 2023.",  # another measure
        "Arbel's revenue was about US$4.2 billion in 2023.",  # the same
        "Arbel's revenue was US$4 billion in 2023.",  # the same, rounded
        "Arbel's revenue was EUR 3.9 billion (US$4.2 billion) in 2023.",
        "Was Arbel's revenue US$9 billion in 2023?",
    ],
)
def test_what_only_looks_like_another_value(other: str):
    hits = (SHOWN, passage(other, "Paint makers", "2024-06-01"))
    assert values(compared(REVENUE, "US$4.2 billion", *hits), *hits) == []


RESEARCH = "What did Arbel spend on research in 2023?"
SPENT = passage("Arbel spent US$310 million on research in 2023.", "Arbel 2023", "2024-02-01")


def judged(span: float, other: Hit, shown: str = "US$480 million") -> Comparison:
    """The comparison with what a passage says of US$480 million, where a reader gives it the logit `span`."""
    at = other.text.index(shown)
    unit = next(unit for unit in other.units if unit.start <= at < unit.end)
    start = SPENT.text.index("US$310 million")
    evidence = {
        (0, 0): Evidence(6.0, ((start, start + 14),), 4.0, 0.0, 0.8),
        (1, unit.start): Evidence(span, ((at, at + len(shown)),), span, 0.0, 0.8),
    }
    answers = [(0, SPENT.units[0], ((start, start + 14),))]
    return compare_values(RESEARCH, (SPENT, other), answers, evidence)


def test_where_a_reader_finds_an_answer_the_measure_may_be_in_other_words():
    other = passage("Research cost Arbel US$480 million in 2023, more than any rival paid.", "Paint makers")
    assert set(values(judged(8.0, other), SPENT, other)) == {"US$310 million", "US$480 million"}
    assert judged(-9.0, other) == Comparison()  # words alone do not tell


def test_what_a_reader_takes_for_no_answer_does_not_disagree():
    other = passage("Arbel spent US$480 million on research in 2023.", "Paint makers")
    assert len(judged(4.0, other).values) == 2
    assert judged(-6.0, other) == Comparison()


def test_the_best_unit_of_each_article_is_told_from_the_others():
    hits = (passage("Arbel sold 40 pumps. It sold 50 valves.", "One"), passage("Arbel sold 60 pumps.", "Two"))
    units = [(number, unit) for number, each in enumerate(hits) for unit in each.units]
    readings = [
        Reading(number, unit.start, unit.end, unit.kind, (), 0.5, {"span": span, "relevance": 1.0})
        for (number, unit), span in zip(units, (5.0, 2.0, -3.0), strict=True)
    ]
    assert [each.behind for each in judge(readings, hits).values()] == [0.0, -3.0, 0.0]
    assert judge([replace(each, features={}) for each in readings], hits) == {}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("Arbel spent US$480 million on research in 2022.", "another year"),
        ("Arbel spent US$480 million on research in the first half of 2023.", "a part of the year"),
        ("Research took 12 percent of Arbel's revenue in 2023.", "another unit"),
        ("Arbel spent US$480 on research in 2023.", "another magnitude"),
    ],
)
def test_some_statements_cannot_be_of_the_same_however_they_read(other: str, why: str):
    sure = Evidence(8.0, (), 6.0, 0.0, 1.0)
    asked = read_question("What did Arbel spend on research in the full year 2023?")
    hits = (SPENT, passage(other, "Paint makers"))
    one, two = (
        read_statement(asked, NUMERIC if number else frozenset({FigureKind.MONEY}), number, each, each.units[0])
        for number, each in enumerate(hits)
    )
    assert one is not None
    assert two is not None
    assert likeness(asked, one, one, sure, sure) is not None
    assert likeness(asked, one, two, sure, sure) is None, why


@pytest.mark.parametrize(
    ("text", "words", "kinds"),
    [
        ("It improved to 89.4% from 97.0%.", "89.4% from 97.0%", {"percent"}),
        ("It put the market at a little over US$18 billion.", "little over US$18 billion", {"money"}),
        ("It spent US$18 billion in 2023.", "US$18 billion in 2023", set()),  # a sum or a year?
        ("It is the largest maker of pumps, with 18 plants.", "the largest maker of pumps, with 18 plants", set()),
    ],
)
def test_the_kind_of_figure_that_an_answer_is(text: str, words: str, kinds: set[str]):
    hit = passage(text)
    start = text.index(words)
    assert kinds_of(hit, hit.units[0], [(start, start + len(words))]) == kinds


@pytest.mark.parametrize(
    "other",
    [
        "New plants cost Arbel US$480 million in 2023.",  # another thing
        "Research cost Arbel US$480 million in 2022.",
        "Research cost Orbis US$480 million in 2023.",
        "In Europe, research cost Arbel US$480 million in 2023.",
        "Clinical research cost Arbel US$480 million in 2023.",
        "Research brought Arbel a profit of US$480 million in 2023.",  # another measure
        "Arbel's research is to receive US$480 million in the fourth quarter of 2023.",
    ],
)
def test_a_reader_stands_in_for_words_of_the_measure_alone(other: str):
    assert judged(4.0, passage(other, "Paint makers")) == Comparison()


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "How many subscribers does Arbel have?",
            "Arbel has 18 million subscribers.",
            "Arbel counts 21 million subscribers, most of them in Latin America.",
        ),
        (
            "What dividend did Arbel pay for 2023?",
            "Arbel will pay a dividend of $2 for 2023.",
            "Arbel paid a dividend of $3 for 2023.",
        ),
        (
            "How much did Arbel raise in its last round?",
            "Arbel raised $80 million in its last round.",
            "The last round, in which Arbel raised a total of $95 million, drew six funds.",
        ),
        (
            "What is the growth rate of Arbel's industry?",
            "The growth rate of Arbel's industry is 4 percent.",
            "The industry of Arbel is growing at 7% a year.",
        ),
    ],
)
def test_the_same_in_another_manner(question: str, one: str, other: str):
    hits = (passage(one, day="2024-02-01"), passage(other, "B", "2024-06-01"))
    shown = next(word for word in ("18 million", "$2", "$80 million", "4 percent") if word in one)
    assert len(compared(question, shown, *hits).values) == 2


@pytest.mark.parametrize(
    "other",
    [
        "Among the young, unemployment in Ostmark was 11 percent in 2023.",
        "Under new rules, unemployment in Ostmark was 11 percent in 2023.",
    ],
)
def test_what_opens_a_sentence_restricts_it(other: str):
    hits = (passage("Unemployment in Ostmark was 4.4 percent in 2023."), passage(other, "B"))
    assert compared("What was unemployment in Ostmark in 2023?", "4.4 percent", *hits).values == ()


def test_articles_that_agree_are_counted_once_each():
    again = passage("Arbel's revenue was roughly US$4.2 billion in 2023. Arbel had revenue of US$4.2 billion in 2023.")
    other = passage("In 2023, Arbel had revenue of US$4.23 billion.", "Third")
    assert compared(REVENUE, "US$4.2 billion", SHOWN, again, other).agreements == 2


def test_one_source_may_contradict_itself():
    text = (
        "Analyses project that the market of China will expand to US$7.33 billion by 2028. It is growing fast. "
        "By 2028, research projects that China's market will reach RMB 115.7 billion (about US$16.02 billion)."
    )
    one = passage(text, "China's market")
    found = compared("What does the article forecast for 2028?", "US$7.33 billion", one)
    assert set(values(found, one)) == {"US$7.33 billion", "US$16.02 billion"}
    assert [value.note for value in found.values] == ["", ""]


def test_a_question_whether_figures_agree_compares_them_all():
    one = passage("The forecasts for Ostmark are many. The tea market of Ostmark will be worth US$7 billion in 2028.")
    other = passage("By 2028, the tea market of Ostmark will be worth US$9 billion.", "B")
    found = compared("Do the 2028 figures for Ostmark's tea market agree?", "The forecasts", one, other)
    assert set(values(found, one, other)) == {"US$7 billion", "US$9 billion"}


def test_a_row_and_a_sentence_may_differ():
    row = table(
        ["Revenue | 4,210 | 3,900", "Costs | 9 | 8"], ["", "2023", "2022"], "In millions of US dollars", "Arbel"
    )
    hits = (passage("Arbel's revenue was US$4.6 billion in 2023.", "Arbel in brief"), row)
    assert set(values(compared(REVENUE, "US$4.6 billion", *hits), *hits)) == {"US$4.6 billion", "4,210"}
    hits = (passage("Arbel's revenue was US$4.2 billion in 2023.", "Arbel in brief"), row)
    found = compared(REVENUE, "US$4.2 billion", *hits)
    assert (found.values, found.agreements) == ((), 1)


def test_counts_and_years_differ_too():
    hits = (passage("Arbel operates 412 stores."), passage("Arbel, which operates 437 stores, has a new chief.", "B"))
    assert len(compared("How many stores does Arbel operate?", "412", *hits).values) == 2
    hits = (hits[0], passage("Arbel closed 40 stores.", "C"))
    assert compared("How many stores does Arbel operate?", "412", *hits).values == ()
    hits = (passage("Arbel was founded in 1987."), passage("Founded in 1991, Arbel grew out of a shop.", "D"))
    assert len(compared("When was Arbel founded?", "1987", *hits).values) == 2


def test_of_many_values_that_of_the_answer_is_always_shown():
    others = [passage(f"Arbel's revenue in 2023 was US${n}.5 billion.", f"N{n}", f"2024-01-0{n}") for n in range(1, 9)]
    oldest = passage("Arbel's revenue was US$9.7 billion in 2023.", "Oldest", "2023-12-31")
    shown = values(compared(REVENUE, "US$9.7 billion", oldest, *others), oldest, *others)
    assert shown[0] == "US$8.5 billion"
    assert (shown[-1], len(shown)) == ("US$9.7 billion", 6)


def test_values_of_many_dates_are_a_series():
    hits = tuple(
        passage(f"Arbel operates {count} stores.", f"Report {year}", f"{year}-01-01")
        for year, count in ((2021, 300), (2022, 350), (2023, 412), (2024, 437))
    )
    assert compared("How many stores does Arbel operate?", "300", *hits).values == ()


def test_documents_of_other_periods_do_not_disagree():
    hits = (
        passage("Arbel operates 412 stores.", "Q1", facts={"period": "2023 Q1"}),
        passage("Arbel operates 437 stores.", "Q3", facts={"period": "2023 Q3"}),
    )
    assert compared("How many stores does Arbel operate?", "412", *hits).values == ()


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("Who runs Arbel?", "Arbel's revenue"),
        ("In which year was Arbel's revenue higher?", "2023"),
    ],
)
def test_nothing_to_compare(question: str, shown: str):
    other = passage("Arbel's revenue was US$4.6 billion in 2023.", "B")
    assert compared(question, shown, SHOWN, other) == Comparison()
    assert compare_values(REVENUE, (SHOWN,), []) == Comparison()
