"""Training of the reader: what it learns from, the network as it learns, and how good it has become."""
