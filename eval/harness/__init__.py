"""Cases to scored runs: the system asked, its replies scored, runs kept, compared and held against baselines."""
