"""A message to the question it puts to the articles: small talk, orders, follow-ups and what is asked for."""
