"""What anger looks like in writing: words and phrases of British and American English, each with what it weighs.

A weight is how sure one sign alone makes us, from 0 to 1. Phrases are matched in lower case, apostrophes as `'`, with one space
between words. No pattern has a quantifier inside a quantifier, nor an open-ended one: each is done in linear time.
"""

from __future__ import annotations

import re

# Words that count by themselves, but for praise ("bloody brilliant"), and names of places, which begin with a capital.
SWEARING: dict[str, float] = {
    **dict.fromkeys(
        """fuck fucks fucked fucker fuckers fuckin fucking fukin fuking fkn fking motherfucker motherfuckers bullshit cunt
        cunts wanker wankers twat twats bollocks asshole assholes arsehole arseholes dickhead dickheads shithead
        shitheads tosser tossers bellend prick pricks bitch bitches goddamn goddamned goddam""".split(),
        0.8,
    ),
    **dict.fromkeys("wtf stfu bastard bastards shite shitty".split(), 0.6),
    **dict.fromkeys("shit bloody crap crappy damn damned damnit dammit hell pissed".split(), 0.3),
}

# Words that count where they are said of whoever reads it, or of whom that works for.
INSULTS: dict[str, float] = {
    **dict.fromkeys(
        """idiot idiots moron morons imbecile imbeciles cretin cretins clown clowns thief thieves crook crooks liar liars
        scammer scammers scam fraud frauds fraudster fraudsters cowboys muppets jokers bastards scum parasites useless
        pathetic stupid dumb dumbest thick brainless braindead hopeless incompetent worthless moronic idiotic joke lazy
        disgusting disgrace disgraceful shameful shambles crap shit shite shitty crappy
        liers robbers criminals losers loser amateurs""".split(),
        0.65,
    ),
    **dict.fromkeys("terrible awful appalling atrocious dreadful unacceptable ridiculous horrible worst rubbish trash garbage".split(), 0.4),
}

PRAISE = frozenset(
    """good great brilliant marvellous marvelous amazing awesome love loved lovely beautiful fantastic perfect excellent
    nice best fast quick comfy comfortable thank thanks cheers yay wow wonderful gorgeous cool happy pleased fine""".split()
)

_OF_YOURS = (
    r"(?:bot|robot|chat ?bot|chat|machine|computer|ai|assistant|company|shop|store|firm|business|service|support"
    r"|staff|team|drivers?|couriers?|people|outfit|place)"
)
# Who an insult is said of, up to a few words before it or right behind it.
AIMED_BEFORE = re.compile(
    rf"\b(?:you|you're|youre|ur|u|your an?|(?:your|this|the whole) (?:\w+ )?{_OF_YOURS}|bunch of|load of|pack of"
    r"|lot of|what an?|absolute|complete|utter|total)(?: [\w']+){0,5} ?$"
)
AIMED_BEHIND = re.compile(rf"^(?: of an?)?(?: [\w']+)? {_OF_YOURS}\b")
ALONE = re.compile(r"^(?:such |just |so |truly |absolutely |utterly |totally |simply |what |you |fucking |bloody )*$")
NOT_AIMED = re.compile(
    r"\b(?:i'm|im|i am|i was|i feel|me|my|his|her|he|she|he's|she's|not|isn't|aren't|n't)(?: [\w']+){0,3} ?$"
)

_TELLING = r"(?:ask|tell|told|say|said|writ|wrote|contact|call|chas|complain|explain|repeat|messag|email|try|had to)"
_ORDINAL = r"(?:third|fourth|fifth|sixth|tenth|hundredth|thousandth|umpteenth|nth|last|3rd|4th|5th|6th|10th)"
_PEOPLE = r"(?:lawyers?|solicitors?|attorneys?|legal team)"
_EVERYONE = r"(?:everyone|everybody|the world|twitter|facebook|social media|the internet|everywhere|trustpilot|reddit|tiktok)"

