"""What an unmodified script does with its gradients, seen while it runs: what is alike in all frameworks.

Only what a backward reached is data; what is not least squares is noted in words. Each framework's own watcher lies
beside its class, in `frameworks`.

- `names`        by which names a script knows its arrays: variables, entries of its containers, attributes of its
                 objects
- `observations` what was seen of a script while it ran: the same record for every framework
- `scope`        what of a script lies outside least squares, in words: the operations between its parameters and its
                 loss
- `watcher`      what sees the gradients that a script takes: what is alike in the watchers of all frameworks
"""
