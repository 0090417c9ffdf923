"""The text classifier: embedding, recurrent layers, one dense layer. The recurrent cells are printed from their equations."""

import importlib
import json
from pathlib import Path

import torch
from torch import nn


class Embedding(nn.Module):
    def __init__(self, vocabulary, size):
        super().__init__()
        self.embeddings = nn.Parameter(torch.empty(vocabulary, size))

    def forward(self, tokens):
        return nn.functional.embedding(tokens, self.embeddings)


class Dense(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return x @ self.kernel + self.bias


class Bidirectional(nn.Module):
    """Two copies of a cell, one for each direction; their outputs side by side."""

    def __init__(self, make_cell, number):
        super().__init__()
        self.names = [f"forward_recurrent_{number}", f"backward_recurrent_{number}"]
        for name in self.names:
            self.add_module(name, make_cell())

    def forward(self, x, mask, sequences):
        forward, backward = (getattr(self, name) for name in self.names)
        # In sequences the output of a padded step is zero; otherwise the last output is kept.
        ahead, _ = forward(x, mask=mask, zero_output=sequences)
        back, _ = backward(x, mask=mask, reverse=True, zero_output=sequences)
        both = [ahead, back] if sequences else [ahead[:, -1], back[:, 0]]
        return torch.cat(both, dim=-1)


class Recurrent(nn.Module):
    """One cell from the first step to the last."""

    def __init__(self, make_cell):
        super().__init__()
        self.cell = make_cell()

    def forward(self, x, mask, sequences):
        outputs, _ = self.cell(x, mask=mask)
        return outputs if sequences else outputs[:, -1]


class Classifier(nn.Module):
    """Tokens [batch, timesteps], padded with 0 at the end, to logits [batch, outputs]."""

    def __init__(self, folder):
        super().__init__()
        settings = json.loads(Path(folder, "settings.json").read_text())["settings"]
        trainer = json.loads(Path(folder, "trainer.json").read_text())
        self.embedding = Embedding(trainer["vocabulary"], settings["embedding"])
        self.dropout = nn.Dropout(settings["dropout"])
        self.recurrent = []
        for number, class_name in enumerate(trainer["cells"], start=1):
            make_cell = getattr(importlib.import_module(f"recurrent_{number}"), class_name)
            both = settings["bidirectional"]
            layer = Bidirectional(make_cell, number) if both else Recurrent(make_cell)
            self.add_module(f"{'bidirectional' if both else 'recurrent'}_{number}", layer)
            self.recurrent.append(layer)
        width = settings["units"] * (2 if settings["bidirectional"] else 1)
        self.dense = Dense(width, trainer["outputs"])

    def forward(self, tokens):
        mask = tokens != 0
        x = self.dropout(self.embedding(tokens))
        for number, layer in enumerate(self.recurrent, start=1):
            x = self.dropout(layer(x, mask, sequences=number < len(self.recurrent)))
        return self.dense(x)

    def weights(self):
        """The parameters by the names that Sluice gives them: `recurrent_1/kernel`."""
        named = self.named_parameters()
        return {name.replace(".cell.", ".").replace(".", "/"): value for name, value in named}

    def load_weights(self, tensors):
        weights = self.weights()
        if weights.keys() != tensors.keys():
            raise ValueError(f"expected the weights {', '.join(weights)}, but found {', '.join(tensors)}")
        with torch.no_grad():
            for name, value in weights.items():
                value.copy_(tensors[name])


def probabilities(logits):
    """[batch, classes]. Two classes have one logit: that of the second class."""
    if logits.shape[-1] > 1:
        return torch.softmax(logits, dim=-1)
    second = torch.sigmoid(logits)
    return torch.cat([1 - second, second], dim=-1)
