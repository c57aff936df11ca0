"""What the machine and its files are: whole writes, locks, digests, threads and memory."""
