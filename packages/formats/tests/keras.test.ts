import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { describe, expect, test } from 'vitest';
import type { JsonRecord } from '../src/bytes/record.js';
import { unzip, zip } from '../src/bytes/zip.js';
import { type LayerData, type ModelFile, type RecurrentLayerData, readModel, toPlan } from '../src/index.js';
import { fromKeras3 } from '../src/keras/keras3-config.js';
import { writeModel } from '../src/write.js';
import { largestDifference, runLayer, sideBySide } from './run-layer.js';

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly calls: readonly { readonly layer: string; readonly x: number[]; readonly y: number[] }[];
}

const { cases } = JSON.parse(readFileSync(path('keras-calls.json'), 'utf8')) as { cases: Case[] };
const files = cases.flatMap(({ files: names, calls }) => names.map((name) => ({ name, calls })));

const layerOf = ({ layers }: ModelFile, name: string): RecurrentLayerData => {
  const found = layers.find((layer) => layer.name === name);
  if (found?.kind !== 'recurrent') throw new Error(`no recurrent layer ${name}`);
  return found;
};

/** The output of a layer as Keras gives it: sequences or last outputs, directions merged. */
function outputOf(layer: RecurrentLayerData, x: readonly number[]): number[] {
  const { units } = layer.sizes;
  const [batch, timesteps] = [2, 4];
  const results = runLayer(layer, x, batch);
  const outputs = results.sequences.map((sequence, i) => {
    const { goBackwards } = layer.directions[i];
    if (!layer.call.returnSequences) {
      const last = goBackwards ? 0 : timesteps - 1;
      return Float64Array.from({ length: batch * units }, (_, j) => {
        return sequence[(Math.floor(j / units) * timesteps + last) * units + (j % units)];
      });
    }
    // A layer that goes backwards alone returns its outputs in its own order.
    if (!goBackwards || layer.directions.length === 2) return sequence;
    return Float64Array.from(sequence, (_, j) => {
      const [row, step, unit] = [
        Math.floor(j / (timesteps * units)),
        Math.floor(j / units) % timesteps,
        j % units,
      ];
      return sequence[(row * timesteps + timesteps - 1 - step) * units + unit];
    });
  });
  if (outputs.length === 1) return [...outputs[0]];
  if (layer.mergeMode === 'sum') return [...outputs[0].map((value, i) => value + outputs[1][i])];
  return sideBySide({ sequences: outputs, states: [] }, units);
}

describe("Keras's files", () => {
  // Without a description, a file does not say how the layer is called.
  test.each(files.filter(({ name }) => !name.endsWith('.weights.h5')))(
    "$name: every recurrent layer has Keras's numbers",
    async ({ name, calls }) => {
      const file = await readModel(path(name));
      expect(file.layers.filter(({ kind }) => kind === 'recurrent').map((layer) => layer.name)).toEqual(
        calls.map(({ layer }) => layer),
      );
      for (const { layer, x, y } of calls) {
        expect(largestDifference(outputOf(layerOf(file, layer), x), y)).toBeLessThan(1e-6);
      }
    },
  );

  test('of weights alone have the same weights, and say what is assumed', async () => {
    const whole = await readModel(path('keras-h5/kinds.h5'));
    const weights = await readModel(path('keras-h5/kinds.weights.h5'));
    expect(weights.notes[0]).toContain('weights only');
    for (const layer of weights.layers) {
      if (layer.kind !== 'recurrent') continue;
      const same = layerOf(whole, layer.name);
      expect(layer.directions.map(({ weights: own }) => own)).toEqual(
        same.directions.map(({ weights: own }) => own),
      );
      expect(layer.cell.name).toBe(same.cell.name);
      expect(layer.cell.options.resetAfter).toBe(same.cell.options.resetAfter);
    }
  });

  test("the cpu engine runs a layer's plan", async () => {
    const [{ calls }] = cases.filter(({ name }) => name === 'nested');
    const layer = layerOf(await readModel(path('keras/nested.keras')), 'encoder/words');
    const engine = createCpuBackend();
    const [{ plan, parameters, reverse }] = toPlan(layer);
    const result = engine.forward(plan, {
      batch: 2,
      timesteps: 4,
      x: engine.upload(Float32Array.from(calls[0].x)),
      parameters: parameters.map((values) => engine.upload(values)),
      reverse,
    });
    const last = await engine.download(result.states[0]);
    expect(largestDifference(last, calls[0].y)).toBeLessThan(1e-6);
  });

  test('keep what TensorFlow.js needs: states that go in, zeros at padded steps', async () => {
    const { topology } = await readModel(path('keras/states.keras'));
    const decode = (topology!.config.layers as { name: string; inbound_nodes: unknown[] }[]).find(
      ({ name }) => name === 'decode',
    );
    expect(decode?.inbound_nodes).toEqual([
      [
        ['target', 0, 0, {}],
        ['encode', 0, 1, {}],
        ['encode', 0, 2, {}],
      ],
    ]);
    const classifier = await readModel(path('keras/classifier.keras'));
    expect(layerOf(classifier, 'bidirectional').call.zeroOutputForMask).toBe(true);
    expect(layerOf(classifier, 'last').call.zeroOutputForMask).toBeUndefined();
    expect(layerOf(classifier, 'bidirectional').cell.options.recurrentActivation).toBe('hard_sigmoid_sixth');
    expect(layerOf(await readModel(path('keras-h5/keras2.h5')), 'gru').cell.options.recurrentActivation).toBe(
      'hard_sigmoid',
    );
  });
});

