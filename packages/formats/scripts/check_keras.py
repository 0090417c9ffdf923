"""Opens the files that write-keras-cases.mjs wrote with Keras, and compares them with the fixtures that they were made from.

Run with keras 3.15.1: KERAS_BACKEND=torch python check_keras.py FOLDER
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

fixtures = Path(__file__).parent.parent / "fixtures"
random = np.random.default_rng(0)
for path in sorted(Path(sys.argv[1]).glob("*.keras")):
    ours = keras.models.load_model(path)
    # Keras saves a functional model with masks as .h5, but cannot open it: it does not find its operation NotEqual.
    source = path.stem.replace("_", "/").replace("keras-h5/masked.h5", "keras/masked.keras")
    theirs = keras.models.load_model(fixtures / source, compile=False)
    inputs = []
    for x in ours.inputs:
        shape = (2, *[4 if size is None else size for size in x.shape[1:]])
        is_ids = "classifier" in path.stem or x.name == "ids"
        inputs.append(random.integers(0, 7, shape) if is_ids else random.normal(size=shape))
    given = inputs if len(inputs) > 1 else inputs[0]
    difference = np.max(np.abs(ours.predict(given, verbose=0) - theirs.predict(given, verbose=0)))
    print(f"{path.name}: {difference}")
    assert difference < 1e-6
