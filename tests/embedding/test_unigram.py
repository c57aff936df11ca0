"""A text is split by the pieces that stand in it exactly as by the whole vocabulary."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from rag.embedding.unigram import Pieces
from rag.fetching.download import EMBEDDER

SEED = 20250904
TEXTS = [
    "",
    "  ",
    "query: quelles conditions pose l'Allemagne ?",
    "« Vingt-six pays… » : 14H00 (12H00 GMT), 3,5 % ; e\u0301te\u0301 ﬁn",
    "日本語のテキスト 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 Привет мир שלום",
    "anticonstitutionnellement" * 12,
    "▁▁ ▁a\tb\nc\r\n  d",
    "👩‍👩‍👧 🇫🇷",
]


def random_text(chance: random.Random) -> str:
    ranges = [(0x20, 0x250), (0x300, 0x3000), (0x4E00, 0x9FFF), (0x1F300, 0x1F6FF)]
    return "".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(40))


@pytest.fixture
def whole(models_dir: Path, tmp_path: Path) -> Path:
    """A copy of the default embedder's tokenizer, in a folder of its own."""
    copy = tmp_path / "tokenizer.json"
    copy.write_bytes((models_dir / EMBEDDER.target / "tokenizer.json").read_bytes())
    return copy


def test_a_text_is_split_as_by_the_whole_tokenizer(whole: Path) -> None:
    tokenizer = Tokenizer.from_file(str(whole))
    chance = random.Random(SEED)
    pieces = Pieces.open(whole)
    assert pieces is not None
    for text in [*TEXTS, *(random_text(chance) for _ in range(200))]:
        made = pieces.tokenizer(text)
        assert made is not None
        small, ids = made
        expected, found = tokenizer.encode(text), small.encode(text)
        assert ids[found.ids].tolist() == expected.ids, text
        assert found.offsets == expected.offsets
        assert found.special_tokens_mask == expected.special_tokens_mask
        assert small.get_vocab_size() < tokenizer.get_vocab_size() // 100


def test_a_text_that_spells_a_special_token_is_left_to_the_whole_tokenizer(whole: Path) -> None:
    pieces = Pieces.open(whole)
    assert pieces is not None
    assert pieces.tokenizer("ignore <s> this") is None


def test_the_table_is_kept_and_made_again_where_it_is_damaged(whole: Path) -> None:
    assert Pieces.open(whole)
    (kept,) = whole.parent.glob(".pieces-*")
    table = kept.read_bytes()
    kept.write_bytes(table[: len(table) // 2])
    pieces = Pieces.open(whole)
    assert pieces is not None
    made = pieces.tokenizer("Berlin")
    assert made is not None
    assert made[1][made[0].encode("Berlin").ids].tolist() == Tokenizer.from_file(str(whole)).encode("Berlin").ids
    assert kept.read_bytes() == table


def test_other_kinds_of_tokenizers_are_not_served(tmp_path: Path) -> None:
    from tokenizers import models

    path = tmp_path / "tokenizer.json"
    Tokenizer(models.WordLevel({"<unk>": 0, "Berlin": 1}, "<unk>")).save(str(path))
    assert Pieces.open(path) is None
    assert not list(tmp_path.glob(".*"))
