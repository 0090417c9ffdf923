"""Loads the modules that write-torch-cases.mjs wrote, and compares their outputs with the reference's.

Run with torch 2.13.0 and safetensors: python check_torch.py FOLDER
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch

folder = Path(sys.argv[1])
given = json.loads((folder / "cases.json").read_text())
worst = 0.0
for case in given["cases"]:
    spec = importlib.util.spec_from_file_location(case["file"], folder / f"{case['file']}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    x = torch.tensor(case["x"]).reshape(given["batch"], given["timesteps"], -1)
    with torch.no_grad():
        output = module.load()(x)
    difference = float((output.flatten().double() - torch.tensor(case["output"], dtype=torch.float64)).abs().max())
    worst = max(worst, difference)
    assert difference < 1e-6, (case["file"], difference)
print(f"{len(given['cases'])} modules, largest difference {worst:.1e}")
