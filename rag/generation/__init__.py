"""The generators: llama.cpp in this process or in one of its own, an OpenAI-compatible endpoint, a pool of them."""
