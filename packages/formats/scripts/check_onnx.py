"""Checks the models that write-onnx-cases.mjs wrote: onnx.checker accepts each, and onnxruntime computes the same numbers.

Run with onnx 1.23.2, onnxruntime 1.32.0: python check_onnx.py FOLDER
"""
import json, os, sys
import numpy as np, onnx, onnxruntime

TOLERANCE = 1e-6
folder = sys.argv[1]
with open(os.path.join(folder, "cases.json")) as file:
    cases = json.load(file)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
worst, operators = {}, set()
for case in cases:
    path = os.path.join(folder, case["file"])
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    operators |= {node.op_type for node in model.graph.node}
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    isIndices = session.get_inputs()[0].type == "tensor(int64)"
    shape = (case["batch"], case["timesteps"]) if isIndices else (case["batch"], case["timesteps"], -1)
    x = np.array(case["x"], np.int64 if isIndices else np.float32).reshape(shape)
    output = session.run(["output"], {"input": x})[0]
    expected = np.array(case["output"])
    # Relative to 1, or to larger numbers: an unbounded activation makes them.
    difference = np.max(np.abs(output.ravel() - expected) / np.maximum(1, np.abs(expected)))
    cell = case["file"].split("-")[0].removesuffix(".onnx")
    worst[cell] = max(worst.get(cell, 0), float(difference))
    if not difference < case.get("tolerance", TOLERANCE):
        sys.exit(f"{case['file']}: differs by {difference}")
print(f"{len(cases)} models; operators: {', '.join(sorted(operators))}")
for cell, difference in worst.items():
    print(f"{cell}: at most {difference:.2g}")
