"""What is wrong with what was asked, in one sentence."""


class UsageError(Exception):
    """The check cannot be made as it was asked for: one sentence with what was given and what would do."""
