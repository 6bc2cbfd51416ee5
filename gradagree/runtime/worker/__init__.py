"""The process in which a user's code runs, which can be killed.

It imports a framework only when the file that it runs does.

- `client`        a worker as its parent sees it: it loads a file and answers requests, and is started anew where it
                  hangs or dies
- `function`      loads a function from a file, and records what it does with a problem
- `limit`         the worker's time limit: it does not interrupt the user's code, but replies with what there is, and
                  ends
- `optimizer`     an optimizer of a file, run on gradients that it is given; both sides of it
- `process`       the parent's side of a worker process: start it, write to it, read from it, drain what it prints, end
                  it
- `protocol`      what parent and worker tell each other: one JSON object a line; of arrays the very bits
- `script`        runs an unmodified script as `python script.py` would, while its gradients are watched
- `serve`         the worker's side: it answers requests on a pipe of its own, and leaves the standard ones to the
                  user's code
- `users_code`    the user's code as it runs: timed, its exceptions noted with their line
- `user_optimizers` optimizers in each form that a framework has for them, and what they are run on
- `user_function` a function of the user's, as whoever judges it sees it: it is given problems, and gives back
                  trajectories
"""
