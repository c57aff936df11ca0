"""The metrics: pure functions, one definition each with its source. No gold means None, which is no score, not zero."""
