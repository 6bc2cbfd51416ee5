"""Optimizers that somebody else wrote, run on gradients that are given: each in the form that its framework has for it.

- `forms`   a PyTorch optimizer, an optax transformation, a plain function of a step: one interface for the three
- `state`   the arrays that an optimizer keeps, by name
- `trial`   what it is run on, and the run as it comes back from the worker process
"""
