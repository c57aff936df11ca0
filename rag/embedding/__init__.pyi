from .cross_encoder import CrossEncoderReranker as CrossEncoderReranker
from .embedder import BATCH as BATCH, FEW as FEW, SentenceTransformerEmbedder as SentenceTransformerEmbedder
from .loading import load_model as load_model
from .ray_embedder import RayEmbedder as RayEmbedder
