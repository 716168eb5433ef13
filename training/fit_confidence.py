"""Fits the confidence of answers for the reader in use, and measures it on questions that it has not seen.

    .venv/bin/python -m training.fit_confidence SQUAD_V2_DEV WORK [--check QUESTIONS ARTICLES]... [--write]

SQUAD_V2_DEV is a folder in BEIR layout, all of whose paragraphs make one library. Questions on articles whose title has
an even SHA-1 fit, the others report. WORK is a folder for libraries and for what was read of each question: both are
kept, so that a second run takes seconds; they are made anew for another reader or other features.

A question's label is whether its best answer is right, as `evaluate` judges it: never, where there is no answer. A
second model, which tells "nothing relevant" from "no answer in these passages", is fitted on the same searches with the
question's own article in the library and without it. `--check` reports a question set over a library of its own, and
fits nothing on it. `--write` puts the result into models/confidence/confidence.json.
"""

import argparse
import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from chat.answering import Answerer, AnswerSettings
from chat.confidence import Calibration, Logistic, relevance_features
from chat.readers import make_reader
from chat.routing import Router
from chat.terms import asks_for_furniture
from evaluation import Question, load_questions
from evaluation.answers import is_right
from evaluation.calibration import Judged, calibration_measures, reliability
from index.embedder import SentenceEmbedder
from index.library import Library
from index.where import parse_where
from ingest.sources import find_sources, is_skipped_in_corpus
from training.fit_reader_weights import is_for_fitting
from training.reader_examples import rows_of

ROOT = Path(__file__).resolve().parent.parent
READER = ROOT / "models" / "reader"
OUT = ROOT / "models" / "confidence" / "confidence.json"
SEED = 20261123
FOLDS = 5
# What tells as much of an answer in a library of reports as in one of paragraphs that were written for each other's
# questions; with every feature, fewer right answers on briefings clear the threshold (docs/measurements.md).
KEPT = (
    *("reader.span", "alone.span", "reader.relevance", "alone.relevance", "odds", "alone_odds", "gap", "steady"),
    *("agreeing", "covered_quote", "dense", "missing_quote", "strict_missing", "mentioned", "negated", "repeats"),
    *("years", "kind", "unit"),
)
Row = dict[str, Any]


def main() -> None:
    """Read, fit, report and, when told so, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--fit", type=int, default=2500, help="questions to fit on (there are 3,947)")
    parser.add_argument("--report", type=int, default=2000, help="questions to report on")
    parser.add_argument("--reader", type=Path, default=READER, help="folder of the reader to fit for")
    parser.add_argument("--stale", action="store_true", help="use what was read before the code of answers changed")
    parser.add_argument("--check", nargs=2, action="append", default=[], metavar=("QUESTIONS", "ARTICLES"))
    parser.add_argument("--strength", type=float, default=0.1, help="of the fit, as scikit-learn's C")
    parser.add_argument("--threshold", type=float, help="instead of the one that is chosen here")
    parser.add_argument("--features", nargs="*", default=KEPT, help="to fit on; none named: every one")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    embedder = SentenceEmbedder()
    rows, reader = _squad_rows(args, embedder)
    fit = [row for row in rows if row["fits"]]
    report = [row for row in rows if not row["fits"]]
    names = [name for name in _names(fit, "features") if name in args.features or not args.features]
    calibration = Calibration(
        reader=reader,
        right=_fitted(_asked(fit), names, args.strength),
        speaks=_fitted_speaks(fit, args.strength),
        threshold=0.5,
        card={},
    )
    threshold = _threshold(fit, names, args.strength) if args.threshold is None else args.threshold
    _print_weights(calibration)
    figures = {"report": _figures(report, calibration.right, threshold)}
    print("speaks:", _figures_of_speaks(report, calibration.speaks))
    for questions, articles in args.check:
        checked = _own_rows(Path(questions), Path(articles), args.work, embedder, args.reader)
        figures[f"{Path(questions).parent.name}/{Path(questions).stem}"] = _figures(
            checked, calibration.right, threshold
        )
    for name, each in figures.items():
        print(name, json.dumps(each))
    print("reliability on the reporting half:")
    for part in reliability(_judged(report, calibration.right)):
        if part.questions:
            shares = f"{part.confidence:.3f} held, {part.right:.3f} right of {part.questions}"
            print(f"  {part.low:.1f} to {part.high:.1f}: {shares}")
    _print_thresholds(report, calibration.right)
    if args.write:
        card = {
            "fitted_on": f"{len(fit)} questions of SQuAD v2 dev (articles whose title has an even SHA-1), one library",
            "licence": "SQuAD 2.0: CC BY-SA 4.0; these weights: as the project",
            "date": datetime.now(UTC).date().isoformat(),
            "seed": SEED,
            "strength": args.strength,
            "figures": figures,
            "repeat": "training/README.md",
        }
        whole = Calibration(reader, calibration.right, calibration.speaks, round(threshold, 3), card)
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text(json.dumps(whole.to_json(), indent=1) + "\n", encoding="utf-8")
        print("written:", OUT)


# Reading ------------------------------------------------------------------------------------------------------------


def _squad_rows(args: argparse.Namespace, embedder: SentenceEmbedder) -> tuple[list[Row], str]:
    """Rows of both halves, and the reader's identity."""
    squad, work, fit, report = args.squad, args.work, args.fit, args.report
    titles = {row["_id"]: row["title"] for row in rows_of(squad / "corpus.jsonl.gz")}
    halves: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for row in rows_of(squad / "queries.jsonl.gz"):
        halves[is_for_fitting(titles[row["context_id"]])].append(row)
    chosen = [(row, True) for row in random.Random(SEED).sample(halves[True], min(fit, len(halves[True])))]
    chosen += [(row, False) for row in random.Random(SEED).sample(halves[False], min(report, len(halves[False])))]
    with _opened(work / "squad", embedder) as library:
        if not library.articles():
            library.add(find_sources(squad / "corpus.jsonl.gz"))
        reader = make_reader(library, args.reader)
        cache = _Cache(work / "squad.jsonl", reader.identity, stale=args.stale)
        answerer = Answerer(library, reader)
        rows = []
        for number, (row, fits) in enumerate(chosen):
            question = Question(
                row["_id"], row["text"], "answerable" if row["answer"] else "unanswerable", tuple(row["answer"] or ())
            )
            found = cache.get(row["_id"])
            if found is None:
                found = _row(question, library, answerer)
                title = titles[row["context_id"]]
                speaks = any(hit_title == title for hit_title in found.pop("titles"))
                without = library.search(row["text"], k=AnswerSettings().read, where=parse_where([f"title!={title}"]))
                found |= {
                    "title": title,
                    "right_article": speaks,
                    "apart": relevance_features(row["text"], without.hits, library),
                }
                cache.put(found)
            rows.append(found | {"fits": fits})
            if number % 500 == 499:
                print(f"{number + 1} of {len(chosen)} questions read", flush=True)
        return rows, reader.identity


