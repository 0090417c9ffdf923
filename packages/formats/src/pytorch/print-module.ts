/** A chain of layers as the source of a PyTorch module. */
import { cellFrom } from '@sluice/core';
import { pythonClassName, toPyTorch } from '@sluice/core/pytorch';
import { FormatError } from '../bytes/format-error.js';
import { chainOf, type Step } from '../data/chain.js';
import type { LayerData, ModelFile, RecurrentLayerData } from '../data/layers.js';
import { hasOwnModule, projectionOf } from './to-state-dict.js';

/** A Python name for a module of a model. */
const attribute = (name: string): string => {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z_]/.test(plain) ? plain : `layer_${plain}`;
};

/** Keras's activations in PyTorch. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  linear: 'x',
  relu: 'torch.relu(x)',
  tanh: 'torch.tanh(x)',
  sigmoid: 'torch.sigmoid(x)',
  softmax: 'torch.softmax(x, dim=-1)',
  elu: 'nn.functional.elu(x)',
  selu: 'nn.functional.selu(x)',
  softplus: 'nn.functional.softplus(x)',
  softsign: 'nn.functional.softsign(x)',
  silu: 'nn.functional.silu(x)',
  swish: 'nn.functional.silu(x)',
  gelu: 'nn.functional.gelu(x)',
};

interface Printed {
  /** Classes that the module needs. */
  readonly classes: readonly string[];
  readonly constructor: readonly string[];
  readonly forward: readonly string[];
}

/**
 * The source of a module, and the model's layers under its names.
 * @throws FormatError naming all layers that are no part of a chain.
 */
export function printModule(model: ModelFile, file: string): { source: string; layers: LayerData[] } {
  const steps = chainOf(model, 'a PyTorch module');
  const printed = steps.map((step, i) => printStep(step, i));
  const classes = [...new Set(printed.flatMap((part) => part.classes))];
  const constructors = printed.flatMap((part) => part.constructor);
  const lines = printed.flatMap((part) => part.forward);
  const source = `"""A model written by Sluice. Its weights are in ${file}.safetensors:

    model = load()
"""

from pathlib import Path

${classes.length > 0 ? classes.join('\n\n') : 'import torch\nfrom torch import nn'}


class Model(nn.Module):
    """${takesTokens(steps) ? 'Tokens [batch, timesteps]' : 'Inputs [batch, timesteps, features]'} to outputs."""

    def __init__(self):
        super().__init__()
${indent(8, constructors)}

    def forward(self, x):
${indent(8, lines)}
        return x


def load(path=Path(__file__).with_name("${file}.safetensors")):
    """The model with its weights, ready to predict."""
    from safetensors.torch import load_file

    model = Model()
    model.load_state_dict(load_file(path))
    return model.train(False)
`;
  return { source, layers: steps.flatMap(layersOfStep) };
}

const takesTokens = ([first]: readonly Step[]): boolean => first?.kind === 'embedding';

const indent = (columns: number, lines: readonly string[]): string =>
  lines.map((line) => ' '.repeat(columns) + line).join('\n');

function activationLine(activation: string, name: string): string[] {
  if (activation === 'linear') return [];
  const printed = Object.hasOwn(ACTIVATIONS, activation) ? ACTIVATIONS[activation] : undefined;
  if (!printed)
    throw new FormatError(
      `The activation '${activation}' of ${name} has no name in PyTorch that Sluice knows.`,
    );
  return [`x = ${printed}`];
}

function printStep(step: Step, i: number): Printed {
  switch (step.kind) {
    case 'embedding': {
      const [rows, width] = step.table.shape;
      const self = attribute(step.name);
      return {
        classes: [],
        constructor: [`self.${self} = nn.Embedding(${rows}, ${width})`],
        forward: [`x = self.${self}(x)`],
      };
    }
    case 'dense': {
      const [inputs, outputs] = step.kernel.shape;
      const self = attribute(step.name);
      const bias = step.bias ? '' : ', bias=False';
      return {
        classes: [],
        constructor: [`self.${self} = nn.Linear(${inputs}, ${outputs}${bias})`],
        forward: [`x = self.${self}(x)`, ...activationLine(step.activation, step.name)],
      };
    }
    case 'activation':
      return { classes: [], constructor: [], forward: activationLine(step.activation, step.name) };
    case 'flatten':
      return { classes: [], constructor: [], forward: ['x = x.flatten(1)'] };
    case 'recurrent':
      return printRecurrent(step, i);
  }
}