describe('masks of functional models', () => {
  const changed = (from: RegExp, to: string) => {
    const parts = unzip(new Uint8Array(readFileSync(path('keras/masked.keras'))), 'masked.keras');
    const text = new TextDecoder().decode(parts.get('config.json'));
    expect(text).toMatch(from);
    parts.set('config.json', new TextEncoder().encode(text.replace(from, to)));
    return zip(parts);
  };

  test('leave no operations behind', async () => {
    const { topology } = await readModel(path('keras/masked.keras'));
    const classes = (topology!.config.layers as { class_name: string }[]).map((layer) => layer.class_name);
    expect(classes.filter((name) => /NotEqual|Any/.test(name))).toEqual([]);
  });

  test.each([
    [
      'of other numbers than 0',
      /(\["ids", 0, 0\]\}\}), 0\]/,
      '$1, 3]',
      'words is called with a mask that its input does not carry',
    ],
    ['that Embedding does not make', /"mask_zero": true/, '"mask_zero": false', 'words is called with'],
    ['that Masking does not make', /"mask_value": 0.0/, '"mask_value": 2.0', 'low is called with'],
    ['of another tensor', /("kwargs": \{"mask": .{0,140})"not_equal/, '$1"features', 'is called with'],
  ])('%s are refused', async (_, from, to, message) => {
    await expect(readModel(changed(from, to))).rejects.toThrow(message);
  });
});

describe('descriptions of Keras 3', () => {
  const tensor = (name: string, shape: (number | null)[] = [null, 4, 3]) => ({
    class_name: '__keras_tensor__',
    config: { shape, dtype: 'float32', keras_history: [name, 0, 0] },
  });
  const described = (className: string, args: unknown[], config: object = {}, module = 'keras.layers') => ({
    class_name: className,
    module,
    config: { name: className.toLowerCase(), ...config },
    name: className.toLowerCase(),
    inbound_nodes: args.length > 0 ? [{ args, kwargs: {} }] : [],
  });
  const convert = (...layers: object[]) => {
    const config = { name: 'model', layers, input_layers: ['x', 0, 0], output_layers: ['y', 0, 0] };
    return fromKeras3({ class_name: 'Functional', config }, true, 'model.keras').config
      .layers as JsonRecord[];
  };

  test('have functions under names that no layer has, unless a layer does the same', () => {
    const ops = 'keras.src.ops.numpy';
    const [add, spread, scaled] = convert(
      described('Add', [tensor('a'), tensor('b')], {}, ops),
      described('Maximum', [tensor('a'), tensor('b', [null, 4, 1])], {}, ops),
      described('Multiply', [tensor('a'), 2], {}, ops),
    );
    expect(add).toMatchObject({
      class_name: 'Add',
      inbound_nodes: [
        [
          ['a', 0, 0, {}],
          ['b', 0, 0, {}],
        ],
      ],
    });
    expect([spread.class_name, scaled.class_name]).toEqual(['keras.ops.Maximum', 'keras.ops.Multiply']);
  });

  test('are refused with everything that Keras 2 cannot say', () => {
    const activation = { class_name: 'LeakyReLU', config: {} };
    const dtype = { class_name: 'QuantizedDTypePolicy', config: { mode: 'int8' } };
    expect(() =>
      convert(
        described('LSTM', [tensor('a')], { activation }),
        described('Dense', [tensor('a')], { dtype }),
        described('Attention', [tensor('a'), tensor('b')]),
      ),
    ).toThrow(
      /lstm: the activation .*; dense has quantised weights .*; attention is called with several arg/,
    );
  });

  test('in other float types become float32', () => {
    const dtype = { class_name: 'DTypePolicy', config: { name: 'mixed_bfloat16' } };
    expect(convert(described('Dense', [tensor('a')], { dtype }))[0].config).toMatchObject({
      dtype: 'float32',
    });
  });
});

