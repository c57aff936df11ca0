"""Evidence to a cited answer: decided, put together, grounded, and said as a stream of events."""
