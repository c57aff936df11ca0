"""What is asked: evaluation sets, SQuAD files, variants of questions, corpora recombined, and their records."""
