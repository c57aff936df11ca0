"""How fast the product is, each figure beside the plain library's for the same work in the same turn.

The bars are those of two cores, the default models and the seed articles.
"""
