import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FormatError, readModel } from '../src/index.js';
import {
  type GraphProto,
  MODEL,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '../src/onnx/messages.js';
import { decodeMessage, encodeMessage } from '../src/onnx/wire.js';

const folder = fileURLToPath(new URL('../fixtures/onnx/', import.meta.url));

type Change = { -readonly [key in keyof NodeProto]?: NodeProto[key] };

/** A fixture with some nodes changed. */
function changed(file: string, change: (node: NodeProto) => Change): Uint8Array {
  const model = decodeMessage(MODEL, readFileSync(`${folder}${file}`), file);
  const graph = model.graph as GraphProto;
  const node = graph.node.map((given) => ({ ...given, ...change(given) }));
  return encodeMessage(MODEL, { ...model, graph: { ...graph, node } });
}

const attribute = (name: string, value: object) => ({
  name,
  floats: [],
  ints: [],
  strings: [],
  graphs: [],
  ...value,
});
const bytesOf = (...texts: string[]) => texts.map((text) => new TextEncoder().encode(text));

const refused = async (bytes: Uint8Array): Promise<string> => {
  const error = await readModel(bytes).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  return (error as Error).message;
};

test('weights that the graph computes are refused with the node that computes them', async () => {
  const message = await refused(
    changed('folded.onnx', ({ opType }) =>
      opType === 'DequantizeLinear' ? { opType: 'Softmax', name: 'odd' } : {},
    ),
  );
  expect(message).toBe(
    'the bytes: these layers cannot be read: GRU_18 (GRU): its R is not constant: node odd (Softmax) computes it, ' +
      'which is not evaluated.',
  );
});

test('every layer that cannot be read is named', async () => {
  const message = await refused(
    changed('torch-gru-two-bidirectional.onnx', ({ opType, input }) =>
      opType === 'GRU' ? { input: input.slice(0, 2) } : {},
    ),
  );
  expect(message).toContain(
    '/rnn/GRU (GRU): it has no weights W and R; /rnn/GRU_1 (GRU): it has no weights W and R.',
  );
});

test('a recurrent operator of a runtime is refused', async () => {
  const message = await refused(
    changed('torch-lstm.onnx', ({ opType }) =>
      opType === 'LSTM' ? { opType: 'DynamicQuantizeLSTM', domain: 'com.microsoft' } : {},
    ),
  );
  expect(message).toContain('/rnn/LSTM: DynamicQuantizeLSTM is an operator of com.microsoft, not of ONNX');
});

test.each([
  ['an unknown attribute', attribute('projection', { i: 3 }), 'the unknown attribute projection'],
  ['an unknown direction', attribute('direction', { s: bytesOf('sideways')[0] }), "its direction 'sideways'"],
  [
    'too few activations',
    attribute('activations', { strings: bytesOf('Tanh') }),
    '1 activations instead of 2',
  ],
  [
    'an unknown activation',
    attribute('activations', { strings: bytesOf('Gelu', 'Tanh') }),
    "its activation 'Gelu'",
  ],
  ['other units', attribute('hidden_size', { i: 7 }), 'its hidden_size is 7, but R has 2 units'],
])('%s is refused', async (_, given, expected) => {
  const bytes = changed('gru-reset-after-clip.onnx', (node) => ({
    attribute: [...node.attribute.filter(({ name }) => name !== given.name), given],
  }));
  expect(await refused(bytes)).toContain(expected);
});

const emptyTensor: TensorProto = {
  dims: [],
  floatData: [],
  int32Data: [],
  int64Data: [],
  doubleData: [],
  uint64Data: [],
  externalData: [],
};

const modelOf = (graph: Partial<GraphProto>): Uint8Array => {
  const empty = { node: [], initializer: [], input: [], output: [], sparseInitializer: [] };
  const model: Partial<ModelProto> = { irVersion: 8, graph: { ...empty, ...graph } };
  return encodeMessage(MODEL, model);
};

const nodeOf = (
  opType: string,
  input: string[],
  output: string[],
  more: Partial<NodeProto> = {},
): NodeProto => ({
  opType,
  input,
  output,
  attribute: [],
  ...more,
});

test('a graph nested too deep is refused', async () => {
  let graph: Partial<GraphProto> = {};
  for (let i = 0; i < 60; i++) {
    const body = { node: [], initializer: [], input: [], output: [], sparseInitializer: [], ...graph };
    graph = { node: [nodeOf('If', [], [], { attribute: [attribute('then_branch', { g: body })] })] };
  }
  expect(await refused(modelOf(graph))).toContain('nested more than 50 levels deep');
});

test('a small file cannot ask for much memory', async () => {
  const shape = { ...emptyTensor, name: 'shape', dataType: 7, dims: [3], int64Data: [1, 30000, 30000] };
  const message = await refused(
    modelOf({
      initializer: [shape],
      node: [nodeOf('ConstantOfShape', ['shape'], ['W']), nodeOf('RNN', ['x', 'W', 'W'], ['y'])],
    }),
  );
  expect(message).toContain('a result has 900000000 elements, too many for the size of the file');
});

test('nor can many nodes that share their weights', async () => {
  const shared = {
    ...emptyTensor,
    name: 'W',
    dataType: 1,
    dims: [1, 60, 60],
    rawData: new Uint8Array(4 * 3600),
  };
  const node = Array.from({ length: 2000 }, (_, i) =>
    nodeOf('RNN', ['x', 'W', 'W'], [`y${i}`], { attribute: [attribute('clip', { f: i + 1 })] }),
  );
  expect(await refused(modelOf({ initializer: [shared], node }))).toContain(
    'too many for the size of the file',
  );
});

test('values that depend on themselves are refused', async () => {
  const nodes = [nodeOf('Identity', ['b'], ['a']), nodeOf('Identity', ['a'], ['b'])];
  const message = await refused(modelOf({ node: [...nodes, nodeOf('RNN', ['x', 'a', 'b'], ['y'])] }));
  expect(message).toContain('more than 1000 nodes compute it');
});

test('numbers that are missing are named with their array', async () => {
  const short = { ...emptyTensor, name: 'W', dataType: 1, dims: [2, 3], floatData: [1, 2] };
  expect(await refused(modelOf({ initializer: [short] }))).toContain(
    'W has the shape [2, 3], 6 numbers, but 2 are stored',
  );
});

test.each([
  ['999', '20', 'lies in gru-activations.data from byte 999, 20 bytes, but that file has 168 bytes'],
  ['-8', undefined, 'from byte -8, all bytes'],
])('external data from byte %s is checked', async (offset, length, expected) => {
  const entries = { location: 'gru-activations.data', offset, ...(length && { length }) };
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const tensor = { ...emptyTensor, name: 'W', dataType: 1, dims: [5], dataLocation: 1, externalData };
  const data = new File([readFileSync(`${folder}gru-activations.data`)], 'gru-activations.data');
  const model = new File([modelOf({ initializer: [tensor] }) as BlobPart], 'model.onnx');
  await expect(readModel([model, data])).rejects.toThrow(expected);
});

test('damaged files end in an error that says so, or in a model', () => {
  const script = fileURLToPath(new URL('../scripts/fuzz.mjs', import.meta.url));
  expect(execFileSync('node', [script, 'onnx', '300', '5'], { encoding: 'utf8' })).toContain('300 mutations');
});