def _own_rows(questions: Path, articles: Path, work: Path, embedder: SentenceEmbedder, reader: Path) -> list[Row]:
    name = hashlib.sha256(f"{questions.resolve()} {articles.resolve()}".encode()).hexdigest()[:12]
    with _opened(work / name, embedder) as library:
        if not library.articles():
            library.add(find_sources(articles, skip=is_skipped_in_corpus))
        answerer = Answerer(library, make_reader(library, reader))
        return [_row(each, library, answerer) for each in load_questions(questions, library).questions]


def _row(question: Question, library: Library, answerer: Answerer) -> Row:
    """What is known of one question; `right` says whether its best answer is, shown or not."""
    examined = answerer.examine(question.question)
    hits = examined.found.hits[: AnswerSettings().read]
    return {
        "id": question.question_id,
        "answerable": bool(question.answers),
        "right": is_right(question, examined.answer),
        "declined": None if examined.declined is None else examined.declined[0].value,
        "features": dict(examined.features),
        "relevance": relevance_features(question.question, hits, library),
        "titles": [hit.title for hit in hits],
    }


def _opened(folder: Path, embedder: SentenceEmbedder) -> Library:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Library(folder, embedder, asks_for_furniture=asks_for_furniture, prefer=Router())


class _Cache:
    """Rows by question, in a file that belongs to one reader and, unless `stale` ones will do, to the code of today."""

    def __init__(self, path: Path, reader: str, *, stale: bool = False) -> None:
        code = hashlib.sha256(b"".join(each.read_bytes() for each in sorted((ROOT / "chat").glob("*.py"))))
        head = json.dumps({"reader": reader, "code": code.hexdigest()})
        lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
        if not lines or (lines[0] != head and not (stale and json.loads(lines[0])["reader"] == reader)):
            lines = [head]
            path.write_text(head + "\n", encoding="utf-8")
        self._rows = {row["id"]: row for row in map(json.loads, filter(None, lines[1:]))}
        self._path = path

    def get(self, question_id: str) -> Row | None:
        return self._rows.get(question_id)

    def put(self, row: Row) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


# Fitting ------------------------------------------------------------------------------------------------------------


def _asked(rows: Sequence[Row]) -> list[tuple[Mapping[str, float], bool]]:
    """Features and labels of the questions whose answer the threshold decides about."""
    return [(row["features"], row["right"]) for row in rows if row["features"] and row["declined"] is None]


def _names(rows: Sequence[Row], key: str) -> list[str]:
    return sorted({name for row in rows for name in row[key]})


def _fitted(pairs: Sequence[tuple[Mapping[str, float], bool]], names: Sequence[str], strength: float) -> Logistic:
    from sklearn.linear_model import LogisticRegression

    values = np.array([[features.get(name, np.nan) for name in names] for features, _ in pairs], dtype=np.float64)
    means = np.nanmean(values, axis=0)
    scales = np.nanstd(values, axis=0)
    varies = scales > 1e-6  # what is the same everywhere tells nothing
    standard = np.clip(np.where(np.isnan(values), 0.0, (values - means) / np.where(varies, scales, 1.0)), -3, 3)
    labels = np.array([label for _, label in pairs])
    model = LogisticRegression(C=strength, max_iter=5000).fit(standard[:, varies], labels)
    kept = [i for i in range(len(names)) if varies[i]]
    weights = {
        names[i]: (round(float(means[i]), 6), round(float(scales[i]), 6), round(float(weight), 6))
        for i, weight in zip(kept, model.coef_[0], strict=True)
    }
    return Logistic(round(float(model.intercept_[0]), 6), weights)


