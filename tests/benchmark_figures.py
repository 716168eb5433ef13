"""How many of the figures in 100 financial expressions are found, with the right value and unit; run it as
`python -m tests.benchmark_figures`. What is missed or wrong is printed.

Written by ourselves; years count as figures, and a figure is right when its kind, both ends and its unit are.
"""

import sys
import time
from decimal import Decimal

from chat.figures import FigureKind, find_figures

# A text, and "kind low[..high] unit" of each of its figures; dates and years as they are written.
SAMPLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Revenue came to US$1.59 billion in 2023.", ("money 1590000000 USD", "year 2023")),
    ("RMB 115.7 billion (approximately US$16.02 billion)", ("money 115700000000 CNY", "money 16020000000 USD")),
    ("It paid $8.7bn for the unit.", ("money 8700000000 $",)),
    ("Rates rose 25 bps to 4.50%.", ("points 0.25 ", "percent 4.50 ")),
    ("growing at 31 to 40 percent a year", ("growth 31..40 ",)),
    ("FY24 Q3 sales were €412m", ("period 2024 Q3", "money 412000000 EUR")),
    ("a valuation of US$5–7 billion", ("money 5000000000..7000000000 USD",)),
    ("between $3 million and $5 million in costs", ("money 3000000..5000000 $",)),
    ("margins of between 12 and 15 percent", ("percent 12..15 ",)),
    ("Margin widened from 5% to 7%.", ("percent 5 ", "percent 7 ")),
    ("Sales grew 12% to £3.4 billion.", ("growth 12 ", "money 3400000000 GBP")),
    ("The group runs 412 stores.", ("count 412 store",)),
    ("deployed in 100+ hospitals", ("count 100 hospital",)),
    ("over 38,000 hospitals", ("count 38000 hospital",)),
    ("92 AI-powered Class III medical devices were approved", ("count 92 device",)),
    ("a population of 1.4 billion", ("number 1400000000 ",)),
    ("some 2,500 people lost their jobs", ("count 2500 people",)),
    ("three new plants will open by 2026", ("count 3 plant", "year 2026")),
    ("two hundred and fifty branches", ("count 250 branch",)),
    ("twenty-five percent of voters", ("percent 25 ",)),
    ("two-thirds of the revenue", ("percent 66.67 ",)),
    ("three quarters of its customers", ("percent 75.00 ",)),
    ("half a billion dollars", ("money 500000000 $",)),
    ("a million users signed up", ("count 1000000 user",)),
    ("5 million euros", ("money 5000000 EUR",)),
    ("12 billion yen", ("money 12000000000 JPY",)),
    ("100 million yuan ($13.8 million)", ("money 100000000 CNY", "money 13800000 $")),
    ("₹1,23,456 crore", ("money 1234560000000 INR",)),
    ("Rs. 500 crore of debt", ("money 5000000000 INR",)),
    ("INR 2 lakh crore", ("money 2000000000000 INR",)),
    ("HK$4.2 billion was raised", ("money 4200000000 HKD",)),
    ("NT$18.50 a share", ("money 18.50 TWD",)),
    ("A$650,000", ("money 650000 AUD",)),
    ("CHF 1.2bn", ("money 1200000000 CHF",)),
    ("EUR 250 Mio", ("money 250000000 EUR",)),
    ("3,5 is not read, 1.234,56 € is", ("money 1234.56 EUR",)),
    ("¥300 billion", ("money 300000000000 ¥",)),
    ("US$6.5B (est.)", ("money 6500000000 USD",)),
    ("Capex of $45k", ("money 45000 $",)),
    ("$1,234.5 million", ("money 1234500000 $",)),
    ("USD 12 million", ("money 12000000 USD",)),
    ("12 million USD", ("money 12000000 USD",)),
    ("a fine of 1.8 billion euros", ("money 1800000000 EUR",)),
    ("earnings per share of $2.18", ("money 2.18 $",)),
    ("40 cents is no currency here, 40 rupees are", ("count 40 cent", "money 40 INR")),
    ("a CAGR of 21.7 percent", ("growth 21.7 ",)),
    ("fell 3.2% year on year", ("growth 3.2 ",)),
    ("revenue up 8 percent", ("growth 8 ",)),
    ("an 8% increase in headcount", ("growth 8 ",)),
    ("a compound annual growth rate (CAGR) of roughly 42.5 percent", ("growth 42.5 ",)),
    ("4.53 percent of GDP", ("percent 4.53 ",)),
    ("gross margin was 44.1%", ("percent 44.1 ",)),
    ("a 7 per cent share", ("percent 7 ",)),
    ("accuracy upwards of 97 percent", ("percent 97 ",)),
    ("up 1.5 percentage points", ("points 1.5 ",)),
    ("150 basis points wider", ("points 1.50 ",)),
    ("spread of 20-30 bps", ("points 0.20..0.30 ",)),
    ("about 38%", ("percent 38 ",)),
    ("10–15% of sales", ("percent 10..15 ",)),
    ("-5% in real terms", ("percent -5 ",)),
    ("a tenfold rise", ("ratio 10 ",)),
    ("traded at 3.5x earnings", ("ratio 3.5 ",)),
    ("more than 10-fold", ("ratio 10 ",)),
    ("12 times book value", ("ratio 12 ",)),
    ("on July 1, 2023", ("date 2023-07-01",)),
    ("as of 30 June 2024", ("date 2024-06-30",)),
    ("in March 2021", ("date March 2021",)),
    ("2024-05-17", ("date 2024-05-17",)),
    ("founded in 1998", ("year 1998",)),
    ("from 2023 to 2030", ("year 2023..2030",)),
    ("over 2023–30", ("year 2023..2030",)),
    ("in the first half of 2022", ("period 2022 H1",)),
    ("third quarter of fiscal 2024", ("period 2024 Q3",)),
    ("3Q23 results", ("period 2023 Q3",)),
    ("fiscal year 2025 guidance", ("period 2025",)),
    ("12 to 15 million subscribers", ("count 12000000..15000000 subscriber",)),
    ("8 million shares at $12.50 per share", ("count 8000000 share", "money 12.50 $")),
    ("300 MW of capacity", ("count 300 MW",)),
    ("14,000 tonnes of copper", ("count 14000 tonne",)),
    ("120 GWh a year", ("count 120 GWh",)),
    ("1,1 is left; 60 days are found", ("count 60 day",)),
    ("COVID-19, 5G, Form 10-K, Tier-1 and Q&A", ()),
    ("Note 12 and Item 7A", ()),
    ("see www.example.com/2020/article or call +1 555 0100-22", ()),
    ("version 3.2.1", ()),
    ("the 1990s", ()),
    ("the 3rd largest and 21st century", ()),
    ("at 10:30 in room B12", ()),
    ("the S&P 500 and the 737-800", ()),
    ("nearly 1.2 million of them", ("number 1200000 ",)),
    ("$750 million to $780 million", ("money 750000000..780000000 $",)),
    ("a range of 40 to 45 new stores", ("count 40..45 store",)),
    ("operating loss of $(12.4) million", ("money -12400000 $",)),
    ("€2 billion to €2.5 billion", ("money 2000000000..2500000000 EUR",)),
    ("costs of 1.1bn kr", ("money 1100000000 kr",)),
    ("25 million Canadian dollars", ("money 25000000 CAD",)),
    ("two million barrels", ("count 2000000 barrel",)),
    ("a $40 million Series B round", ("money 40000000 $",)),
    ("its 60-day trial", ()),
    ("17 of 20 analysts", ("number 17 ", "count 20 analyst")),
    ("人口达14亿, 增长5%", ("number 1400000000 ", "percent 5 ")),
    ("one in five patients", ("percent 20.00 ",)),
    ("won a US$30m contract in Q2 2025", ("money 30000000 USD", "period 2025 Q2")),
    ("revenue of between 4.1 and 4.3 billion dollars", ("money 4100000000..4300000000 $",)),
    ("GBP1.5m", ("money 1500000 GBP",)),
    ("$2.5-3.0 trillion", ("money 2500000000000..3000000000000 $",)),
    ("some 1 500 employees", ("count 1500 employee",)),
    ("Inflation of 2.1% and GDP of $27tn", ("percent 2.1 ", "money 27000000000000 $")),
    ("raised US$120,000,000 in equity", ("money 120000000 USD",)),
    ("Net loss was RMB1,204.3 million (US$165.0 million)", ("money 1204300000 CNY", "money 165000000 USD")),
)  # fmt: skip


