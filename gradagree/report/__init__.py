"""What outlives the terminal: rows in a file, and everything that is made from them.

- `curves`    what a plot of one run needs, in a row
- `header`    what a file says of the run it holds
- `writer`    rows into a file, as cells finish
- `reader`    files into runs, with errors that name the line
- `recorder`  the pytest side of it: `--report`
- `progress`  how far a run has come, on a terminal
- `changes`   what became of each cell from one run to another
- `markdown`  a summary that a forge can show
- `figures`   the plots
- `page`      the page
"""
