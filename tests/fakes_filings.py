"""Filings in HTML as the programs of filing agents write them, made up whole: no company and no figure is real.

Three manners: `divided` sets every line as a div of spans with inline XBRL and tables of three cells a column,
`paragraphed` as p and font with a sign in a cell of its own, `sheeted` through classes of a style sheet.
"""

from collections.abc import Sequence

PROSE = (
    "The Company designs and sells measuring instruments for rivers and harbours, and its customers are mostly public. "
    "Demand follows the budgets of ports, which are set once a year and seldom changed afterwards."
)
_NAMES = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"'


def header(**facts: str) -> str:
    """The hidden head of an inline XBRL document; keys are names of document and entity information."""
    tags = "".join(
        f'<ix:nonNumeric contextRef="c-1" name="dei:{key}" id="f-{key}">{facts[key]}</ix:nonNumeric>' for key in facts
    )
    return (
        f'<div style="display:none"><ix:header><ix:hidden>{tags}</ix:hidden><ix:resources>'
        '<xbrli:context id="c-1"><xbrli:entity><xbrli:identifier scheme="x">0009</xbrli:identifier></xbrli:entity>'
        "<xbrli:period><xbrli:startDate>2023-01-01</xbrli:startDate><xbrli:endDate>2023-07-01</xbrli:endDate>"
        '</xbrli:period></xbrli:context><xbrli:context id="c-2"><xbrli:entity><xbrli:segment>other</xbrli:segment>'
        "</xbrli:entity></xbrli:context></ix:resources></ix:header></div>"
    )


def divided(body: str, **facts: str) -> str:
    """A whole document of `divided` parts."""
    return (
        f"<?xml version='1.0' encoding='ASCII'?>\n<!-- made by a test -->\n<html {_NAMES}><head><title>xyz-20230701"
        f'</title></head><body>{header(**facts)}<div id="top"/><div style="min-height:42.75pt;width:100%"></div>{body}'
        "</body></html>"
    )


def line(text: str, *, bold: bool = False, centred: bool = False, italic: bool = False, size: float = 9) -> str:
    """A line of text; a "|" in it begins another span, as where the writer's program stopped and went on."""
    style = f"color:#000000;font-family:'Helvetica',sans-serif;font-size:{size}pt;line-height:120%;"
    style += f"font-weight:{700 if bold else 400};" + ("font-style:italic;" if italic else "")
    spans = "".join(f'<span style="{style}">{part}</span>' for part in text.split("|"))
    return f'<div style="margin-top:6pt;{"text-align:center" if centred else "text-align:justify"}">{spans}</div>\n'


def bullet(text: str) -> str:
    """An item whose bullet is a span of its own, with a hanging indent instead of a list."""
    return (
        '<div style="padding-left:18pt;text-indent:-18pt"><span style="font-size:9pt">•</span>'
        f'<span style="font-size:9pt;padding-left:14.5pt">{text}</span></div>\n'
    )


def page_end(foot: str, top: str = "") -> str:
    """A page's foot, the break, and the link to the contents on top of the next page."""
    link = f'<div style="text-align:left"><span><a href="#toc">{top}</a></span></div>' if top else ""
    return (
        '<div style="height:42.75pt;position:relative;width:100%"><div style="bottom:0;position:absolute;width:100%">'
        f'<div style="text-align:center"><span style="font-size:8pt">{foot}</span></div></div></div>'
        f'<hr style="page-break-after:always"/><div style="min-height:42.75pt;width:100%">{link}</div>'
    )


