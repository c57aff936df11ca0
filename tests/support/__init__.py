"""What the tests share: doubles, makers of files and indexes, servers as processes, checks of answers."""
