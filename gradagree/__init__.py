"""The judge: it records a run, compares it with the exact one, and says what it saw.

- `frameworks`  how arrays go into a framework and come back out of it
- `record`      runs an implementation and copies its every number to the host: a `Trajectory`
- `transcript`  what it handed over so far, and what was wrong with it
- `layout`      arrays as views into larger ones
- `truth`       the exact numbers at a run's iterates, and the bounds around them
- `compare`     holds a trajectory against the truth, inside derived bounds: a `Verdict`
- `mistakes`    the catalogue: what a run that commits one must have recorded
- `diagnose`    which mistake explains every step of a run
- `pairing`     which implementations meet which problems, and why the others do not
- `expectations`  the known defects
- `cells`       the cells of the matrix
- `running`     how one of them is run
- `table`       the agreement table
- `plugin`      all of this as a pytest plugin
"""
