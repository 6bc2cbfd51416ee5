"""Keras' Adam never moves bfloat16 variables: beta_2 = 0.999 is rounded to 1, and `1 - beta_2**t` is 0.

Exits 1 if a step of 1/2 down a slope of 1 leaves a variable where it was.
"""

import sys

import keras

variable = keras.Variable([1.0], dtype="bfloat16")
optimizer = keras.optimizers.Adam(0.5)
optimizer.build([variable])
optimizer.apply([keras.ops.ones(1, dtype="bfloat16")])
after = float(keras.ops.convert_to_numpy(keras.ops.cast(variable.value, "float32"))[0])
print(f"keras {keras.__version__}, {keras.backend.backend()}: 1 is {after} after a step of 1/2")
sys.exit(after == 1)
