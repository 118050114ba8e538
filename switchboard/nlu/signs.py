"""What anger looks like in writing: words and phrases of British and American English, each with what it weighs.

A weight is how sure one sign alone makes us, from 0 to 1. Phrases are matched in lower case, with one space between
words.
No quantifier stands within another, and none is open-ended but for a word: each pattern is done in linear time.
"""

from __future__ import annotations

import re


def _words(weight: float, words: str) -> dict[str, float]:
    return dict.fromkeys(re.findall(r"\S+", words), weight)


# Words that count by themselves, but for praise ("bloody brilliant"), and names of places, which begin with a capital.
SWEARING: dict[str, float] = {
    **_words(
        0.8,
        """
        fuck fucks fucked fucker fuckers fuckin fucking fukin fuking fkn fking motherfucker motherfuckers
        bullshit cunt cunts wanker wankers twat twats bollocks asshole assholes arsehole arseholes dickhead
        dickheads shithead shitheads tosser tossers bellend prick pricks bitch bitches goddamn goddamned goddam
        """,
    ),
    **_words(0.6, "wtf stfu bastard bastards shite shitty"),
    **_words(0.3, "shit bloody crap crappy damn damned damnit dammit hell pissed"),
}

# Words that count where they are said of whoever reads it, or of whom that works for.
INSULTS: dict[str, float] = {
    **_words(
        0.65,
        """
        idiot idiots moron morons imbecile imbeciles cretin cretins clown clowns thief thieves crook crooks liar
        liars scammer scammers scam fraud frauds fraudster fraudsters cowboys muppets jokers bastards scum
        parasites useless pathetic stupid dumb dumbest brainless braindead hopeless incompetent worthless
        moronic idiotic joke disgusting disgrace disgraceful shameful shambles crap shit shite shitty crappy
        liers robbers criminals losers loser amateurs
        """,
    ),
    **_words(
        0.4,
        """
        terrible awful appalling atrocious dreadful unacceptable ridiculous horrible worst rubbish trash garbage
        """,
    ),
}

PRAISE = frozenset(
    _words(
        1,
        """
        good great brilliant marvellous marvelous amazing awesome love loved lovely beautiful fantastic perfect
        excellent nice best fast quick comfy comfortable thank thanks cheers yay wow wonderful gorgeous cool
        happy pleased fine
        """,
    )
)

_OF_YOURS = (
    r"(?:bot|robot|chat ?bot|chat|machine|ai|assistant|company|shop|store|firm|service|support|staff|team|drivers?"
    r"|couriers?|outfit)"
)
# Who an insult is said of: before it, with words between, or right behind it.
AIMED_BEFORE = re.compile(
    rf"\b(?:(?:you're|youre|ur|your an?|(?:you|u)(?: guys| lot| people| all)? (?:are|r)"
    rf"|are (?:you|u) (?:guys|lot|people|all)"
    rf"|(?:your|this|the whole|this whole) (?:\w+ )?(?:{_OF_YOURS}|place|people|website))(?: [\w']+){{0,4}}"
    r"|(?:are )?(?:you|u)"
    r"(?: (?:absolute|complete|utter|total|bunch of|lot of|fucking|bloody|damn|little|lying|all|really|just|thieving"
    r"|stupid|useless|pathetic)){0,2}|(?:absolute|complete|utter|total)(?: \w+)?) $"
)
AIMED_BEHIND = re.compile(rf"^(?: of an?)?(?: [\w']+)? {_OF_YOURS}\b")
NOT_AIMED = re.compile(
    r"\b(?:i'm|im|i am|i was|i feel|me|my|his|her|he|she|he's|she's|not|isn't|aren't|n't)(?: [\w']+){0,3} $"
)
ALONE = re.compile(r"^(?:(?:such|just|so|truly|absolutely|utterly|totally|simply|what|an?|you|fucking|bloody) )*$")
# Those that are called out at somebody: "Great job, idiots."
CALLED_OUT = frozenset(
    _words(
        1,
        """
        idiots morons clowns thieves liars crooks scammers robbers criminals amateurs fraudsters imbeciles jokers
        muppets
        """,
    )
)
BUNCH_OF = re.compile(r"\b(?:bunch|pack|load|lot) of(?: \w+)? $")
NOT_CALLED_OUT = re.compile(r"\b(?:the|of|are|were|those|these|by|with|some|like|for|no|as|and|or|any|from|against) $")