/** A layer without the names that the file gives to arrays. */
const withoutTensorNames = (layer: LayerData) =>
  layer.kind === 'recurrent'
    ? layer
    : { ...layer, weights: layer.weights.map(({ shape, values }) => ({ shape, values })) };

describe('written .keras files', () => {
  const whole = files.filter(({ name }) => !/weights|keras2/.test(name));
  test.each(whole)('of $name are read again, the same', async ({ name }) => {
    const file = await readModel(path(name));
    const written = await writeModel(file, 'keras', { name: 'copy' });
    const again = await readModel(written.get('copy.keras') as Uint8Array);
    expect(again.layers.map(withoutTensorNames)).toEqual(file.layers.map(withoutTensorNames));
  });

  test('name everything that Keras cannot hold', async () => {
    const old = await readModel(path('keras-h5/keras2.h5'));
    await expect(writeModel(old, 'keras')).rejects.toThrow('gru has the hard sigmoid 0.2 x + 0.5');
    await expect(writeModel(old, 'keras', { quantize: 'int8' })).rejects.toThrow('Leave out quantize');
    await expect(writeModel({ ...old, topology: undefined }, 'keras')).rejects.toThrow('layers alone');
  });
});

describe('notes', () => {
  test('name the layers that compute with 16 bits in Keras', async () => {
    const parts = unzip(new Uint8Array(readFileSync(path('keras/wrapped.keras'))), 'wrapped.keras');
    const text = new TextDecoder().decode(parts.get('config.json'));
    const mixed = text.replaceAll('"config": {"name": "float32"}', '"config": {"name": "mixed_float16"}');
    parts.set('config.json', new TextEncoder().encode(mixed));
    const [note, ...others] = (await readModel(zip(parts))).notes;
    expect(note).toMatch(
      /^Layers that compute with 16 bits in Keras run in float32: .*lstm_1 \(mixed_float16\)/,
    );
    expect(others).toEqual([]);
  });

  test('name the layers whose masks TensorFlow.js may treat in another way', async () => {
    const { notes } = await readModel(path('keras/residual.keras'));
    expect(notes).toEqual([expect.stringContaining('in another way at add, add_1. A model.json made')]);
    expect((await readModel(path('keras/classifier.keras'))).notes).toEqual([]);
  });
});

describe('damaged files', () => {
  const archive = () => new Uint8Array(readFileSync(path('keras/nested.keras')));
  const repacked = (change: (parts: Map<string, Uint8Array>) => void) => {
    const parts = unzip(archive(), 'nested.keras');
    change(parts);
    return zip(parts);
  };
  const config = (edit: (text: string) => string) =>
    repacked((parts) => {
      const text = new TextDecoder().decode(parts.get('config.json'));
      parts.set('config.json', new TextEncoder().encode(edit(text)));
    });

  test.each([
    [
      'a missing part',
      () => repacked((parts) => parts.delete('model.weights.h5')),
      'model.weights.h5 is missing',
    ],
    ['a wrong checksum', () => archive().fill(7, 200, 260), 'nested.keras|checksum|unpacked'],
    ['half a file', () => archive().subarray(0, 9000), 'directory of the zip archive is missing'],
    ['other units', () => config((text) => text.replace('"units": 2', '"units": 5')), 'must have the shape'],
    [
      'an unknown activation',
      () => config((text) => text.replace('"tanh"', '"tanhh"')),
      "Unknown activation 'tanhh'",
    ],
    [
      'weights of another model',
      () => config((text) => text.replaceAll('"words"', '"other"')),
      'do not belong together',
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(readModel(bytes())).rejects.toThrow(new RegExp(message));
    await expect(readModel(bytes())).rejects.toMatchObject({ name: 'FormatError' });
  });

  test.each(['keras', 'keras-h5'])('of %s end in an error or a model', (format) => {
    const script = fileURLToPath(new URL('../scripts/fuzz.mjs', import.meta.url));
    expect(execFileSync('node', [script, format, '150', '5'], { encoding: 'utf8' })).toContain(
      '150 mutations',
    );
  });
});
