from .cleaning import clean_question as clean_question
from .courtesies import (
    SmallTalk as SmallTalk,
    reply as reply,
    small_talk as small_talk,
    without_instructions as without_instructions,
)
from .followups import standalone as standalone
from .grammar import grammar_of as grammar_of, words as words
from .kinds import asks_for_several as asks_for_several, asks_yes_or_no as asks_yes_or_no, compares as compares
from .names import Name as Name, find_names as find_names
from .understanding import Understood as Understood, understand as understand
