"""Measures PyTorch's nn.GRU and nn.LSTM (cuDNN) on the GPU; prints a line of JSON for each task.

The argument is the shapes as JSON, [[batch, timesteps, inputSize, units], ...]. As in the engine's part, results stay on the
device, `medianMs` waits after every call and `aheadMs` is a call's share of ten that are made before waiting. Numbers are
float32; with `tf32` cuDNN may round factors of products to 10 bits of mantissa, which is PyTorch's default.
"""

import json
import statistics
import sys
import time

DEFAULT_SHAPES = [[1, 50, 128, 128], [64, 50, 128, 128], [1, 1000, 512, 512], [32, 100, 512, 512]]
WARM_UP_SECONDS = 0.3
MEASURED_SECONDS = 2
MOST_RUNS = 200
AHEAD = 10


def say(**line):
    print(json.dumps(line), flush=True)


try:
    import torch
except ImportError as error:
    say(skipped=f"no PyTorch: {error}")
    sys.exit()
if not torch.cuda.is_available():
    say(skipped=f"PyTorch {torch.__version__} finds no CUDA device")
    sys.exit()


def timed(call, calls):
    """How long so many calls take until the device has done them, in ms, again and again."""

    def once():
        start = time.perf_counter()
        for _ in range(calls):
            call()
        torch.cuda.synchronize()
        return 1000 * (time.perf_counter() - start)

    end = time.perf_counter() + WARM_UP_SECONDS
    while time.perf_counter() < end:
        once()
    durations = []
    end = time.perf_counter() + MEASURED_SECONDS
    while not durations or (time.perf_counter() < end and len(durations) < MOST_RUNS):
        durations.append(once())
    return durations


def measure(cell, workload, shape):
    batch, timesteps, input_size, units = shape
    torch.manual_seed(1)
    layer = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell](input_size, units, batch_first=True).cuda()
    x = torch.rand(batch, timesteps, input_size, device="cuda", requires_grad=workload == "gradient")
    cotangent = torch.rand(batch, timesteps, units, device="cuda")

    def forward():
        with torch.no_grad():
            layer(x)

    def gradient():
        sequence, _ = layer(x)
        torch.autograd.grad(sequence, [x, *layer.parameters()], cotangent)

    call = forward if workload == "forward" else gradient
    start = time.perf_counter()
    call()
    torch.cuda.synchronize()
    first = 1000 * (time.perf_counter() - start)
    single = timed(call, 1)
    ahead = timed(call, AHEAD)
    return {
        "medianMs": statistics.median(single),
        "minMs": min(single),
        "runs": len(single),
        "aheadMs": statistics.median(ahead) / AHEAD,
        "firstMs": first,
    }


say(torch=torch.__version__, cuda=torch.version.cuda, cudnn=torch.backends.cudnn.version(), gpu=torch.cuda.get_device_name())
shapes = json.loads(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SHAPES
for shape in shapes:
    for workload in ["forward", "gradient"]:
        for cell in ["gru", "lstm"]:
            for tf32 in [False, True]:
                torch.backends.cudnn.allow_tf32 = tf32
                torch.backends.cuda.matmul.allow_tf32 = tf32
                task = {"workload": workload, "shape": shape, "cell": cell, "tf32": tf32}
                try:
                    say(**task, **measure(cell, workload, shape))
                except RuntimeError as error:
                    say(**task, failure=str(error))
