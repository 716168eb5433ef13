"""Countries and regions under all the names that investors give them: "UK", "Britain", "British".

A table and two look-ups; knows no library. Without it a question on Japanese hospitals would be told that no passage
speaks of "Japanese" where every passage says "Japan".
"""

import re

from ingest.cleaning import folded

# The name to show first, then other spellings and the word for what comes from there.
_TABLE = """
China, Chinese, PRC, People's Republic of China, Mainland China
Hong Kong
Taiwan, Taiwanese
Japan, Japanese
South Korea, Korea, Korean, South Korean, Republic of Korea
India, Indian
Singapore, Singaporean
Malaysia, Malaysian
Indonesia, Indonesian
Thailand, Thai
Vietnam, Viet Nam, Vietnamese
Philippines, Philippine, Filipino
Pakistan, Pakistani
Bangladesh, Bangladeshi
Sri Lanka, Sri Lankan
Nepal, Nepalese
Kazakhstan, Kazakh
Australia, Australian
New Zealand
United States, US, USA, U.S., U.S.A., America, American
Canada, Canadian
Mexico, Mexican
Brazil, Brazilian
Argentina, Argentinian, Argentine
Chile, Chilean
Colombia, Colombian
Peru, Peruvian
United Kingdom, UK, U.K., Britain, Great Britain, British
Ireland, Irish
Germany, German
France, French
Italy, Italian
Spain, Spanish
Portugal, Portuguese
Netherlands, Dutch
Belgium, Belgian
Luxembourg
Switzerland, Swiss
Austria, Austrian
Sweden, Swedish
Norway, Norwegian
Denmark, Danish
Finland, Finnish
Poland, Polish
Czech Republic, Czechia, Czech
Hungary, Hungarian
Romania, Romanian
Greece, Greek
Turkey, Türkiye, Turkish
Ukraine, Ukrainian
Russia, Russian
Israel, Israeli
Saudi Arabia, Saudi
United Arab Emirates, UAE, U.A.E., Emirati
Qatar, Qatari
Egypt, Egyptian
Nigeria, Nigerian
Kenya, Kenyan
South Africa, South African
Morocco, Moroccan
European Union, EU, E.U., Europe, European
Asia, Asian
Asia-Pacific, Asia Pacific, APAC
Southeast Asia, South-East Asia, ASEAN
Africa, African
Latin America, Latin American, LatAm
Middle East, Middle Eastern
"""
_ROWS = tuple(tuple(line.split(", ")) for line in _TABLE.strip().splitlines())
_BY_NAME = {name.lower(): row for row in _ROWS for name in row}
# Longest first, so that "South Korea" is not read as "Korea". Short forms such as "us" are words in lower case.
_ANY = re.compile(
    r"(?<!\w)(?:"
    + "|".join(sorted((re.escape(n) for n in _BY_NAME if len(n) > 3), key=len, reverse=True))
    + r")(?!\w)",
    re.IGNORECASE,
)


def spellings(name: str) -> tuple[str, ...]:
    """All names of the place that `name` names, the usual one first; empty when it names none."""
    return _BY_NAME.get(folded(name), ())


def places_in(text: str) -> tuple[str, ...]:
    """Places that a text names in upper or lower case, under their usual names, in order; no abbreviations."""
    return tuple(dict.fromkeys(_BY_NAME[folded(match.group())][0] for match in _ANY.finditer(text)))
