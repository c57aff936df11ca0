"""The evaluation suite: ground truth, metrics, runs, comparison and gates. It imports `rag`, never the reverse."""