def _fitted_speaks(rows: Sequence[Row], strength: float) -> Logistic:
    return _fitted(_speaking(rows), _names(rows, "relevance"), strength)


def _speaking(rows: Sequence[Row]) -> list[tuple[Mapping[str, float], bool]]:
    """Searches that found the question's own article, and the same without it."""
    there = [(row["relevance"], True) for row in rows if row["right_article"]]
    return there + [(row["apart"], False) for row in rows if row["apart"]]


def _threshold(rows: Sequence[Row], names: Sequence[str], strength: float) -> float:
    """Where the share of right answers shown, less that of wrong ones shown, is largest (Youden's J).

    On the fitting half, each article judged by a model that did not see it. Shares, not counts, so that it does not
    hang on how many of those questions have an answer.
    """
    pairs: list[tuple[float, bool]] = []
    titles = sorted({row["title"] for row in rows})
    for fold in range(FOLDS):
        apart = set(titles[fold::FOLDS])
        model = _fitted(_asked([row for row in rows if row["title"] not in apart]), names, strength)
        pairs += [(model.probability(f), right) for f, right in _asked([row for row in rows if row["title"] in apart])]
    held = np.array([each for each, _ in pairs])
    right = np.array([each for _, each in pairs])
    steps = np.arange(0.05, 0.95, 0.01)
    gains = [float(np.mean(held[right] >= step) - np.mean(held[~right] >= step)) for step in steps]
    judged = [Judged(each, bool(label)) for each, label in pairs]
    print("fitting half, articles apart:", {k: round(v.mean, 3) for k, v in calibration_measures(judged).items()})
    return round(float(steps[int(np.argmax(gains))]), 2)


# Reporting ----------------------------------------------------------------------------------------------------------


def _held(row: Row, model: Logistic) -> float | None:
    return model.probability(row["features"]) if row["features"] and row["declined"] is None else None


def _judged(rows: Sequence[Row], model: Logistic) -> list[Judged]:
    return [Judged(_held(row, model), row["right"]) for row in rows]


def _figures(rows: Sequence[Row], model: Logistic, threshold: float) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    judged = _judged(rows, model)
    known = [each for each in judged if each.confidence is not None]
    labels = [each.right for each in known]
    auc = roc_auc_score(labels, [each.confidence for each in known]) if len(set(labels)) == 2 else None
    figures = {name: round(each.mean, 3) for name, each in calibration_measures(judged).items()}
    return (
        figures
        | {"auc": None if auc is None else round(float(auc), 3), "threshold": threshold}
        | _at(rows, model, threshold)
    )


def _at(rows: Sequence[Row], model: Logistic, threshold: float) -> dict[str, Any]:
    """What is shown from a threshold on: as `evaluate` and the scores name it."""
    shown = [(held := _held(row, model)) is not None and held >= threshold for row in rows]
    can = [(row, s) for row, s in zip(rows, shown, strict=True) if row["answerable"]]
    cannot = [s for row, s in zip(rows, shown, strict=True) if not row["answerable"]]
    answers = [row["right"] for row, s in zip(rows, shown, strict=True) if s]
    return {
        "questions": len(rows),
        "coverage": round(float(np.mean(shown)), 3),
        "right": round(float(np.mean([s and row["right"] for row, s in can])), 3) if can else None,
        "false_silence": round(float(np.mean([not s for _, s in can])), 3) if can else None,
        "silence": round(1 - float(np.mean(cannot)), 3) if cannot else None,
        "risk": round(sum(not each for each in answers) / len(rows), 3),
        "wrong_of_shown": round(1 - float(np.mean(answers)), 3) if answers else None,
    }


def _figures_of_speaks(rows: Sequence[Row], model: Logistic) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    pairs = _speaking(rows)
    held = np.array([model.probability(features) for features, _ in pairs])
    there = np.array([label for _, label in pairs])
    return {
        "auc": round(float(roc_auc_score(there, held)), 3),
        "speaks, of those that do": round(float(np.mean(held[there] >= 0.5)), 3),
        "silent, of those that do not": round(float(np.mean(held[~there] < 0.5)), 3),
    }


def _print_weights(calibration: Calibration) -> None:
    for name in ("right", "speaks"):
        model: Logistic = getattr(calibration, name)
        ordered = sorted(model.features.items(), key=lambda item: -abs(item[1][2]))
        print(name, {key: round(weight, 2) for key, (_, _, weight) in ordered})


def _print_thresholds(rows: Sequence[Row], model: Logistic) -> None:
    print("thresholds on the reporting half:")
    for percent in range(10, 75, 5):
        print(f"  {percent / 100:.2f}", json.dumps(_at(rows, model, percent / 100)))


if __name__ == "__main__":
    main()