# Said to whoever reads it; a "not" before it changes nothing.
SAID: tuple[tuple[float, str], ...] = (
    (0.8, r"(?:fuck|piss|sod|bugger|naff|eff) (?:off|you|this|that|u)"),
    (0.8, r"go to hell|screw (?:you|u|this)|drop dead|get (?:stuffed|lost|bent)|up yours|kiss my a\w{2,3}|rot in hell"),
    (0.7, r"shut (?:up|it)|stop lying|lying to me|how dare you|shame on (?:you|u)|ashamed of (?:yoursel\w+|yourself)"),
    (0.7, r"waste of (?:space|oxygen|skin)|half a brain|brain ?dead|what (?:kind|sort) of (?:idiot|moron|clown|company)s?"),
    (0.6, r"(?:give|gives|gave) an? (?:shit|damn|toss|crap|fuck|monkey's|rat's)"),
    (0.6, r"(?:think|take) i'?m (?:stupid|an idiot|a fool|thick)|take me for (?:a fool|an idiot)|taking the (?:piss|mick|mickey)"),
    (0.6, r"(?:what|wtf) (?:the \w+ )?(?:is|'s) wrong with (?:you|u)|are you (?:\w+ )?(?:kidding|stupid|deaf|blind|thick|mental)\b"),
    (0.6, r"(?:are you|do you|don't you|can't you) (?:even|actually|ever)? ?(?:read|reading|listen|listening)\b"),
    (0.6, r"thanks for nothing(?! but)|thanks a (?:bunch|lot) for nothing|cheers for nothing|helpful\W{1,3}not\b|another week,? another"),
    (0.6, r"(?:oh|wow),? (?:great|brilliant|fantastic|lovely|wonderful|perfect|well),? (?:another|now|so|more|yet)\b"),
    (0.6, r"pieces? of (?:shit|crap|garbage|junk|rubbish)|load of (?:shit|crap|bollocks|bull|rubbish)|(?:is|such|what|pure|total|complete) bs\b"),
    (0.6, r"how many (?:more )?times (?:do|must|have|will) i\b|going round (?:and round )?in circles"),
    (0.65, rf"{_ORDINAL} (?:bloody |damn |fucking )?time (?:now )?(?:that )?i(?:'m|'ve| am| have)? ?(?:been |had )?{_TELLING}"),
    (0.65, rf"for the {_ORDINAL} (?:bloody |damn |fucking )?time\b"),
    (0.6, r"(?:i've|i have|i) (?:already )?(?:told|asked|said|written)(?: you| this| it)? (?:\w+ ){0,2}times (?:already|now)"),
    (0.6, r"you (?:have |'ve )?(?:completely |totally )?ruined\b|i (?:want|demand) (?:a|an|your|the) (?:manager|supervisor) now"),
    (0.3, r"i (?:already )?(?:said|told you)\b|you (?:people|lot|guys|clowns)|answer me|speak to (?:a|the|your) manager|stop (?:sending|saying|telling|asking)"),
    (0.6, r"worst (?:\w+ )?(?:company|shop|store|service|experience|customer service|firm) ever"),
    (0.3, r"give me (?:back )?my \w+|is (?:anyone|anybody) (?:there|alive|awake)"),
)  # fmt: skip

# Felt or threatened; "not" before it takes it back.
MEANT: tuple[tuple[float, str], ...] = (
    (0.8, r"furious|livid|fuming|seething|raging|outraged|incensed|pissed off|pissed (?:at|with) (?:you|this)"),
    (0.65, r"(?:so|very|really|bloody|extremely|absolutely|getting|i'm|i am|im) angry|mad (?:at|with) (?:you|this|your)"),
    (0.65, r"sick (?:and tired )?of (?:you|u|this|your|being|waiting|it|asking|hearing)|sick to death of|fed up (?:of|with) (?:you|this|your)"),
    (0.6, r"(?:i've|i have|ive) (?:really |just )?had (?:enough|it)(?! of (?:our|my|the))|enough is enough|last straw"),
    (0.65, r"(?:done|finished|through) with (?:you|u|this (?:shop|company|place))|never contact me|end of my (?:tether|rope)"),
    (0.65, rf"(?:hate|despise|loathe|detest) (?:you|u|this (?:\w+ )?{_OF_YOURS}|your (?:\w+ )?{_OF_YOURS})\b"),
    (0.7, r"(?:lost|losing|run out of|out of) (?:all |my )?patience|(?:absolute|complete|utter|total|fucking) (?:disgrace|joke|shambles)"),
    (0.8, r"(?:i'll|i will|will|going to|gonna|have to|ready to) (?:sue|be suing)|suing you|sue (?:you|the|your|u)\b|see (?:you|u) in court"),
    (0.8, rf"(?:my|our) {_PEOPLE} (?:will|is|are|has|have|shall) (?:be|hear|contact|get|sue|write|call|in|see)|(?:hear|hearing) from (?:my|our|a) {_PEOPLE}"),
    (0.8, r"(?:take|taking|took) (?:you|u|this) to (?:court|small claims|the small claims|a tribunal)|legal action|small claims court"),
    (0.7, r"(?:go|going|talk|talking|tell|telling|write|writing) to (?:the |my )?(?:papers|press|newspapers?|media|news|bbc|tv|ombudsman)"),
    (0.8, r"(?:report|reporting|reported) (?:you|u|this|your \w+)(?: lot| all| people)? to"),
    (0.65, rf"(?:make sure|tell|telling|warn|warning|posting this|post this|all over) (?:to |on )?{_EVERYONE}"),
    (0.6, r"fobbed off|ripped (?:me |us )?off|rip-?off (?:company|shop|merchants)"),
)  # fmt: skip

# Praise that is none, where something has gone wrong too.
SARCASM = re.compile(
    r"\b(?:bravo|slow clap|just (?:brilliant|great|perfect|wonderful|fantastic|lovely)|well done|congratulations"
    r"|thanks a (?:lot|bunch)|nice (?:one|job|work))\b"
)
GONE_WRONG = re.compile(r"\b(?:late|lost|wrong|broken|twice|missing|useless|nothing|excuses?)\b")

# Whoever writes so is at ease.
GENTLE = re.compile(
    r"\b(?:lol|haha\w{0,10}|hehe|sorry|oops|my (?:own )?(?:fault|mistake|bad)|silly me|no worries|don't worry|no rush)\b|[:;]-?[)D]|\U0001f602"
)
MASKED = re.compile(r"(?<![*\w@#])(?:[a-z]{1,4}[*#$]{2,6}[a-z]{0,6}|(?:sh|f|cr|fu)[*#@$](?:t|ck|p|k)[a-z]{0,4})(?![\w@])")
NEGATION = re.compile(r"(?:\b(?:not|no|never|nor|isn't|dont|wont|without)|n't)(?: [\w']+){0,2} $")
NEVER_SO = re.compile(r"\bnever (?:[\w']+ ){0,2}(?:so|more|this) $")
