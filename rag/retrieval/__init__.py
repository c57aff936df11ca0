"""A question to passages and sentences: views, fusion, evidence, and what is told twice."""
