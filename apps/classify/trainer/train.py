"""Trains the classifier of this folder with PyTorch, in one process or in many, on one machine or on many.

    python train.py                                                  one process
    torchrun --standalone --nproc-per-node=2 --max-restarts=3 train.py   two processes on this machine
    torchrun --nnodes=2 --nproc-per-node=8 --rdzv-backend=c10d --rdzv-endpoint=HOST:29500 --max-restarts=3 train.py

A batch is divided among all processes, so their number does not change the result. Training goes on from `checkpoint.pt`
if there is one, also after a process was killed. The best epoch's weights go to `trained.safetensors`; then
`sluice-classify import-trained FOLDER --out MODEL` makes a model of them.
"""

import argparse
import json
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from model import Classifier, probabilities  # noqa: E402
from tensors import read_tensors, write_tensors  # noqa: E402

CHECKPOINT = FOLDER / "checkpoint.pt"
CHECKED_TEXTS = 32


def parse_options(settings):
    parser = argparse.ArgumentParser(description="Trains the classifier of this folder.")
    parser.add_argument("--epochs", type=int, default=settings["epochs"])
    parser.add_argument("--batch", type=int, default=settings["batch"], help="examples of all processes together")
    parser.add_argument("--learning-rate", type=float, default=settings["learningRate"])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--float32", action="store_true", help="do not use bfloat16 where CUDA has it")
    parser.add_argument("--compile", action="store_true", help="compile the model by torch.compile")
    parser.add_argument("--save-every", type=int, default=200, help="batches between two checkpoints")
    return parser.parse_args()


class Texts:
    """Texts as numbers of tokens, one after the other, with the class of each."""

    def __init__(self, tensors, part):
        self.tokens, self.starts, self.labels = (tensors[f"{part}/{name}"] for name in ["tokens", "starts", "labels"])

    def __len__(self):
        return len(self.labels)

    def batch(self, positions, length=None):
        """Tokens [batch, timesteps], padded with 0, and labels [batch]."""
        starts, ends = self.starts[positions], self.starts[positions + 1]
        lengths = ends - starts
        timesteps = length or max(1, int(lengths.max()) if len(lengths) else 1)
        tokens = torch.zeros(len(positions), timesteps, dtype=torch.int64)
        for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist())):
            tokens[row, : end - start] = self.tokens[start:end]
        return tokens, self.labels[positions].long()


class Processes:
    """This process among all of them; torchrun sets the variables."""

    def __init__(self, device):
        self.count = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        if self.count > 1:
            dist.init_process_group("nccl" if device == "cuda" else "gloo")
        if device == "cuda":
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        self.device = torch.device(device, torch.cuda.current_device()) if device == "cuda" else torch.device(device)

    @property
    def is_first(self):
        return self.rank == 0

    def sum(self, values):
        """The sum of a vector over all processes."""
        total = values.to(self.device)
        if self.count > 1:
            dist.all_reduce(total)
        return total.cpu()

    def from_first(self, value):
        """The first process's value, in every process."""
        if self.count == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, device=self.device)
        return box[0]

    def finish(self):
        """Waits for all processes: gloo fails when one of them leaves early."""
        if self.count > 1:
            dist.barrier()
            dist.destroy_process_group()


def losses_of(logits, labels):
    """The loss of each text, and whether the most probable class is the right one."""
    if logits.shape[-1] == 1:
        row = logits[:, 0].float()
        losses = nn.functional.binary_cross_entropy_with_logits(row, labels.float(), reduction="none")
        return losses, (row > 0) == (labels == 1)
    return nn.functional.cross_entropy(logits.float(), labels, reduction="none"), logits.argmax(dim=-1) == labels


