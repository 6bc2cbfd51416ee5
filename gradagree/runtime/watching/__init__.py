"""What an unmodified script does with its gradients, seen while it runs.

Only what a backward reached is data; what is not least squares is noted in words.

- `jax_graph`    who meets whom in a JAX function: the roles of its arguments, read off its jaxpr, and what is not
                 least squares
- `names`        by which names a script knows its arrays: variables, entries of its containers, attributes of its
                 objects
- `observations` what was seen of a script while it ran: the same record for every framework
- `on_jax`       watches a JAX script: what the functions that `jax.grad` and `jax.value_and_grad` make are given, and
                 return
- `on_torch`     watches a PyTorch script: to which leaves `backward()` and `torch.autograd.grad` give which gradients
- `scope`        what of a script lies outside least squares, in words: the operations between its parameters and its
                 loss
- `torch_graph`  the graph of a PyTorch loss: which leaves it reaches, what was noted of it, and what of it is not
                 least squares
- `torch_roles`  who meets whom in a PyTorch script's operations: the roles of its tensors, found by identity
"""
