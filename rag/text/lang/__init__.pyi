from .lexicon import (
    LANGUAGES as LANGUAGES,
    NEVER as NEVER,
    DateWords as DateWords,
    Grammar as Grammar,
    Lexicon as Lexicon,
    lexicon as lexicon,
)
