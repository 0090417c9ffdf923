import type { LayerData } from '@sluice/formats';
import { writeModel } from '@sluice/formats/write';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { dense, gru, loadWeights, lstm, sequential, simpleRNN, toModelFile } from '../src/index.js';
import './backends.js';

/** A file as PyTorch's, with the layers of a model under other names. */
async function fileOf(model: tfl.LayersModel, rename: Record<string, string>): Promise<Uint8Array> {
  const { topology: _, ...file } = await toModelFile(model);
  const layers = Object.entries(rename).map(([from, name]) => {
    const layer = file.layers.find((candidate) => candidate.name === from);
    return { ...layer, name } as LayerData;
  });
  const [bytes] = [...(await writeModel({ ...file, layers }, 'safetensors')).values()];
  return bytes;
}

/** Layers of equal shapes, one after the other. */
const chain = (...names: string[]) =>
  sequential({
    layers: names.map((name, i) => dense({ units: 3, name, ...(i === 0 && { inputShape: [3] }) })),
  });

const pairsOf = ({ pairs }: { pairs: readonly { from: string; to: string }[] }) =>
  Object.fromEntries(pairs.map(({ from, to }) => [from, to]));

const readAll = (model: tfl.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

/** Loads weights that do not match. The error must show the text, and no weight may change. */
async function expectRefusal(model: tfl.LayersModel, bytes: Uint8Array, mapping: object, text: RegExp) {
  const before = readAll(model);
  await expect(loadWeights(model, bytes, mapping as never)).rejects.toThrow(text);
  expect(readAll(model)).toEqual(before);
}

test('layers that do not fit are shown with their shapes, and no mapping is proposed', async () => {
  const source = sequential({ layers: [gru({ units: 2, name: 'gru', inputShape: [4, 3] })] });
  const bytes = await fileOf(source, { gru: 'rnn' });
  const before = tfl.sequential({ layers: [tfl.layers.gru({ units: 2, name: 'old', inputShape: [4, 3] })] });
  await expectRefusal(
    before,
    bytes,
    {},
    /In the file rnn.l0 is gru \[3, 6\] \[2, 6\] \[2, 6\]\.\nIn the model old is GRU \[3, 6\] \[2, 6\] \[6\]\.\nBuild the model/,
  );
  for (const mapping of [null, 'rnn', ['old']]) {
    await expectRefusal(
      before,
      bytes,
      mapping as never,
      /the mapping must be an object such as \{ 'rnn.l0': 'old' \}, but is /,
    );
  }
  await expect(loadWeights({} as never, bytes)).rejects.toThrow('loadWeights takes a LayersModel');
  await expect(toModelFile(undefined as never)).rejects.toThrow('toModelFile takes a LayersModel');
});

test('the mapping leaves a layer of the file out', async () => {
  const head = dense({ units: 2, name: 'head' });
  const source = sequential({ layers: [gru({ units: 2, name: 'gru', inputShape: [4, 3] }), head] });
  const bytes = await fileOf(source, { gru: 'rnn', head: 'fc' });
  const target = sequential({ layers: [gru({ units: 2, name: 'own', inputShape: [4, 3] })] });
  await expectRefusal(target, bytes, {}, /The mapping \{ 'fc': null \} leaves layers of the file out\.$/);
  expect(pairsOf(await loadWeights(target, bytes, { fc: null }))).toEqual({ 'rnn.l0': 'own' });
  expect(readAll(target)).toEqual(readAll(source).slice(0, 3));
  await expectRefusal(target, bytes, { fc: null, 'rnn.l0': null }, /own: no layer of the file fits/);
});

describe('layers of equal shapes', () => {
  test('with numbers in their names are matched in the order of the numbers', async () => {
    const source = chain('a', 'b', 'c');
    const target = chain('x', 'y', 'z');
    // By the alphabet fc10 is before fc2.
    const bytes = await fileOf(source, { a: 'fc1', b: 'fc2', c: 'fc10' });
    expect(pairsOf(await loadWeights(target, bytes))).toEqual({ fc1: 'x', fc2: 'y', fc10: 'z' });
    expect(readAll(target)).toEqual(readAll(source));
  });

  test("with other names are refused, because a file's order says nothing; a mapping helps", async () => {
    const source = chain('first', 'second');
    const bytes = await fileOf(source, { first: 'encoder', second: 'decoder' });
    const target = chain('x', 'y');
    await expectRefusal(target, bytes, {}, /decoder: it fits x, y\nencoder: it fits x, y\n/);
    expect(pairsOf(await loadWeights(target, bytes, { encoder: 'x' }))).toEqual({
      encoder: 'x',
      decoder: 'y',
    });
    expect(readAll(target)).toEqual(readAll(source));
  });

  test('go to the layers of their names', async () => {
    const source = chain('encoder', 'decoder');
    const bytes = await fileOf(source, { encoder: 'encoder', decoder: 'decoder' });
    const target = chain('encoder', 'decoder');
    await loadWeights(target, bytes);
    expect(readAll(target)).toEqual(readAll(source));
    // A name alone may be chance.
    await expectRefusal(chain('encoder', 'other'), bytes, {}, /encoder: it fits encoder, other\n/);
  });

  test('are refused if the model has them side by side, also in inner models', async () => {
    const source = chain('a', 'b');
    const bytes = await fileOf(source, { a: 'fc', b: 'fc_1' });
    const input = tfl.input({ shape: [3] });
    const [x, y] = ['x', 'y'].map((name) => chain(`${name}_inner`).apply(input) as tfl.SymbolicTensor);
    const outputs = tfl.layers.add().apply([x, y]) as tfl.SymbolicTensor;
    const [first, second] = [x, y].map(({ sourceLayer }) => sourceLayer.name);
    const places = `${first}/x_inner, ${second}/y_inner`;
    await expectRefusal(
      tfl.model({ inputs: input, outputs }),
      bytes,
      {},
      new RegExp(`fc: it fits ${places}\n`),
    );
  });

  test('of a stack do not go to one layer that has the name of the stack', async () => {
    const stack = sequential({
      layers: ['a', 'b'].map((name) => gru({ units: 3, name, returnSequences: true, inputShape: [4, 3] })),
    });
    const bytes = await fileOf(stack, { a: 'enc.l0', b: 'enc.l1' });
    const input = tfl.input({ shape: [4, 3] });
    const both = ['enc', 'other'].map((name) => gru({ units: 3, name }).apply(input) as tfl.SymbolicTensor);
    const outputs = tfl.layers.add().apply(both) as tfl.SymbolicTensor;
    await expectRefusal(tfl.model({ inputs: input, outputs }), bytes, {}, /enc\.l0: it fits enc, other\n/);
    const target = sequential({
      layers: ['x', 'y'].map((name) => gru({ units: 3, name, returnSequences: true, inputShape: [4, 3] })),
    });
    expect(pairsOf(await loadWeights(target, bytes))).toEqual({ 'enc.l0': 'x', 'enc.l1': 'y' });
  });

  test('are refused if the model goes from one to the other and back', async () => {
    const bytes = await fileOf(chain('a', 'b'), { a: 'fc', b: 'fc_1' });
    const input = tfl.input({ shape: [3] });
    const [x, y] = ['x', 'y'].map((name) => dense({ units: 3, name }));
    const outputs = [x, y, x].reduce((z, layer) => layer.apply(z) as tfl.SymbolicTensor, input);
    await expectRefusal(tfl.model({ inputs: input, outputs }), bytes, {}, /fc: it fits x, y\n/);
  });

  test('are matched in inner models that follow each other', async () => {
    const source = chain('a', 'b', 'c');
    const bytes = await fileOf(source, { a: 'fc', b: 'fc_1', c: 'fc_2' });
    const inner = chain('x', 'y');
    const target = sequential({ layers: [inner, dense({ units: 3, name: 'z' })] });
    expect(pairsOf(await loadWeights(target, bytes))).toEqual({
      fc: `${inner.name}/x`,
      fc_1: `${inner.name}/y`,
      fc_2: 'z',
    });
    expect(readAll(target)).toEqual(readAll(source));
  });
});

describe('a pair of the mapping', () => {
  const make = (units: number) =>
    sequential({
      layers: [
        gru({ units: 2, inputShape: [4, 3], name: 'r', returnSequences: true }),
        gru({ units, name: 's' }),
      ],
    });

  test('that does not fit is shown, and nothing is set', async () => {
    const bytes = await fileOf(make(3), { r: 'r.l0', s: 's.l0' });
    const mapping = { 'r.l0': 'r', 's.l0': 's' };
    const text = /s\.l0 → s: the file has gru \[2, 9\] \[3, 9\] \[2, 9\], the model SluiceGRU \[2, 12\]/;
    await expectRefusal(make(4), bytes, mapping, text);
  });

  test('cannot go where another one goes', async () => {
    const bytes = await fileOf(make(3), { r: 'r.l0', s: 's.l0' });
    const mapping = { 'r.l0': 'r', 's.l0': 'r' };
    await expectRefusal(make(3), bytes, mapping, /s\.l0 → r: the mapping has r twice/);
  });
});

describe('activations', () => {
  const source = sequential({ layers: [lstm({ units: 2, inputShape: [4, 3], name: 'lstm' })] });

  test.each([
    [
      'hardSigmoid of a layer',
      () =>
        sequential({ layers: [lstm({ units: 2, inputShape: [4, 3], recurrentActivation: 'hardSigmoid' })] }),
    ],
    [
      'hardSigmoid of tf.layers',
      () =>
        tfl.sequential({
          layers: [tfl.layers.lstm({ units: 2, inputShape: [4, 3], recurrentInitializer: 'glorotUniform' })],
        }),
    ],
  ])('that PyTorch lacks are refused: %s', async (_, make) => {
    const bytes = await fileOf(source, { lstm: 'lstm.l0' });
    const text = /recurrentActivation is "sigmoid" in the file, "hardSigmoid" in the model/;
    await expectRefusal(make(), bytes, {}, text);
  });

  test('of weights that do not say them are those of the model', async () => {
    const rnn = sequential({ layers: [simpleRNN({ units: 2, inputShape: [4, 3], name: 'rnn' })] });
    const bytes = await fileOf(rnn, { rnn: 'rnn.l0' });
    const simple = tfl.sequential({
      layers: [
        tfl.layers.simpleRNN({
          units: 2,
          inputShape: [4, 3],
          activation: 'relu',
          recurrentInitializer: 'glorotUniform',
        }),
      ],
    });
    expect((await loadWeights(simple, bytes)).pairs).toHaveLength(1);
  });
});