def divided_table(heads: Sequence[tuple[str, int]], years: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of three cells a column: "$", the figure, and what follows it; empty ones in between.

    `heads` are (name, columns that it spans); rows are a label and figures such as "$5", "(3)" or "4%".
    """
    width = 3 + 6 * len(years)
    widths = "".join('<td style="width:1.0%"></td>' for _ in range(width))
    above = '<td colspan="3"></td>' + '<td colspan="3"></td>'.join(
        f'<td colspan="{6 * span - 3}" style="border-bottom:1pt solid #000"><div style="text-align:center">'
        f'<span style="font-weight:700">{name}</span></div></td>'
        for name, span in heads
    )
    below = '<td colspan="3"></td>' + '<td colspan="3"></td>'.join(
        f'<td colspan="3"><div style="text-align:center"><span style="font-weight:700">{year}</span></div></td>'
        for year in years
    )
    body = ""
    for label, *figures in rows:
        cells = f'<td colspan="3" style="padding:2px 1pt"><span>{label}</span></td>'
        cells += '<td colspan="3" style="padding:0 1pt"></td>'.join(map(_figure_cells, figures))
        body += f"<tr>{cells}</tr>\n"
    rows_above = f"<tr>{widths}</tr><tr>{above}</tr><tr>{below}</tr>"
    return f'<div><table style="border-collapse:collapse;width:100%">{rows_above}{body}</table></div>\n'


def _figure_cells(figure: str) -> str:
    if not figure:
        return '<td colspan="3"></td>'
    sign, figure = ("$", figure[1:]) if figure.startswith("$") else ("", figure)
    tail = figure[-1] if figure[-1] in ")%" else ""
    figure = figure.removesuffix(tail)
    fact = figure
    if figure.strip("(").replace(",", "").isdigit():
        opening = "(" if figure.startswith("(") else ""
        number = figure.lstrip("(")
        fact = f'{opening}<ix:nonFraction unitRef="usd" contextRef="c-1" name="x:Y">{number}</ix:nonFraction>'
    if not sign and not tail:
        return f'<td colspan="2"><span>{fact}</span></td><td style="padding-right:1pt"></td>'
    if not sign:
        return f'<td colspan="2"><span>{fact}</span></td><td><span>{tail}</span></td>'
    return f"<td><span>{sign}</span></td><td><span>{fact}</span></td><td><span>{tail}</span></td>"


def paragraphed(body: str) -> str:
    """A whole document of p and font, in the manner of word processors twenty years ago, without XBRL."""
    return f"<HTML><HEAD><TITLE>Form 10-K</TITLE></HEAD><BODY BGCOLOR='WHITE'>{body}</BODY></HTML>"


def text(words: str, *, bold: bool = False, centred: bool = False, underlined: bool = False) -> str:
    """A paragraph of `paragraphed`."""
    words = f"<B>{words}</B>" if bold else words
    words = f"<U>{words}</U>" if underlined else words
    align = "ALIGN=center" if centred else ""
    return f'<P STYLE="margin-top:0px" {align}><FONT FACE="Times New Roman" SIZE="2">{words}</FONT></P>\n'


def paragraphed_table(years: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns are a spacer, "$", the figure and ")" each."""
    head = "<TD></TD>" + "".join(
        f'<TD VALIGN="bottom">&nbsp;</TD><TD COLSPAN="2" ALIGN="center"><FONT SIZE="1"><B>{year}</B></FONT></TD>'
        "<TD>&nbsp;</TD>"
        for year in years
    )
    body = ""
    for label, *figures in rows:
        body += f'<TR BGCOLOR="#cceeff"><TD VALIGN="top"><P STYLE="text-indent:-1em">{label}</P></TD>'
        for figure in figures:
            sign = "$" if figure.startswith("$") else "&nbsp;"
            tail = ")&nbsp;" if figure.endswith(")") else "%" if figure.endswith("%") else "&nbsp;"
            bare = figure.strip("$)%")
            body += f'<TD>&nbsp;&nbsp;</TD><TD>{sign}</TD><TD ALIGN="right">{bare}</TD><TD NOWRAP>{tail}</TD>'
        body += "</TR>\n"
    return f'<TABLE CELLSPACING="0" WIDTH="100%"><TR>{head}</TR>{body}</TABLE>\n'


def sheeted(body: str, sheet: str) -> str:
    """A whole XHTML document with a style sheet of its own, as reports in Europe have."""
    head = f'<title>Annual report</title><style type="text/css">{sheet}</style>'
    return f'<?xml version="1.0" encoding="UTF-8"?><html {_NAMES}><head>{head}</head><body>{body}</body></html>'
