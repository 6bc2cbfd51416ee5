"""Which other recurrence an optimizer follows, where it does not follow the one that it was said to be.

- `variants`  the recurrences that are tried: options of the one meant, and mistakes that no option is for
- `wrappers`  those mistakes, each a recurrence around another
- `constants` which other value of a hyperparameter fits, found at one step
- `reading`   the state as the recurrence names it
- `engine`    the variants that explain every step
"""
