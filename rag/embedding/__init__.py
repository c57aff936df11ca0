"""The encoders: texts to vectors and token vectors, question and passage read together; on this machine or on a Ray cluster."""