class Trainer:
    def __init__(self, options, settings, processes):
        self.options, self.settings, self.processes = options, settings, processes
        tensors = read_tensors(FOLDER / "data.safetensors")
        self.train = Texts(tensors, "train")
        self.validation = Texts(tensors, "validation") if "validation/labels" in tensors else None
        self.classifier = Classifier(FOLDER)
        self.classifier.load_weights(read_tensors(FOLDER / "weights.safetensors"))
        self.classifier.to(processes.device)
        model = torch.compile(self.classifier) if options.compile else self.classifier
        self.model = DistributedDataParallel(model) if processes.count > 1 else model
        # The epsilon of Keras and TensorFlow.js.
        self.optimizer = torch.optim.Adam(self.classifier.parameters(), lr=options.learning_rate, eps=1e-7)
        self.epoch, self.batch, self.history = 1, 0, []
        self.sums = torch.zeros(3, dtype=torch.float64)
        self.seconds = 0.0
        bfloat16 = processes.device.type == "cuda" and not options.float32 and torch.cuda.is_bf16_supported()
        self.precision = lambda: torch.autocast("cuda", torch.bfloat16) if bfloat16 else nullcontext()

    def resume(self):
        """Goes on from the last checkpoint. The first process reads it, so the machines need no common disk."""
        state = None
        if self.processes.is_first and CHECKPOINT.exists():
            state = torch.load(CHECKPOINT, map_location="cpu", weights_only=True)
        state = self.processes.from_first(state)
        if state is None:
            return
        if state["batch_size"] != self.options.batch:
            raise SystemExit(
                f"checkpoint.pt was made with --batch {state['batch_size']}, but this is {self.options.batch}. "
                "Give the same size, or remove checkpoint.pt to start again."
            )
        self.classifier.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.batch, self.history = state["epoch"], state["batch"], state["history"]
        self.seconds = state["seconds"]
        if self.processes.is_first:
            self.sums = state["sums"]
            print(f"resumed at epoch {self.epoch}, batch {self.batch}", flush=True)

    def save(self):
        total = self.processes.sum(self.sums)
        if not self.processes.is_first:
            self.sums.zero_()
            return
        self.sums = total
        state = {
            "model": self.classifier.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "batch": self.batch,
            "batch_size": self.options.batch,
            "history": self.history,
            "sums": total,
            "seconds": self.seconds,
        }
        temporary = CHECKPOINT.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, CHECKPOINT)

    def run(self):
        self.resume()
        while self.epoch <= self.options.epochs:
            self.train_epoch()
            self.end_epoch()

    def train_epoch(self):
        options, processes = self.options, self.processes
        generator = torch.Generator().manual_seed(self.settings["seed"] * 1_000_003 + self.epoch)
        order = torch.randperm(len(self.train), generator=generator)
        batches = -(-len(self.train) // options.batch)
        self.model.train()
        while self.batch < batches:
            start = time.monotonic()
            drawn = order[self.batch * options.batch : (self.batch + 1) * options.batch]
            self.train_batch(drawn)
            self.batch += 1
            self.seconds += time.monotonic() - start
            if self.batch % options.save_every == 0:
                self.save()
                if processes.is_first:
                    print(f"epoch {self.epoch}, batch {self.batch} of {batches}", flush=True)

    def train_batch(self, drawn):
        processes, device = self.processes, self.processes.device
        # Dropout depends on the batch and the process alone, so a resumed run draws the same numbers.
        torch.manual_seed(((self.settings["seed"] * 10_007 + self.epoch) * 1_000_003 + self.batch) * 4_099 + processes.rank)
        positions = drawn[processes.rank :: processes.count]
        tokens, labels = self.train.batch(positions, self.settings["length"] if self.options.compile else None)
        with self.precision():
            losses, correct = losses_of(self.model(tokens.to(device)), labels.to(device))
        # DistributedDataParallel averages over processes; this makes it the mean over the whole batch.
        loss = losses.sum() * (processes.count / len(drawn))
        self.optimizer.zero_grad()
        loss.backward()
        if self.settings["clipNorm"] is not None:
            nn.utils.clip_grad_norm_(self.classifier.parameters(), self.settings["clipNorm"])
        self.optimizer.step()
        self.sums += torch.tensor([losses.sum().item(), correct.sum().item(), len(positions)], dtype=torch.float64)

    @torch.no_grad()
    def evaluate(self, texts):
        """The mean loss and the accuracy over some texts."""
        processes = self.processes
        self.classifier.eval()
        sums = torch.zeros(3, dtype=torch.float64)
        for positions in torch.arange(processes.rank, len(texts), processes.count).split(256):
            tokens, labels = texts.batch(positions)
            losses, correct = losses_of(self.classifier(tokens.to(processes.device)), labels.to(processes.device))
            sums += torch.tensor([losses.sum().item(), correct.sum().item(), len(positions)], dtype=torch.float64)
        loss, correct, count = processes.sum(sums).tolist()
        return loss / count, correct / count

    def end_epoch(self):
        loss, correct, count = self.processes.sum(self.sums).tolist()
        if not loss < float("inf"):
            raise SystemExit(f"The loss became {loss} in epoch {self.epoch}. Try a smaller --learning-rate.")
        validation_loss, validation_accuracy = self.evaluate(self.validation) if self.validation else (None, None)
        record = {
            "epoch": self.epoch,
            "loss": loss / count,
            "accuracy": correct / count,
            "validationLoss": validation_loss,
            "validationAccuracy": validation_accuracy,
            "seconds": self.seconds,
            "examplesPerSecond": count / self.seconds,
        }
        self.history.append(record)
        if self.processes.is_first:
            shown = {name: round(value, 4) for name, value in record.items() if value is not None}
            print(json.dumps(shown), flush=True)
            if best_of(self.history) is record:
                self.export()
        self.epoch, self.batch, self.seconds = self.epoch + 1, 0, 0.0
        self.sums.zero_()
        self.save()

    @torch.no_grad()
    def export(self):
        """Writes the weights, and some predictions by which the import checks them."""
        self.classifier.eval()
        tokens, _ = self.train.batch(torch.arange(min(CHECKED_TEXTS, len(self.train))))
        predicted = probabilities(self.classifier(tokens.to(self.processes.device)).float())
        checks = {
            "check/epoch": torch.tensor([self.epoch], dtype=torch.int32),
            "check/tokens": tokens.int(),
            "check/probabilities": predicted,
        }
        write_tensors(FOLDER / "trained.safetensors", {**self.classifier.weights(), **checks})


def best_of(history):
    """The epoch with the highest validation accuracy, then the lowest validation loss; without validation the last."""
    if history[-1]["validationAccuracy"] is None:
        return history[-1]
    return max(history, key=lambda record: (record["validationAccuracy"], -record["validationLoss"], -record["epoch"]))


def main():
    settings = json.loads((FOLDER / "settings.json").read_text())["settings"]
    options = parse_options(settings)
    processes = Processes(options.device)
    Trainer(options, settings, processes).run()
    processes.finish()


if __name__ == "__main__":
    main()
