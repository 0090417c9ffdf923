"""Trains a small model in PyTorch and writes weights.safetensors and expected.json, with what PyTorch computes for two inputs.

pip install torch==2.13.0 safetensors numpy, then: python make_weights.py
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

here = Path(__file__).parent
torch.manual_seed(1)
torch.set_num_threads(1)


class Forecaster(nn.Module):
    """Two GRU layers read a wave; a linear layer says its next value."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 16, num_layers=2, batch_first=True)
        self.decide = nn.Linear(16, 1)

    def forward(self, x):
        return self.decide(self.gru(x)[0][:, -1])


def waves(count):
    """Parts of sine waves of different frequencies, and the next value of each."""
    frequency = 0.2 + 0.4 * torch.rand(count, 1)
    phase = 6.3 * torch.rand(count, 1)
    wave = torch.sin(frequency * torch.arange(25) + phase)
    return wave[:, :24, None], wave[:, 24:]


model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(400):
    x, y = waves(64)
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"mean squared error {loss.item():.5f}")

x, y = waves(4)
with torch.no_grad():
    outputs = model(x)
save_file(model.state_dict(), here / "weights.safetensors")
numbers = {name: array.flatten().tolist() for name, array in [("inputs", x), ("outputs", outputs), ("truth", y)]}
(here / "expected.json").write_text(json.dumps(numbers, indent=1) + "\n")
