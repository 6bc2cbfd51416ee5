"""What outlives the terminal: rows in a file, and everything that is made from them.

- `schema`     the lines of a file of rows, declared, and their JSON Schema
- `header`     what a file says of the run it holds
- `files`      a file in the place of another, whole or not at all
- `writer`     rows into a file, as cells finish
- `run`        a run that was read back, and what is missing of it
- `reader`     files into runs, with errors that name the line
- `recorder`   the pytest side of it: `--report`
- `heading`    the lines above a run: versions, devices, and the settings that change what is computed
- `progress`   how far a run has come, on a terminal
- `tally`      which cells were chosen, which have a row, and what is to be said of the others
- `died`       the row of a cell whose process died
- `closing`    what closes a run: what is missing, the agreement table, and what is new
- `outcome`    what came of a run, in one sentence
- `changes`    what became of each cell from one run to another
- `truncation` runs with their texts cut: whatever a file holds, what is made of it stays small
- `words`      a glyph and a sentence for each verdict
- `markdown`   a summary that a forge can show
- `page`       the page
"""
