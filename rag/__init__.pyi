from .runtime import open_pipeline as open_pipeline
