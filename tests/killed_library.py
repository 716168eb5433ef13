"""Run by test_killed.py: a library that is killed, shared or out of space, in processes forked from this one.

What takes long to import is imported once, here; the parent itself opens nothing, so that forking is safe.
"""

import json
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path

import faiss  # noqa: F401  (imported before forking, to save time)
import tantivy  # noqa: F401

from errors import FootnoteError
from index.library import Library
from ingest.sources import Source
from tests.fakes_embedder import BagEmbedder

ARTICLES = 12


def sources(version, first=0, size=1):
    return [
        Source(f"{n}.txt", data=(f"Article {n} in version {version}. " * size).encode())
        for n in range(first, first + ARTICLES)
    ]


def open_library(folder):
    return Library(folder, BagEmbedder(), batch_passages=2)


def forked(work):
    """Start `work(pipe)` in a process of its own; give its id and the reading end of its pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            work(writing)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    return child, reading


def answer_of(work):
    """What `work()` gives, computed in a process of its own."""
    child, pipe = forked(lambda writing: os.write(writing, json.dumps(work()).encode()))
    with os.fdopen(pipe, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    return json.loads(data)


def state(folder):
    with open_library(folder) as library:
        problems = [f"{each.what}: {each.where}" for each in library.verify()]
        texts = {each.source: library.article(each.source).article.text.strip() for each in library.articles()}
        found = len(library.search("article version", k=100).hits)
    return problems, texts, found


def add(folder, new, pipe=None):
    with open_library(folder) as library:
        library.add(new, on_progress=lambda _: pipe is not None and os.write(pipe, b"."))


def kill_again_and_again(folder, rounds):
    """Replace all articles in each round, and be killed on the way."""
    told = []
    for number in range(rounds):
        chance = random.Random(number)
        child, pipe = forked(lambda writing, number=number: add(folder, sources(number), writing))
        for _ in range(chance.randrange(2 * ARTICLES)):
            os.read(pipe, 1)
        time.sleep(chance.random() * 0.03)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(pipe)
        told.append(answer_of(lambda: state(folder)))
    answer_of(lambda: add(folder, sources("last")))
    return told, answer_of(lambda: state(folder))


def two_at_once(folder):
    """Two processes add, a third searches meanwhile."""

    def search(_):
        with open_library(folder) as library:
            for _ in range(20):
                for hit in library.search("article version").hits:
                    assert hit.text == library.article(hit.article_id).article.text[hit.start : hit.end]

    works = [lambda _, n=n: add(folder, sources(n, first=n * ARTICLES)) for n in range(2)]
    children = [forked(work) for work in [*works, search]]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in children]
    return codes, answer_of(lambda: state(folder))


def run_out_of_space(folder, size):
    """Add until a file may not grow any more; then look at the library without the limit."""

    def fail():
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
        try:
            for version in range(200):
                add(folder, sources(version, size=size))
        except FootnoteError as error:
            return type(error).__name__, str(error)
        return "nothing", "failed"

    add_first = answer_of(lambda: add(folder, sources("first")))
    return add_first, answer_of(fail), answer_of(lambda: state(folder))


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    print(json.dumps(globals()[what](Path(where), *map(int, numbers))))