def labels(text: str) -> list[str]:
    """The figures of `text` as the sample writes them; times as the ordinals of their days."""
    found = []
    for figure in find_figures(text):
        low, high = (format(value.normalize(), "f") for value in (figure.low, figure.high))
        found.append(f"{figure.kind.value} {low if low == high else f'{low}..{high}'} {figure.unit}".rstrip())
    return found


def expected(label: str) -> str:
    """A label of the sample with its numbers normalised, or the days that a time covers."""
    kind, _, rest = label.partition(" ")
    if kind in ("date", "year", "period"):
        written = rest.replace("..", "–")
        return labels(f"FY {rest}" if kind == "period" and len(rest) == 4 else written)[0]
    value, _, unit = rest.partition(" ")
    ends = (format(Decimal(each).normalize(), "f") for each in value.split(".."))
    return f"{kind} {'..'.join(ends)} {unit}".rstrip()


def measure() -> tuple[int, int, int, list[str]]:
    """Figures in the sample, figures found, those that are right, and what was not, in words."""
    wanted = given = right = 0
    problems = []
    for text, gold in SAMPLE:
        want, got = [expected(label) for label in gold], labels(text)
        wanted, given = wanted + len(want), given + len(got)
        same = sum(label in got for label in want)
        right += same
        if same < len(want) or len(got) > len(want):
            problems.append(f"{text!r}: wanted {want}, found {got}")
    return wanted, given, right, problems


def main() -> None:
    """Print recall, precision, what is not right, and the time."""
    wanted, given, right, problems = measure()
    for problem in problems:
        print(problem)
    print(f"{wanted} figures in {len(SAMPLE)} texts: recall {right / wanted:.3f}, precision {right / given:.3f}")
    text = " ".join(text for text, _ in SAMPLE)
    begin = time.perf_counter()
    for _ in range(20):
        find_figures(text)
    spent = (time.perf_counter() - begin) / 20
    print(f"{spent * 1000:.1f} ms for {len(text)} characters; kinds: {', '.join(FigureKind)}", file=sys.stderr)


if __name__ == "__main__":
    main()
