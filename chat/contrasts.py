"""Words that tell one measure from another beside it: gross and net, orders and revenue, a plan and what came of it.

Pure functions on words.
"""

import re

# Each line is a group, its classes parted by bars and their words by commas; "%" stands for the rest of a word.
_GROUPS = """
revenue, revenues, sales, turnover, top line | order intake, orders, bookings | backlog, order book | ebitda
    | ebit, operating profit, operating income | net profit, net income, net loss, after tax | gross profit
    | cash flow | capex, capital expenditure%, plant and equipment, invest% | dividend%, payout | debt, borrowings
    | deposits | assets under management | headcount, employ%, staff, workforce, jobs | margin%
gross | net
by value, in value, in money, value share, of the money, spending | by volume, volume share, in litres, in tonnes, units
average, mean, typical | median | prime, best | peak, maximum, record
year on year, year-on-year, annual%, a year earlier, a year ago, twelve months | month on month, month-on-month, monthly
    | quarter on quarter, quarter-on-quarter
interim, preliminary, flash, provisional | final, definitive, revised
actual%, outturn, delivered, completed, realised
    | target%, plan, plans, planned, goal%, budget%, granted, earmarked, guid%, aim%, promis%
men, male | women, female | children, pupils, under 18, youth, young
rural | urban, cities | national, total population
domestic% | foreign%, international%, overseas, abroad, export%
nominal% | real
list price%, official price | rebate%, discount%, net price
upfront, up-front | milestone%, in all, up to
active | registered, signed up, downloads, accounts
capacity, installed | output, production, produced, generated, generation, harvest%, crop
introduced, proposed, tabled | passed, adopted, approved, signed | applies, in force, takes effect, effective
began, started, start, ground was broken | finished, completed, completion, opened, opening
consolidated, whole group | division, segment, subsidiary, arm, unit, joint venture
equity, shares, stocks | bond, bonds, fixed income
proved | probable, possible
proposed, recommended, offered | paid, agreed, accepted
adjusted, underlying, non-gaap, core, recurring | reported, statutory, gaap, ifrs
basic | diluted
hired, hires, recruit%, joined | headcount, employ%, workforce
shipped, shipments, delivered, deliveries | ordered, orders | produced, output
applications, applied, applicants | admitted, enrolled, granted, approved
passengers | tonnes, cargo, freight
before tax, pre-tax | after tax
wholesale | retail
"""


def _pattern(words: str) -> re.Pattern[str]:
    each = "|".join(re.escape(word.strip()).replace("%", r"\w*") for word in words.split(",") if word.strip())
    return re.compile(rf"(?<![\w-])(?:{each})(?![\w-])")


_CLASSES = tuple(
    tuple(_pattern(words) for words in line.split("|")) for line in _GROUPS.replace("\n    |", " |").strip().split("\n")
)


def contrasts(one: str, other: str) -> tuple[int, int]:
    """In how many groups two texts name different things, and in how many only one of them names something."""
    one, other = one.lower(), other.lower()
    different = lopsided = 0
    for classes in _CLASSES:
        here = {number for number, pattern in enumerate(classes) if pattern.search(one)}
        there = {number for number, pattern in enumerate(classes) if pattern.search(other)}
        different += bool(here and there and not here & there)
        lopsided += bool(here) != bool(there)
    return different, lopsided
