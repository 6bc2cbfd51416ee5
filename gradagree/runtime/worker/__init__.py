"""The process in which a user's code runs, which can be killed.

It imports a framework only when the file that it runs does.

- `function` loads a function from a file, and records what it does with a problem
- `process`  the parent's side of the worker: start it, ask it, drain what it prints, and give up on it when its time
             is up
- `protocol` what parent and worker tell each other: one JSON object a line; of arrays the very bits
- `serve`    the worker's side: it answers requests on a pipe of its own, and leaves the standard ones to the worker's
             code
"""
