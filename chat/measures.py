"""The names of measures ("net income", "growth rate", "number of employees") in a question.

Pure functions on text. A measure is a noun that figures are given for, with the words before it that belong to it.
"""

import re
from dataclasses import dataclass

_HEADS = (
    r"revenues?|sales|turnover|incomes?|profits?|earnings(?: per share)?|losses|loss|margins?|cash flows?|ebitda|ebit"
    r"|eps|dividends?|costs?|expenses?|expenditures?|spending|capex|opex|debts?|assets|liabilities|equity|inventory"
    r"|inventories|values?|sizes?|shares?|growth(?: rates?)?|rates?|cagr|prices?|headcount|employees|customers"
    r"|subscribers|users|populations?|gdp|backlog|bookings|inflation|unemployment|yields?|returns?|ratios?|volumes?"
    r"|market cap(?:itali[sz]ation)?|deliveries|shipments|accuracy|fees|deposits|loans|forecasts?|guidance|investments?"
    r"|tax(?:es)?"
)
_MODIFIERS = (
    r"net|gross|operating|total|pre-?tax|diluted|basic|adjusted|free|annual|yearly|quarterly|market|growth|tax|interest"
    r"|effective|capital|long-term|short-term|current|average|compound|export|import|occupancy|unemployment|inflation"
    r"|interest rate|operational|fixed|variable|non-gaap|gaap|comprehensive|underlying|organic|segment|expected"
    r"|projected"
)
_MEASURE = re.compile(
    rf"(?<![\w-])(?:(?:number|amount) of [a-z]+|(?:(?:{_MODIFIERS})\s+)*(?:{_HEADS}))(?![\w-])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure's name: `text` stands at [start, end)."""

    text: str
    start: int
    end: int


def measures_in(text: str) -> tuple[Measure, ...]:
    """The measures that a text names, in order."""
    return tuple(Measure(match.group(), *match.span()) for match in _MEASURE.finditer(text))
