"""The process in which somebody else's code runs, so that nothing it does can harm the report.

- `process`   the parent's side: start it, ask it, give up on it
- `protocol`  what goes to and fro: one JSON object a line, every float with all its digits
- `serve`     the guest's side: private pipes, no standard input, no windows
- `function`  loads a function from a file and records its runs
- `script`    runs an unmodified script while its gradients are watched
- `failure`   what ended the guest's code, and the line that did
- `sightings` what was seen of a script, the same for every framework
- `names`     by which names a script knows an array
- `scope`     what of a script is not least squares, in words, the same for every framework
- `torch_meetings`, `torch_graph`, `jax_graph`  who meets whom between the parameters and the loss
- `on_torch`, `on_jax`  watch `backward()`, and `jax.grad`

The guest imports a framework only when the file that it runs does.
"""