# What stands for several words in phrases.
PARTS = {
    "<yours>": _OF_YOURS,
    "<nth>": r"(?:third|fourth|fifth|sixth|tenth|hundredth|thousandth|umpteenth|nth|3rd|4th|5th|6th|10th)",
    "<telling>": r"(?:ask|tell|told|say|said|writ|wrote|contact|call|chas|complain|explain|repeat|messag|email)",
    "<lawyers>": r"(?:lawyers?|solicitors?|attorneys?|legal team)",
    "<everyone>": r"(?:everyone|everybody|the world|twitter|facebook|social media|everywhere|trustpilot|reddit|tiktok)",
}


def _phrases(blocks: dict[float, str]) -> tuple[tuple[float, re.Pattern[str]], ...]:
    """A pattern of each line of the blocks, with its block's weight."""
    result = []
    for weight, block in blocks.items():
        for line in filter(None, map(str.strip, block.splitlines())):
            for part, pattern in PARTS.items():
                line = line.replace(part, pattern)
            result.append((weight, re.compile(rf"\b(?:{line})")))
    return tuple(result)


# Said to whoever reads it; a "not" before it changes nothing.
SAID = _phrases(
    {
        0.8: r"""
            (?:fuck|piss|sod|bugger|naff|eff) (?:off|you|this|that|u)
            go to hell|screw (?:you|u|this)|drop dead(?! gorgeous)|(?<!\w )get (?:stuffed|lost)|up yours
            kiss my a\w{2,3}|rot in hell
        """,
        0.7: r"""
            shut up|stop lying|lying to me|how dare you|shame on (?:you|u)
            ashamed of (?:yoursel\w+|yourself)
            waste of (?:space|oxygen|skin)|half a brain|brain ?dead
            what (?:kind|sort) of (?:idiot|moron|clown|company)s?
        """,
        0.65: r"""
            <nth> (?:bloody |damn |fucking )?time (?:that )?i(?:'m|'ve| am| have)? ?(?:been |had to )?<telling>
            for the (?:<nth>|bloody last|fucking last) (?:bloody |damn |fucking )?time\b
        """,
        0.6: r"""
            (?:give|gives|gave) an? (?:shit|damn|toss|crap|fuck|monkey's|rat's)
            (?:think|take) i'?m (?:stupid|an idiot|a fool|thick)|take me for (?:a fool|an idiot)
            taking the (?:piss|mick|mickey)
            (?:what|wtf) (?:the \w+ )?(?:is|'s) wrong with (?:you|u)
            are you (?:\w+ )?(?:stupid|deaf|blind|mental)\b
            are you (?:fucking|bloody|actually|seriously) kidding
            (?:do|don't|can't) you (?:even|actually|ever|just) (?:read|listen)\b
            are you (?:even |actually )?(?:reading|listening)\b
            thanks for nothing(?! but)|thanks a (?:bunch|lot) for nothing|cheers for nothing|helpful\W{1,3}not\b
            another week,? another
            (?:oh|wow),? (?:great|brilliant|fantastic|lovely|wonderful|perfect|well),? (?:another|now|so|more|yet)\b
            pieces? of (?:shit|crap|garbage|junk|rubbish)|load of (?:shit|crap|bollocks|bull|rubbish)
            (?:is|such|what|pure|total|complete) bs\b
            how many (?:more )?times (?:do i have to|do i need to|must i|have i|will i have to) <telling>
            going round (?:and round )?in circles
            (?:i've|i have) (?:already )?(?:told|asked|said|written)(?: to)?(?: you)? (?:\w+ ){0,2}times (?:already|now)
            you (?:have |'ve )?(?:completely |totally )?ruined\b
            i (?:want|demand) (?:a|an|your|the) (?:manager|supervisor) now
            what the (?:hell|fuck) (?:is|are|were|was|did) (?:you|your|this|that|wrong|going)
            piss(?:es|ed|ing)? (?:me|us|people) off
            get your (?:shit|act) together|(?:what|which) (?:idiot|moron)\b
            you (?:guys |people |lot |all )?suck|your \w+ sucks|more lies\b
            worst (?:\w+ )?(?:company|shop|store|service|experience|customer service|firm) ever
        """,
        0.4: r"""
            (?:is|are|absolutely|totally|completely) (?:just )?(?:unacceptable|not acceptable|ridiculous|outrageous)
        """,
        0.3: r"""
            i (?:already )?(?:said|told you)\b|you (?:people|lot|guys|clowns)|answer me
            speak to (?:a|the|your) manager|stop (?:sending|saying|telling|asking)
            give me (?:back )?my \w+|is (?:anyone|anybody) (?:there|alive|awake)
        """,
    }
)

