"""Looks into the search itself: weights fitted, what bad typing costs."""
