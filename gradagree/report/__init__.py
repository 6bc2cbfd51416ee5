"""What outlives the terminal: rows in a file, and everything that is made from them.

- `curves`    what a plot of one run needs, in a row
- `header`    what a file says of the run it holds
- `files`     a file in the place of another, whole or not at all
- `writer`    rows into a file, as cells finish
- `reader`    files into runs, with errors that name the line
- `recorder`  the pytest side of it: `--report`
- `tally`     which cells were chosen, which have a row, and what is to be said of the others
- `died`      the row of a cell whose process died
- `closing`   what closes a run: what is missing, and the agreement table
- `progress`  how far a run has come, on a terminal
- `changes`   what became of each cell from one run to another
- `markdown`  a summary that a forge can show
- `figures`   the plots
- `page`      the page
"""
