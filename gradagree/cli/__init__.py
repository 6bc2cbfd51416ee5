"""The command line: `python -m gradagree check|explain|list|doctor|report|diff`.

- `arguments`   what can be asked, and the exit status of the answer
- `public`      what `import gradagree` gives
- `check`       `check`, as a command and as `gradagree.check`
- `function`    the first way in: a function of a file, run on a problem
- `script`      the second: an unmodified script, its gradients watched
- `optimizer`   the third: an optimizer, held against the recurrence that it is said to follow
- `optimizer_message` what is said of it
- `role_names`  which array plays a role, by its use or its name
- `roles`       which of a script's arrays are x, y, w and b, and how they lie
- `history`     what a script recorded, as a run
- `scope`       what a script may do and still be judged; all else is refused
- `inputs`      what is said where NaN or infinity went in
- `rate`        which learning rate explains a script's updates
- `options`     what the user of `check` chose
- `case`        what is checked, with all that was assumed of it; and a recorded run of it
- `answer`      what is said of it: that it agrees, or what is wrong and which mistake makes just these numbers
- `exceptions`  what is said of code that did not get to its end
- `message`     the text, like a good compiler's
- `numbers`     the table of numbers in it
- `outcome`     the answer: verdict, code, text; as JSON too
- `colours`     on a terminal alone
- `catalogue`   `explain` and `list`
- `doctor`      what this machine offers, and the arithmetic it really computes in
- `report`      rows from one run or many, into one page and one summary
- `diff`        what changed from one run to another

Nothing here imports a framework: only the process in which the checked code runs does, and `doctor` when it is run.
"""
