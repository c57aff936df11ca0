"""Runs and benchmarks to read: a page, cards, plots, a history, and the layouts of other tools."""
