"""The judge: it records a run, compares it with the exact one, and says what it saw.

A run is recorded:

- `frameworks`    how arrays go into a framework and come back out of it
- `layout`        arrays as views into larger ones
- `contained`     whatever outside code raises is caught
- `deadline`      a limit on the time that it may take
- `last_resort`   what ends a process that nothing else stops
- `record`        runs an implementation and copies its every number to the host
- `transcript`    what it handed over so far, and what was wrong with it
- `trajectory`    the run as it was seen

It is judged:

- `truth`         the exact numbers at a run's iterates, and the bounds around them
- `finite`        numbers that are not finite: the first of them, and whether the format's range excuses it
- `checks`        errors divided by bounds: the worst, the first beyond, how much would have been seen
- `end`           where the run ended, against the exact end and against where that would converge
- `compare`       holds a trajectory against the truth
- `verdict`       the outcome, and the figures it rests on
- `curvature`     the same for second derivatives

It is explained:

- `convention`    what a loss multiplies the gradient by, which is no mistake
- `mistakes`      the catalogue: what a run that commits one must have recorded
- `diagnose`      which mistake explains every step of a run
- `narrow`        numbers that are all of a narrower format than their dtype
- `vain`          a flag that was set and changed nothing
- `identify`      which narrower arithmetic made the numbers of a run

And all of this for a matrix of cells:

- `pairing`       which implementations meet which problems, and why the others do not
- `devices`       the devices of this machine
- `doctor`        the arithmetic it computes in, measured
- `roads`         who can be on trial, by name
- `cells`         the cells of the matrix
- `second`        those of second derivatives
- `asked`         the options that choose cells, as they were given
- `selection`     which cells they choose
- `emptiness`     what is said where that is none
- `expectations`  the known defects
- `presence`      whether a cell can run on this machine
- `running`       how a cell is run
- `row`           what is kept of it
- `table`         the table that closes a run
- `report`        what outlives the terminal
- `plugin`        the matrix as a pytest plugin
- `cli`           the command line
- `guest`         the process in which somebody else's code runs
"""
