"""Portuguese: the words by which the rules know it, in the fields of `Lexicon`."""

from rag.text.lang.lexicon import Lexicon

LEXICON = Lexicon(
    common=(
        "e é são a quem que qual quais quando onde porquê como quantos quantas o os as um uma de da do dos em no na "
        "com para por não eu tu nós olá obrigado obrigada sim"
    ),
)
