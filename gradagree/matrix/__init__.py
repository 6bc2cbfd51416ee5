"""Which cells there are, which are chosen, and one row for each.

What is expected to fail is declared here, and fails both ways.

- `argument_types`       what an option takes: comma lists, and numbers, each refused with a sentence that argparse
                         prints
- `availability`         whether a cell can run on this machine: its framework, its device, and whatever else it needs
- `cells`                the cells of the matrix: implementation × device × dtype × problem
- `curves`               what a plot of one run needs, thinned out until it fits into a row
- `effects`              what a known defect does to a run: whatever else is wrong with it is a surprise
- `findings`             defects that no cell shows, each with its script
- `known_defects`        known defects: cells that are expected to fail, each with its reason and where it was
                         reported
- `loading`              the function of an implementation, ready to be run: the suite's own in this process, a user's
                         in a worker
- `no_cells_error`       what is said of a selection that leaves nothing: why, and what would do
- `options`              the options that choose cells, as they were given, and the sentences about names that there
                         are none of
- `optimizers`           the cells of optimizers with state, and how one is run
- `optimizer_defects`    what is known to be wrong in them
- `precision_setting`    A narrower multiplication that was asked for, and did not happen: a flag that does nothing
                         must not pass
- `registry`             who can be on trial, by name: the loops of `impls`, and those of second derivatives
- `row`                  what is kept of a cell: one flat record, from which every table and report is made
- `rules`                which implementation meets which problem, in which dtype: what makes no sense is left out
                         here, with its reason
- `running`              how a cell is run: twice, both runs judged, and what disagrees diagnosed
- `second_order`         the cells of second derivatives, implementation × device × dtype × problem, and how one is run
- `selection`            which cells the options choose
- `table`                the agreement table: one line a cell, made from rows
- `user_implementations` loops from outside beside our own: what they may claim, and `pytest --impl
                         my_loop.py:descend`
"""
