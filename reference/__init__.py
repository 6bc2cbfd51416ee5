"""What is true: problems with their data, exact numbers, rounding bounds.

Nothing here knows of a framework. The modules, in the order in which they build on each other:

- `formats`        the floating-point formats, by the few numbers that define them
- `dyadic`         exact arithmetic on whole arrays of floats
- `numbers`        numbers made by formula, of the same bits everywhere
- `validate`       one clear sentence for bad input
- `blocks`         rows of floats block by block
- `batches`        columns of floats cut into limbs, whose products BLAS adds without rounding
- `limbs`          exact sums of products of float columns at the speed of BLAS
- `gram`           the exact sums of products that least squares is made of
- `rational`       exact rationals in arrays
- `descent`        one affine map, applied over and over, and its spectrum
- `normal_equations`  what rows of data come to, however they are shared out
- `quadratic`      the loss, its derivatives and the whole descent on it, exactly
- `least_squares`  its minimisers, and what statistics ask of them
- `evaluate`       the same gradient and loss at every iterate of a run at once
- `inflation`      bounds computed in float64 that lie above the exact ones all the same
- `arithmetic`     what an implementation claims of its arithmetic
- `claim`          where an arithmetic differs from the plain one of its dtype, and why that is honest
- `named_claims`   arithmetics by name, for anybody to claim
- `claims`         an arithmetic changed by names and fields, as they are written
- `scales`         the sizes of what a gradient and a loss are summed from
- `rounding`       how far a correct evaluation may be from them
- `curvature`      the Hessian's products, and how far correct ones may be from them
- `lattice`        where nothing can round, and the tolerance is zero
- `reduction`      how the squared errors become one loss
- `domains`        what the numbers of a program are: exact, rounded, or plain floats
- `operations`     what models are made of, each operation with its derivative
- `models`         what is trained, by its forward alone
- `optimizers`     recurrences over a domain
- `schedules`      learning rates, step by step
- `clipping`       gradients clipped by norm and by value
- `problem`        a training to run: model, data, start, optimizer, steps
- `truth`          the exact numbers at the iterates of one run, and the bounds around them
- `synthetic`      problems made to expose what breaks, by formula
- `problems`       the problems of the suite
- `nist`           certified regressions, to judge `least_squares` by
"""
