"""How large and how fast: synthetic indexes, growth of builds, searches at sizes without articles."""
