"""English: the words by which the rules know it, in the fields of `Lexicon`."""

from rag.text.lang.lexicon import NEVER, DateWords, Grammar, Lexicon

LEXICON = Lexicon(
    common=(
        "and is are was were who what which when where why how many much a an the of to in on with for not this that "
        "these those it he she they we you do does did has have hello hi thanks thank yes no please tell about"
    ),
    asking="who whom whose what which when where why how",
    stop_words=(
        "a an and are as at be but by can could did do does for had has have how if in into is it no not of on or "
        "such that the their then there these they this to was were what when where which who whom whose why will "
        "with would"
    ),
    grammar=Grammar(
        determiners="the",
        prepositions=(
            "of in at to from with for by on against about between towards without under since as than into over"
        ),
        verbs="is are was were has have had does did will would can could wants says said",
        opening="is are was were does do did has have will can could would",
        joining="and or",
        not_names=(
            "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
            "august september october november december none nothing nobody yesterday"
        ),
        place=("in", "at"),
    ),
    dates=DateWords(
        months="January/Jan February/Feb March April/Apr May June/Jun July/Jul August/Aug September/Sept/Sep"
        " October/Oct November/Nov December/Dec",
        weekdays="Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        written="{d} {m} {y}",
        days=(
            "the day before yesterday", "yesterday|last night", "today|tonight|this (?:morning|afternoon|evening)",
            "tomorrow", "the day after tomorrow",
        ),
        numbers="an?|one two three four five six seven eight nine ten eleven twelve",
        units="day week weekend month year",
        plurals="days weeks weekends months years",
        counted=(
            ("{n} {unit} ago", -1), ("(?:last|past) {n} {unit}", 0), ("past {one}", 0),
            ("(?:recent|(?:last|past) few) {some}", 0),
        ),
        this="this", last=("last|previous", NEVER), next=("next|coming", NEVER),
        parts=("early|beginning|start", "mid|middle", "late|end"),
        at="in|on|since|before|after|until|till|by|between|during|from|throughout", at_year="in|since|year|during",
        of="of|on", doubtful="march|may", the="the|of|on", to="to|through|until|till", both="and|or", between="between",
        since="since|starting|as of", before="before|prior to|ahead of", after="after|following",
        until="until|till|by|up to", now="today is|it is|it's", habits="every|each|an?",
        feasts=("black|bloody|good|ash|super|cyber|easter|palm", "times"), places=NEVER,
        past=r"\b(?:did|was|were|had|has|have|said|told|met|held|took|made|gave|went|came|(?!united)\w{2,}ed)\b",
        coming=r"\b(?:will|shall|'ll|going to|due|scheduled|planned|upcoming|expected|is to|are to|would|set to)\b",
        latest=r"latest|most recent|newest|recently|lately|currently|current (?:situation|state|status|position)|now|"
        r"at the moment|what(?:'s| is) new|any news|these days|so far",
        ordinal="st|nd|rd|th", day_month=r"\s+(?:of\s+)?", month_year=r",?\s+",
    ),
)  # fmt: skip
