"""What outlives the terminal: rows in a file, and everything that is made from them.

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
- `data`      the rows as the page's script takes them: columns, and each text once, so that they stay small
- `fields`    what a row's fields may hold, so that a file from elsewhere is refused by line
- `heading`   the lines above a run: versions, devices, and the settings that change what is computed
- `landscape` the loss as a landscape over w and b, from the few numbers that a row carries
- `strict`    one line of JSON, taken strictly: what Python's reader lets through and no other would is refused
- `truncation` runs with their texts cut: whatever a file holds, what is made of it stays small
"""
