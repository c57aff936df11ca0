"""What several machines do together, measured on network namespaces of this one, and what more of them would need."""
