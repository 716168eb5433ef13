"""What inline XBRL says of the document that it stands in: who filed it, on what form, for which period."""

import re
from typing import Any

from ingest.dates import parse_date
from ingest.formats.html_lines import tag_of

_FACTS = {
    "entityregistrantname": "company",
    "nameofreportingentityorothermeansofidentification": "company",
    "filernameinenglishdei": "company",
    "tradingsymbol": "ticker",
    "documenttype": "kind",
    "documentperiodenddate": "period_end",
    "documentfiscalyearfocus": "year",
    "documentfiscalperiodfocus": "focus",
    "currentfiscalyearenddate": "year_end",
    "amendmentflag": "amended",
}
_PERIODIC = re.compile(r"(?:10-[kq]|20-f|40-f|10-kt|10-qt|11-k)(?:/a)?", re.IGNORECASE)
_MONTH_DAY = re.compile(r"-*(\d\d)-(\d\d)")


def facts_of(tree: Any) -> dict[str, str]:
    """The document's own facts, by the keys of an article; of several registrants those of the first."""
    said: dict[str, str] = {}
    partial = {context.get("id") for context in tree.iter("xbrli:context") if _has_segment(context)}
    for element in tree.iter("ix:nonnumeric"):
        name = _FACTS.get((element.get("name") or "").rpartition(":")[2].lower())
        if name is None:
            continue
        value = " ".join("".join(element.itertext()).split())
        # Several classes of shares have a symbol each, several registrants a name: the one without a context of its own
        # comes first, then the first.
        whole = element.get("contextref") not in partial
        if value.strip("-–— ") and (name not in said or (whole and f"{name} of all" not in said)):
            said[name] = value
            if whole:
                said[f"{name} of all"] = value
    facts: dict[str, str] = {key: said[key] for key in ("company", "ticker") if key in said}
    kind = said.get("kind", "")
    if kind:
        amended = said.get("amended", "").lower() == "true" and not kind.upper().endswith("/A")
        facts["kind"] = f"{kind}/A" if amended else kind
    end = parse_date(said.get("period_end", ""))
    if end is not None and (not kind or _PERIODIC.fullmatch(kind)):
        facts["period_end"] = end.isoformat()
    if match := _MONTH_DAY.fullmatch(said.get("year_end", "")):
        facts["year_end"] = f"{match[1]}-{match[2]}"
    elif (day := parse_date(f"{said.get('year_end', '')}, 2000")) is not None:
        facts["year_end"] = f"{day:%m-%d}"
    year, focus = said.get("year", ""), said.get("focus", "").upper()
    if re.fullmatch(r"(?:19|20)\d\d", year) and (not kind or _PERIODIC.fullmatch(kind)):
        if focus == "FY":
            facts["period"] = year
        elif re.fullmatch(r"[QH]\d", focus):
            facts["period"] = f"{year} {focus}"
    return facts


def _has_segment(context: Any) -> bool:
    return any(tag_of(each).rpartition(":")[2] in ("segment", "scenario") for each in context.iter())
