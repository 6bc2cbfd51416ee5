"""Why a run disagrees: a narrower arithmetic, or a mistake of the catalogue.

Nothing is named that does not explain every step.

- `another`       another problem than the one at hand, on which a run is repeated
- `compare`       the verdict on a run, with the narrower arithmetic that it is consistent with where it disagrees
- `conclusion`    what is concluded of a judged run: which mistake explains it, or that nobody can tell
- `convergence_notes` what theory says of a right run: that it must diverge, or that it must be slow
- `diagnosis`     what a run computes instead of gradient descent
- `enclosure`     numbers with the error that a correct evaluation may leave in them
- `engine`        which mistake of the catalogue explains every step of a run
- `evidence`      what of a recorded run a diagnosis rests on, as enclosures
- `exceptions`    which mistake an exception comes from: its type, its message, the line that raised, and the step
- `explanation`   one alternative semantics, held against a run
- `identify`      which narrower arithmetic a run is consistent with that disagrees with its claim
- `catalogue`     the mistakes in words, a Markdown file each
- `mistakes`      what a run that commits one must have recorded
- `pattern`       where no mistake explains a run: what is wrong in it, from which step on, in which component. Never
                  why
- `record_faults` mistakes that show in how a run ended rather than in the numbers of its steps
- `optimizers`   which variant of a recurrence explains every step of an optimizer
"""
