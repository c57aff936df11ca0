"""Articles to an index: read, cut, embedded, written beside and put in place; watched, verified, repaired, archived."""
