"""Whether a text is addressed to somebody by name, as people write in a group: "@assistant", "hey assistant, …".

A name that is only talked about does not count: "the assistant said", "> assistant, where is it", "assistant manager".
A rule of thumb, in English, German and Spanish; an @ before the name always helps.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

Names = tuple[str, ...]

QUOTE = re.compile(r'^[^\S\n]*>.*$|"[^"\n]{0,200}"|[“„«][^“”»\n]{0,200}[”“»]', re.MULTILINE)

# What people say before a name. After a greeting anything may follow it.
GREETINGS = r"""hey|hi|hello|yo|dear|thanks|thank\s+you(?:\s+so\s+much)?|ok|okay|please
    |good\s+(?:morning|afternoon|evening)
    |hallo|moin|servus|guten\s+(?:morgen|tag|abend)|liebe[r]?|danke|bitte
    |hola|oye|buen[oa]s\s+(?:d[ií]as|tardes|noches)|gracias|por\s+favor|querid[oa]"""
LEADS = r"""yes|no|so|and|but|well|then|right|alright|sorry|you|never\s+mind
    |ja|nein|also|gut|und|aber|sorry|du|s[ií]|vale|bueno|pues|perdona|y|t[uú]"""
# What follows a name without a comma, where it begins a sentence. Else it is rather the subject: "assistant says …".
ASKING = r"""what(?:'?s)?|where(?:'?s)?|when(?:'?s)?|why|who(?:'?s)?|how(?:'?s)?|which|please|thanks
    |help|stop|cancel|show|tell|give|send|find|track|check|look|order|change|go|wait|\d+
    |wo|was|wann|wie|warum|wer|welche[rs]?|bitte|zeig\w*|hilf|hilfe|stopp?|storniere|nimm|such\w*
    |d[oó]nde|qu[eé]|cu[aá]ndo|c[oó]mo|cu[aá]nto|por\s+favor|ayuda|para|cancela|muestra|dime|busca|puedes"""
AUXILIARIES = r"""is|are|was|were|do|does|did|can|could|will|would|should|may|has|have|had
    |ist|sind|kann|kannst|k[oö]nnen|k[oö]nnt|hast|habt|wird|wirst|soll|est[aá]|hay"""
SUBJECTS = r"""i|we|you|it|he|she|they|my|our|your|his|her|their|the|this|that|these|those|there|any\w*|some\w*
    |ich|wir|du|ihr|es|er|sie|mein\w*|unser\w*|dein\w*|der|die|das|mi|mis|el|la|los|las"""
PAUSE = r"(?:^|[.!?…:;,(¡¿–—-])[^\S\n]*"
END = r"""\s*(?:$|[^\w\s'’"@/\\-]|\s-\s)"""


def addresses(text: str, names: Names) -> bool:
    """Whether `text` speaks to somebody of one of these names, in whatever case. Quotations do not count."""
    text = QUOTE.sub(" ", _plain(text))
    return any(pattern.search(text) for pattern in _patterns(names))


@functools.lru_cache(64)
def _patterns(names: Names) -> tuple[re.Pattern[str], ...]:
    name = "|".join(r"\s+".join(map(re.escape, _plain(name).split())) for name in _longest_first(names))
    if not name:
        return ()
    whole = rf"@?(?:{name})(?![\w@]|['’]s\b|[-.]\w)"
    lead = rf"(?:(?:{GREETINGS}|{LEADS})[\s,!]+)"
    greeting = rf"(?:{GREETINGS})[\s,!]+"
    asking = rf"\s+(?:(?:{ASKING})|(?:{AUXILIARIES})\s+(?:{SUBJECTS}))(?!\w)"
    flags = re.VERBOSE | re.MULTILINE
    return (
        re.compile(rf"(?<![\w.@/-])@(?:{name})(?![\w@]|['’]s\b|[-.]\w)", flags),
        re.compile(rf"{PAUSE}{lead}{{0,3}}{whole}(?:{END}|{asking})", flags),
        re.compile(rf"{PAUSE}{lead}{{0,2}}{greeting}{whole}", flags),
    )


def _plain(text: str) -> str:
    """The same letters for what looks the same, in one case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted((name for name in names if name.strip()), key=len, reverse=True)
