"""Compares what scripts/dtln.mjs wrote with Keras: python check_dtln.py model.h5 in.f32 out.f32

Builds DTLN of Keras layers with the same weights and runs it over the whole recording. Run with keras 3.15, torch 2.13.0.
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
import keras
import numpy as np
import torch
from keras import layers as L

HOP, LENGTH = 128, 512
path, source, result = sys.argv[1:]
samples = np.fromfile(source, np.float32)
ours = np.fromfile(result, np.float32)
file = h5py.File(path)


def arrays(name):
    found = {}
    file[name].visititems(lambda key, item: found.update({key.split("/")[-1].split(":")[0]: item[:]}) if isinstance(item, h5py.Dataset) else None)
    return [found[n] for n in ("gamma", "beta", "kernel", "recurrent_kernel", "bias") if n in found]


def run(layer, name, x):
    layer.build(x.shape)
    layer.set_weights(arrays(name))
    return layer(x)


def mask(x, first, second, dense, units):
    x = run(L.LSTM(128, return_sequences=True), first, x)
    x = run(L.LSTM(128, return_sequences=True), second, x)
    return run(L.Dense(units, activation="sigmoid"), dense, x)


with torch.no_grad():
    padded = torch.tensor(np.concatenate([np.zeros(LENGTH - HOP, np.float32), samples]))
    frames = padded.unfold(0, LENGTH, HOP)[None]
    spectrum = torch.fft.rfft(frames)
    magnitude, phase = spectrum.abs(), spectrum.angle()
    masked = magnitude * mask(magnitude, "lstm", "lstm_1", "dense", LENGTH // 2 + 1)
    first = torch.fft.irfft(torch.polar(masked, phase))
    encoded = run(L.Conv1D(256, 1, use_bias=False), "conv1d", first)
    normal = run(L.LayerNormalization(epsilon=1e-7), "layer_normalization", encoded)
    kept = encoded * mask(normal, "lstm_2", "lstm_3", "dense_1", 256)
    decoded = run(L.Conv1D(LENGTH, 1, padding="causal", use_bias=False), "conv1d_1", kept)[0].numpy()

expected = np.zeros(len(decoded) * HOP + LENGTH, np.float32)
for i, frame in enumerate(decoded):
    expected[i * HOP : i * HOP + LENGTH] += frame
count = min(len(ours), len(decoded) * HOP)
error = np.abs(ours[:count] - expected[:count])
print(f"{count} samples: largest difference {error.max():.3g}, largest sample {np.abs(expected).max():.3g}")
