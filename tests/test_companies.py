"""Names of companies, compared as people write them."""

import pytest

from ingest.companies import company_words, same_company


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("INTEL CORPORATION", ("intel",)),
        ("Amazon.com, Inc.", ("amazon.com",)),
        ("The Walt Disney Company", ("walt", "disney")),
        ("L’Oréal S.A.", ("l'oreal",)),
        ("Johnson & Johnson", ("johnson", "and", "johnson")),
        ("Procter & Gamble Co.", ("procter", "and", "gamble")),
        ("U.S. Bancorp", ("us", "bancorp")),
        ("The Trust Company", ("the", "trust", "company")),
        ("Macy’s, Inc.", ("macy",)),
        ("", ()),
    ],
)
def test_legal_forms_and_accents_are_left_out(name, words):
    assert company_words(name) == words


def test_a_name_is_compared_whole():
    assert same_company("Intel", "INTEL CORPORATION")
    assert same_company("Nestlé S.A.", "Nestle")
    assert not same_company("Delta Air Lines", "Delta Electronics")
    assert not same_company("", "")
