"""Settings to a product that runs: models and index opened together, one service for many askers, a server's frame."""
