"""Many users of a server at once, from another process: what they get, how long it takes, what the server counts."""
