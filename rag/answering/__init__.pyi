from .pipeline import Pipeline as Pipeline
from .sanitising import strip_markers as strip_markers