function printRecurrent(step: Extract<Step, { kind: 'recurrent' }>, i: number): Printed {
  const { layer, returnSequences, inComputedOrder } = step;
  const self = attribute(layer.name);
  const both = layer.directions.length === 2;
  const width = projectionOf(layer) ?? layer.sizes.units;
  const isOwn = hasOwnModule(layer);
  const outputs = isOwn ? ownModule(layer, self) : printedModule(layer, self, i);
  const reversed = layer.directions.map(({ goBackwards }) => goBackwards);
  const parts = isOwn
    ? both
      ? [`x[..., :${width}]`, `x[..., ${width}:]`]
      : ['x']
    : reversed.map((_, direction) => `parts[${direction}]`);
  const selected = parts.map((part, direction) => {
    if (returnSequences) return inComputedOrder ? `${part}.flip(1)` : part;
    return `${part}[:, ${reversed[direction] ? 0 : -1}]`;
  });
  return { ...outputs, forward: [...outputs.forward, `x = ${merge(selected, layer)}`] };
}

function ownModule(layer: RecurrentLayerData, self: string): Printed {
  const { cell, sizes, directions } = layer;
  const name = { simpleRnn: 'RNN', gru: 'GRU', lstm: 'LSTM' }[cell.name];
  const options = [
    'batch_first=True',
    ...(directions.length === 2 ? ['bidirectional=True'] : []),
    ...(cell.options.useBias === false ? ['bias=False'] : []),
    ...(cell.options.activation === 'relu' ? ['nonlinearity="relu"'] : []),
    ...(projectionOf(layer) === undefined ? [] : [`proj_size=${projectionOf(layer)}`]),
  ];
  return {
    classes: [],
    constructor: [`self.${self} = nn.${name}(${sizes.inputSize}, ${sizes.units}, ${options.join(', ')})`],
    forward: [`x, _ = self.${self}(x)`],
  };
}

/** Any other cell, printed from its equations: a class of its own for each layer, since sizes are part of it. */
function printedModule({ cell, sizes, directions }: RecurrentLayerData, self: string, i: number): Printed {
  const made = cellFrom(cell);
  const original = pythonClassName(made.name);
  const className = `${original}${i + 1}`;
  const source = toPyTorch(made, sizes).replace(`class ${original}(`, `class ${className}(`).trim();
  const scopes = directions.length === 1 ? [''] : ['forward_cell', 'backward_cell'];
  const modules =
    directions.length === 1
      ? [`self.${self} = ${className}()`]
      : [`self.${self} = nn.ModuleDict({${scopes.map((scope) => `"${scope}": ${className}()`).join(', ')}})`];
  const calls = directions.map(({ goBackwards }, direction) => {
    const module = directions.length === 1 ? `self.${self}` : `self.${self}["${scopes[direction]}"]`;
    return `${module}(x, reverse=${goBackwards ? 'True' : 'False'})[0]`;
  });
  return { classes: [source], constructor: modules, forward: [`parts = [${calls.join(', ')}]`] };
}

function merge(parts: readonly string[], { mergeMode }: RecurrentLayerData): string {
  if (parts.length === 1) return parts[0];
  if (mergeMode === 'sum') return parts.join(' + ');
  if (mergeMode === 'mul') return parts.join(' * ');
  if (mergeMode === 'ave') return `(${parts.join(' + ')}) / 2`;
  return `torch.cat([${parts.join(', ')}], dim=-1)`;
}

/** The layers of a step under the names of the module. */
function layersOfStep(step: Step): LayerData[] {
  if (step.kind === 'recurrent') {
    return [{ ...step.layer, name: attribute(step.layer.name) }];
  }
  if (step.kind === 'embedding') {
    return [{ kind: 'other', name: attribute(step.name), className: 'Embedding', weights: [step.table] }];
  }
  if (step.kind !== 'dense') return [];
  const weights = step.bias ? [step.kernel, step.bias] : [step.kernel];
  return [{ kind: 'other', name: attribute(step.name), className: 'Dense', weights }];
}
