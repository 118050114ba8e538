"""How angry or abusive a text is: a sum of signs, read from the text alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from switchboard.nlu import signs

LONGEST = 1_000  # characters that are looked at: of more, as many from the beginning and from the end
NEARBY = 60  # characters around a word in which it is seen whom it is said of
WORD = re.compile(r"(?<![\w'])[^\W\d_]+(?:'[^\W\d_]+)?(?!\w)")
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
RUN = re.compile(r"[!?]{2,}")
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
EMPHASIS = frozenset({"NOT", "NOW", "AGAIN", "NEVER", "STILL", "STOP", "NO", "NOTHING", "ALREADY", "FINALLY"})
CAPITALS, SHORT_CAPITALS, EMPHASISED = 0.45, 0.3, 0.15
EXCLAIMED, EXCLAIMED_MORE, EXCLAIMED_MOST = 0.2, 0.35, 0.5
MASKED, SARCASTIC = 0.7, 0.6
BEYOND_DOUBT = 0.9  # from here on nothing gentle in the text counts


@dataclass(frozen=True)
class Lexicon:
    """Words in lower case and phrases, with their weights from 0 to 1. What is `harmless` is not looked at."""

    swearing: Mapping[str, float] = field(default_factory=lambda: signs.SWEARING)
    insults: Mapping[str, float] = field(default_factory=lambda: signs.INSULTS)
    phrases: tuple[tuple[float, re.Pattern[str]], ...] = ()
    harmless: re.Pattern[str] | None = None

    def extended(
        self,
        swearing: Iterable[str] = (),
        insults: Iterable[str] = (),
        phrases: Iterable[str] = (),
        harmless: Iterable[str] = (),
    ) -> Lexicon:
        """This one, and a project's own words and phrases. Each of them is enough by itself."""
        own = _either(phrases)
        return replace(
            self,
            swearing={**self.swearing, **{word.lower(): OWN for word in swearing}},
            insults={**self.insults, **{word.lower(): OWN for word in insults}},
            phrases=((OWN, own),) if own else self.phrases,
            harmless=_either(harmless) or self.harmless,
        )


OWN = 0.8  # what a project's own word weighs
ENGLISH = Lexicon()


def temper(text: str, lexicon: Lexicon = ENGLISH) -> float:
    """How sure it is, from 0 to 1, that whoever wrote this is angry or abusive.

    Takes any text, in linear time; of one longer than `LONGEST` it knows the beginning and the end.
    """
    plain = _plain(text)
    if lexicon.harmless:
        plain = lexicon.harmless.sub(" ", plain)
    low = plain.lower()
    words = WORD.findall(plain)
    calm = 1.0
    for weight in (*_shouting(plain, words), *_words(plain, lexicon), *_phrases(low, lexicon)):
        calm *= 1 - weight
    score = round(1 - calm, 3)
    return score / 2 if score < BEYOND_DOUBT and signs.GENTLE.search(low) else score


def _plain(text: str) -> str:
    """The same letters for what looks the same, nothing invisible, one space between words; case is kept."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"
    text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("’", "'").replace("‘", "'")
    return STRETCHED.sub(r"\1", " ".join(text.split())[:LONGEST])


def _shouting(plain: str, words: list[str]) -> Iterator[float]:
    """Capitals, and exclamation marks one after another, unless somebody is delighted."""
    if any(word.lower() in signs.PRAISE for word in words):
        return
    long = [word for word in words if len(word) > 1]
    shouted = sum(word.isupper() for word in long)
    if len(long) > 1 and shouted >= 0.7 * len(long):
        yield CAPITALS if shouted > 3 else SHORT_CAPITALS
    elif any(word in EMPHASIS for word in long):
        yield EMPHASISED
    runs = [len(run) for run in RUN.findall(plain)]
    if runs:
        yield EXCLAIMED_MOST if len(runs) > 2 else EXCLAIMED_MORE if len(runs) > 1 or max(runs) > 2 else EXCLAIMED


def _words(plain: str, lexicon: Lexicon) -> Iterator[float]:
    """Swearing, and insults that are said of whoever reads them; each word once."""
    seen: set[str] = set()
    for match in WORD.finditer(plain):
        word = match.group().lower()
        if word in seen or (word not in lexicon.swearing and word not in lexicon.insults) or _is_name(match):
            continue
        before = plain[max(0, match.start() - NEARBY) : match.start()].lower()
        after = plain[match.end() : match.end() + NEARBY].lower()
        weight = 0.0
        if word in lexicon.insults and (
            _is_aimed(before, after)
            or _is_called_out(word, before, after)
            or (word not in lexicon.swearing and _stands_alone(before, after))
        ):
            weight = lexicon.insults[word]
        if signs.PRAISE.isdisjoint(WORD.findall(after)[:2]):
            weight = max(weight, lexicon.swearing.get(word, 0.0))
        if weight:
            seen.add(word)
            yield weight
    if signs.MASKED.search(plain.lower()):
        yield MASKED


def _is_name(match: re.Match[str]) -> bool:
    """Written like a name, and not because a sentence begins there."""
    word, before = match.group(), match.string[: match.start()].rstrip(" ")
    return word[0].isupper() and word[1:].islower() and bool(before) and before[-1] not in ".!?:\n"


def _is_aimed(before: str, after: str) -> bool:
    if after.startswith((" i am", " i'm")) or signs.NOT_AIMED.search(before):
        return False
    return bool(signs.AIMED_BEFORE.search(before) or signs.AIMED_BEHIND.search(after))


def _stands_alone(before: str, after: str) -> bool:
    """ "Useless!", and nothing else in that sentence."""
    said = re.split(r"[.!?,;:]", before)[-1].lstrip()
    return bool(signs.ALONE.search(said)) and _ends(after)


def _is_called_out(word: str, before: str, after: str) -> bool:
    """ "Great job idiots!" """
    if word not in signs.CALLED_OUT:
        return False
    return bool(signs.BUNCH_OF.search(before)) or (_ends(after) and not signs.NOT_CALLED_OUT.search(before))


def _ends(after: str) -> bool:
    return not after.strip() or after[0] in ".!?,"


def _phrases(low: str, lexicon: Lexicon) -> Iterator[float]:
    for weight, pattern in (*signs.SAID, *lexicon.phrases):
        if pattern.search(low):
            yield weight
    for weight, pattern in signs.MEANT:
        if any(not _is_denied(low[max(0, match.start() - NEARBY) : match.start()]) for match in pattern.finditer(low)):
            yield weight
    if signs.SARCASM.search(low) and signs.GONE_WRONG.search(low):
        yield SARCASTIC


def _is_denied(before: str) -> bool:
    """ "I'm not angry" denies it; "I have never been so angry" doesn't."""
    return bool(signs.NEGATION.search(before)) and not signs.NEVER_SO.search(before)


def _either(phrases: Iterable[str]) -> re.Pattern[str] | None:
    texts = [r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases if phrase.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(texts)})(?!\w)", re.IGNORECASE) if texts else None
