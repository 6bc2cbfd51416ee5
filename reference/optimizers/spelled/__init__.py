"""Each framework's optimizers as recurrences, in its own spelling and with its own defaults."""
