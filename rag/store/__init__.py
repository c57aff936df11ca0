"""One index on disk: its manifest, catalog, vectors, terms and tokens, opened for questions or written anew."""
