from .bert import Tensors as Tensors, map_tensors as map_tensors
from .cross_encoder import CrossEncoderReranker as CrossEncoderReranker
from .embedder import BATCH as BATCH, FEW as FEW, SentenceTransformerEmbedder as SentenceTransformerEmbedder
from .loading import load_model as load_model
from .onnx_reader import OnnxReader as OnnxReader
from .pairing import (
    Encode as Encode,
    Pair as Pair,
    TokenisedPassage as TokenisedPassage,
    pair as pair,
    passage_tokens as passage_tokens,
    question_tokens as question_tokens,
)
from .ray_embedder import RayEmbedder as RayEmbedder
from .reading import reading_of as reading_of
