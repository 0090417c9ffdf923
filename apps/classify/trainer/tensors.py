"""Reads and writes .safetensors files with PyTorch alone."""

import json
import os
import struct

import torch

TYPES = {"F32": torch.float32, "I32": torch.int32, "I64": torch.int64}
NAMES = {dtype: name for name, dtype in TYPES.items()}


def read_tensors(path):
    """The tensors of a file by name. The file is mapped into memory, so that large data are read when they are used."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    start = 8 + length
    size = os.path.getsize(path)
    mapped = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype = TYPES[entry["dtype"]]
        first, last = entry["data_offsets"]
        if not 0 <= first <= last <= size - start:
            raise ValueError(f"{path}: {name} lies outside of the file. The file is damaged; export it again.")
        if first == last:
            tensors[name] = torch.empty(entry["shape"], dtype=dtype)
            continue
        part = mapped[start + first : start + last]
        if (start + first) % dtype.itemsize != 0:
            part = part.clone()
        tensors[name] = part.view(dtype).reshape(entry["shape"])
    return tensors


def write_tensors(path, tensors):
    """Writes the file in one step: a reader sees the file before or the file after."""
    header = {}
    position = 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [position, position + size],
        }
        position += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for tensor in tensors.values():
            file.write(tensor.detach().cpu().contiguous().numpy().tobytes())
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