# Felt or threatened; "not" before it takes it back.
MEANT = _phrases(
    {
        0.8: r"""
            furious|livid|fuming|seething|raging|outraged|incensed|pissed off|pissed (?:at|with) (?:you|this)
            (?:i'll|i will|we will|we'll|going to|gonna|have to) (?:sue|be suing)|suing you
            sue (?:you|the|your|u)\b|see (?:you|u) in court
            (?:my|our) <lawyers> (?:will|is|are|has|have|shall) (?:be|hear|contact|get|sue|write|call|in|see)
            (?:hear|hearing) from (?:my|our|a) <lawyers>
            (?:take|taking|took) (?:you|u|this) to (?:court|small claims|the small claims|a tribunal)
            legal action|small claims court
            (?:report|reporting|reported) (?:you|u|(?:your|this) <yours>)(?: lot| all| people)? to
        """,
        0.7: r"""
            (?:lost|losing|run out of|out of) (?:all |my )?patience
            (?:absolute|complete|utter|total|fucking) (?:disgrace|joke|shambles)
            (?:go|going|talk|talking|writing) to (?:the |my )?(?:papers|press|newspapers?|media|news|ombudsman)
        """,
        0.65: r"""
            (?:so|very|really|bloody|extremely|absolutely|getting|i'm|i am|im) angry
            mad (?:at|with) (?:you|this|your)
            sick (?:and tired )?of (?:you|u|this|your|being|waiting|it|asking|hearing)
            sick to death of
            fed up (?:of|with) (?:you|this|your)
            (?:done|finished|through) with (?:you|u|this (?:shop|company|place))|never contact me
            end of my (?:tether|rope)
            (?:hate|despise|loathe|detest) (?:you|u|this (?:\w+ )?<yours>|your (?:\w+ )?<yours>)\b
            (?:make sure|warn|warning) <everyone>
        """,
        0.6: r"""
            (?:i've|i have|ive) (?:really |just )?had (?:enough|it)(?! of (?:our|my|the))|enough is enough
            last straw
            fobbed off|ripped (?:me |us )?off|rip-?off (?:company|shop|merchants)
        """,
        0.4: r"""
            (?:tell|telling|posting this|post this) (?:to |on )?<everyone>
        """,
    }
)

# Praise that is none, where something has gone wrong too.
SARCASM = re.compile(
    r"\b(?:bravo|slow clap|just (?:brilliant|great|perfect|wonderful|fantastic|lovely)|well done|congratulations"
    r"|thanks a (?:lot|bunch)|nice (?:one|job|work))\b"
)
GONE_WRONG = re.compile(r"\b(?:late|lost|wrong|broken|twice|missing|useless|nothing|excuses?)\b")

# Whoever writes so is at ease.
GENTLE = re.compile(
    r"\b(?:lol|haha\w{0,10}|hehe|sorry|oops|my (?:own )?(?:fault|mistake|bad)|silly me|no worries|don't worry)\b"
    r"|[:;]-?[)D]|\U0001f602"
)
MASKED = re.compile(
    r"(?<![*\w@#])(?:[a-z]{1,4}[*#$%@]{2,6}[a-z]{0,6}|(?:sh|f|cr|fu)[*#@$](?:t|ck|p|k)[a-z]{0,4})(?![\w@])"
)
NEGATION = re.compile(r"(?:\b(?:not|no|never|nor|isn't|dont|wont|without)|n't)(?: [\w']+){0,2} $")
NEVER_SO = re.compile(r"\bnever (?:been|felt|seen|had) (?:[\w']+ )?$")
