"""Somebody else's code, run and recorded: nothing it does can harm the report.

One class a framework says how arrays go in and come back; a run is copied to the host number by number.

- `devices`    which kinds of device this machine has, found out without importing a framework
- `failure`    what ended the user's code: the exception's type and first line, and the line of the file that raised it
- `frameworks` how arrays go into a framework, and how numbers come back out of it
- `in_process` a function object, run in this process
- `inputs`     arrays as views into larger ones, the way slices and transposes of real data are
- `optimizing` runs an optimizer on given gradients, and copies parameters, state and what lies beside them
- `record`     runs an implementation and copies its every number to the host, exactly and at once
- `recorder`   what a run hands over, step by step: copied to the host if it can be, and a fault if it should have
               been another
- `source`     what a file holds, found out without running it: its functions, and the frameworks that it imports
- `trajectory` what an implementation was seen to do
- `watching`   what an unmodified script does with its gradients, seen while it runs
- `worker`     the process in which a user's code runs, which can be killed
"""
