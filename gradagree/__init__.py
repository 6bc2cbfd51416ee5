"""The judge: it records a run, compares it with the exact one, and says what it saw.

A number's way through it, and which way imports run:

- `runtime`         somebody else's code, run and recorded: nothing it does can harm the report
- `checking`        a recorded run held against the truth, inside derived bounds
- `diagnosis`       why a run disagrees: a narrower arithmetic, or a mistake of the catalogue
- `matrix`          which cells there are, which are chosen, and one row for each
- `report`          what outlives the terminal: rows in a file, and everything that is made from them
- `pytest_plugin`   the matrix as a pytest plugin
- `cli`             the command line: `python -m gradagree check|explain|list|doctor|report|diff`
- `doctor`          what this machine offers, and the arithmetic that its frameworks really compute in: `python -m
                    gradagree doctor`
- `errors`          what is wrong with what was asked, in one sentence
"""
