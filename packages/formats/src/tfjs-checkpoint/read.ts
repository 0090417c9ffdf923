/**
 * Weights of TensorFlow.js without a model: a manifest and files beside it. Cells of TensorFlow 1 are recognised by their names:
 * `rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel`. Source: `tf.basicLSTMCell` of tfjs-core.
 */
import { FormatError } from '../bytes/format-error.js';
import { parseJson, requireRecord, requireText } from '../bytes/json.js';
import type { OpenedSource } from '../bytes/source.js';
import type { FormatModule } from '../data/format.js';
import { type LayerData, recurrentLayer } from '../data/layers.js';
import type { FileTensor } from '../data/tensor.js';
import { readWeights } from '../layers-model/read.js';
import { decodeGroup, readEntry } from '../layers-model/weights.js';

/** What the file does not say: the function takes the forget bias as an argument. */
const FORGET_BIAS = 1;

/** Reads the manifest and the files beside it. */
export const read: FormatModule['read'] = async (source) => {
  const json = parseJson(source.bytes, source.name);
  const tensors = Array.isArray(json)
    ? (await readWeights(source, json)).tensors
    : await readVariables(source, json);
  // The state of an optimizer is named after its variable: `kernel/Adam`.
  const names = new Set(tensors.map(({ name }) => name));
  const variables = tensors.filter(({ name }) => !names.has(name.slice(0, name.lastIndexOf('/'))));
  const scopes = groupByScope(variables);
  refuseOtherCells(scopes, source.name);
  const layers = scopes.map(([scope, own]) => toLayer(scope, own, source.name));
  const notes: string[] = [];
  if (layers.some(({ kind }) => kind === 'recurrent')) {
    notes.push(
      `The forget bias of tf.basicLSTMCell is not in the file; ${FORGET_BIAS}, as TensorFlow's default, is added to the bias.`,
    );
  }
  const left = tensors.length - variables.length;
  if (left > 0) notes.push(`${left} arrays of the optimizer's state are left out.`);
  return { format: 'tfjs-checkpoint', layers, tensors, notes };
};

/** The older manifest: `{ name: { filename, shape } }`. */
async function readVariables(source: OpenedSource, json: unknown): Promise<FileTensor[]> {
  const { name: file } = source;
  const tensors: FileTensor[] = [];
  for (const [name, value] of Object.entries(requireRecord(json, file, 'the manifest'))) {
    const { filename, shape } = requireRecord(value, file, `the entry of ${name}`);
    const entry = readEntry({ name, shape, dtype: 'float32' }, file);
    const bytes = await source.sibling(requireText(filename, file, `the file of ${name}`));
    tensors.push(...decodeGroup([entry], bytes, file));
  }
  return tensors;
}

function groupByScope(tensors: readonly FileTensor[]): [string, FileTensor[]][] {
  const groups = new Map<string, FileTensor[]>();
  for (const tensor of tensors) {
    const scope = tensor.name.replace(/\/?[^/]*$/, '') || tensor.name;
    groups.set(scope, [...(groups.get(scope) ?? []), tensor]);
  }
  return [...groups];
}

const isLstm = (scope: string): boolean => /lstm_cell$/.test(scope);

/** Cells of LSTM with more weights than `tf.basicLSTMCell` has: peepholes, a projection, layer normalisation. */
function refuseOtherCells(scopes: readonly (readonly [string, FileTensor[]])[], file: string): void {
  const cells = scopes.map(([scope]) => scope).filter(isLstm);
  const known = /(kernel|weights|bias|biases)$/;
  const others = scopes.flatMap(([scope, tensors]) => {
    const isInside = cells.some((cell) => scope.startsWith(`${cell}/`));
    const unknown = isInside || (isLstm(scope) && !tensors.some(({ name }) => /bias(es)?$/.test(name)));
    return tensors.filter(({ name }) => unknown || (isLstm(scope) && !known.test(name)));
  });
  if (others.length === 0) return;
  throw new FormatError(
    `${file}: its LSTM cells have the weights ${others.map(({ name }) => name).join(', ')}. Sluice reads cells of ` +
      'tf.basicLSTMCell, which have a kernel and a bias. Peepholes, projections and layer normalisation are not read.',
  );
}

function toLayer(scope: string, tensors: readonly FileTensor[], file: string): LayerData {
  const last = (name: string) => tensors.find((tensor) => tensor.name.endsWith(`/${name}`));
  const [kernel, bias] = [last('kernel') ?? last('weights'), last('bias') ?? last('biases')];
  if (isLstm(scope) && kernel && bias) return toLstm(scope, kernel, bias, file);
  // The matrices of other cells, such as gru_cell/gates, are no layers of their own.
  const isDense =
    !/_cell(\/|$)/.test(scope) &&
    kernel?.shape.length === 2 &&
    (bias === undefined || bias.shape.length === 1);
  const weights = isDense && kernel ? [kernel, ...(bias ? [bias] : [])] : tensors;
  return { kind: 'other', name: scope, className: isDense ? 'Dense' : 'unknown', weights };
}

/** The gates of `tf.basicLSTMCell` are input, candidate, forget, output; Sluice's are input, forget, candidate, output. */
const GATES = [0, 2, 1, 3];

function toLstm(name: string, kernel: FileTensor, bias: FileTensor, file: string): LayerData {
  const [rows, columns] = kernel.shape;
  const units = columns / 4;
  const inputSize = rows - units;
  if (
    kernel.shape.length !== 2 ||
    !Number.isInteger(units) ||
    inputSize < 1 ||
    bias.values.length !== columns
  ) {
    throw new FormatError(
      `${file}: ${name}: the kernel must have the shape [inputs + units, 4·units] and the bias [4·units], but they have ` +
        `[${kernel.shape.join(', ')}] and [${bias.shape.join(', ')}].`,
    );
  }
  const reordered = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return kernel.values[row * columns + GATES[Math.floor(column / units)] * units + (column % units)];
  });
  const biases = Float32Array.from({ length: columns }, (_, column) => {
    const gate = Math.floor(column / units);
    return bias.values[GATES[gate] * units + (column % units)] + (gate === 1 ? FORGET_BIAS : 0);
  });
  const weights = {
    kernel: reordered.slice(0, inputSize * columns),
    recurrentKernel: reordered.slice(inputSize * columns),
    bias: biases,
  };
  return recurrentLayer(
    {
      name,
      cell: { name: 'lstm', options: {} },
      sizes: { inputSize, units },
      directions: [{ goBackwards: false, weights }],
      call: { returnSequences: true },
    },
    file,
  );
}
