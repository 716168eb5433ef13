"""Facts in the making: what goes before what, by where it was found."""

from contextlib import suppress
from datetime import date

from ingest.article import Article
from ingest.periods import parse_period, year_end_of, year_ends

# Where a file says things of itself that are often somebody else's: whatever the text says goes before these.
STATED = frozenset({"PDF metadata", "document properties"})
# Where the regulator's own data say whose and of when a filing is, in its ways of writing.
REGULATOR = frozenset({"inline XBRL", "submission header"})
# A filing's cover names it better than anything but these.
_TITLE_ORIGINS = frozenset({"given", "row", "front matter"})


class Found:
    """Facts, title and date in the making. What is stated strongly is not replaced by what is found."""

    def __init__(self, article: Article) -> None:
        self.facts = dict(article.facts)
        self.origins = dict(article.origins)
        self.title = article.title
        self.published = article.published

    def get(self, key: str) -> str:
        """A fact, "" where there is none."""
        return self.facts.get(key, "")

    def add(self, key: str, value: str, origin: str) -> None:
        """Add a fact unless it is there."""
        if value and not self.get(key):
            self.facts[key] = value
            self.origins[key] = origin

    def entitle(self, title: str, origin: str) -> None:
        """Call the document so, unless its source does otherwise."""
        if self.origins.get("title") not in _TITLE_ORIGINS:
            self.title = title
            self.origins["title"] = origin

    def date_by(self, day: date, origin: str) -> None:
        """Date the document, unless it is dated by more than what its file says of itself."""
        if self.published is None or self.origins.get("published") in STATED:
            self.published = day
            self.origins["published"] = origin

    def normalise(self) -> None:
        """Given periods in the notation that filters compare, and the regulator's year-end as it is every year."""
        for key in ("period", "calendar_period"):
            if (period := parse_period(self.get(key))) is not None:
                self.facts[key] = period.label
        if self.origins.get("year_end") in REGULATOR:
            with suppress(ValueError):
                self.facts["year_end"] = year_ends(*year_end_of(date.fromisoformat(f"2001-{self.get('year_end')}")))
