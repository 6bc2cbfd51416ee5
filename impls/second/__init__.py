"""Implementations of second derivatives: one file each, read like those of gradient descent.

A file has either `hessian(x, y, w, b)`, which returns the four blocks `d²L/dw dw (d, m, d, m)`, `dw db (d, m, m)`,
`db dw (m, d, m)` and `db db (m, m)`; or `product(x, y, w, b, v, c)`, which returns the Hessian's product with the
direction `v (d, m)`, `c (m,)`, in the shapes of w and b. L is `mean((x @ w + b - y)**2)`.
"""
