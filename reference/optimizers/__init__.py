"""Optimizers as recurrences, each written once: what its update computes, whatever the numbers are."""
