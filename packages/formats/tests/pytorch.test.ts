import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { zip } from '../src/bytes/zip.js';
import { type AssumedOptions, type FormatName, type RecurrentLayerData, readModel } from '../src/index.js';
import { encodeSafetensors } from '../src/safetensors/tensors.js';
import { writeModel } from '../src/write.js';
import { largestDifference, runLayer, sideBySide } from './run-layer.js';

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

interface Case {
  readonly file: string;
  readonly assume: AssumedOptions;
  readonly calls: readonly {
    readonly layers: readonly string[];
    readonly x: number[];
    readonly y: number[];
  }[];
}

const { cases } = JSON.parse(readFileSync(path('torch-calls.json'), 'utf8')) as { cases: Case[] };

/** What layers give one after the other. */
function runStack(layers: readonly RecurrentLayerData[], x: readonly number[]): number[] {
  return layers.reduce<number[]>(
    (input, layer) => {
      const result = runLayer(layer, input, 2);
      // The length of the input is that of two sequences of steps.
      return sideBySide(result, (result.sequences[0].length * layer.sizes.inputSize) / input.length);
    },
    [...x],
  );
}

const expectNumbers = (layers: readonly { name: string }[], { calls }: Case) => {
  for (const { layers: names, x, y } of calls) {
    const stack = names.map((name) => layers.find((layer) => layer.name === name) as RecurrentLayerData);
    expect(largestDifference(runStack(stack, x), y)).toBeLessThan(1e-6);
  }
};

describe("PyTorch's files", () => {
  test.each(cases)("$file: every recurrent layer has the library's numbers", async (given) => {
    const { layers } = await readModel(path(given.file), { assume: given.assume });
    expectNumbers(layers, given);
  });

  test('hold modules that are not recurrent in the layout of Keras', async () => {
    const { layers } = await readModel(path('pytorch/classifier.pt'));
    const shapes = layers.flatMap((layer) =>
      layer.kind === 'other'
        ? [[layer.name, layer.className, ...layer.weights.map(({ shape }) => shape.join('×'))]]
        : [],
    );
    expect(shapes).toEqual([
      ['embedding', 'Embedding', '7×3'],
      ['conv', 'Conv1D', '2×3×4', '4'],
      ['norm', 'BatchNormalization', '4', '4', '4', '4'],
      ['scale', 'LayerNormalization', '4', '4'],
      ['fc', 'Dense', '2×1', '1'],
    ]);
  });

  test('say what is left out and what is assumed', async () => {
    const { notes } = await readModel(path('pytorch/checkpoint.pt'));
    expect(notes).toEqual(['Of the checkpoint only model_state_dict is read, not epoch, optimizer, loss.']);
    expect((await readModel(path('safetensors/kinds.safetensors'))).notes.join()).toContain('tanh or relu');
    expect((await readModel(path('sru/stack.pt'))).notes.join()).toContain('one direction is assumed');
  });
});

test.each([
  [{ nonlinearity: 'gelu' }, "assume has no nonlinearity: 'gelu'. It has nonlinearity: tanh or relu, "],
  [{ nonlinear: 'relu' }, "assume has no nonlinear: 'relu'"],
])('%j is nothing that can be assumed', async (assume, message) => {
  await expect(readModel(path('pytorch/classifier.pt'), { assume: assume as never })).rejects.toThrow(
    message,
  );
});

describe('written files', () => {
  test.each<[FormatName, string]>([
    ['safetensors', 'safetensors/kinds.safetensors'],
    ['safetensors', 'pytorch/classifier.pt'],
    ['sru', 'sru/both.pt'],
    ['sru', 'sru/plain.pt'],
    ['sru', 'sru/rescaled.pt'],
    ['sru', 'sru/low-rank.pt'],
    ['sru', 'sru/low-rank-both.pt'],
    ['sru', 'sru/normalized-after.pt'],
  ])('%s of %s are read again, the same', async (format, file) => {
    const given = cases.find((one) => one.file === file) as Case;
    const model = await readModel(path(file), { assume: given.assume });
    const [bytes] = [...(await writeModel(model, format)).values()];
    const again = await readModel(bytes, { assume: given.assume });
    const renamed = again.layers.map((layer) => ({
      ...layer,
      name: format === 'sru' ? `rnn.${layer.name}` : layer.name,
    }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(renamed.sort(byName).map(({ name, kind }) => [name, kind])).toEqual(
      [...model.layers].sort(byName).map(({ name, kind }) => [name, kind]),
    );
    expectNumbers(renamed, given);
  });

  test('float16 rounds the weights, 8 bits are refused', async () => {
    const model = await readModel(path('safetensors/kinds.safetensors'));
    const [bytes] = [...(await writeModel(model, 'safetensors', { quantize: 'float16' })).values()];
    expect((await readModel(bytes)).tensors[0].type).toBe('float16');
    await expect(writeModel(model, 'safetensors', { quantize: 'int8' })).rejects.toThrow(
      "Choose quantize: 'float16'",
    );
    await expect(writeModel(model, 'sru')).rejects.toThrow(
      'encoder.lstm.l0, encoder.lstm.l1, gru.l0, rnn.l0 are none',
    );
  });

  test('as a module they are a class with the layers in a chain', async () => {
    const model = await readModel(path('sru/stack.pt'));
    const written = await writeModel(model, 'pytorch', { name: 'stack' });
    expect([...written.keys()]).toEqual(['stack.py', 'stack.safetensors']);
    const source = new TextDecoder().decode(written.get('stack.py'));
    expect(source).toContain('class Sru1(nn.Module):');
    expect(source).toContain('self.rnn_rnn_lst_1 = Sru2()');
    await expect(writeModel(await readModel(path('pytorch/classifier.pt')), 'pytorch')).rejects.toThrow(
      'conv is a layer Conv1D; norm is a layer BatchNormalization',
    );
  });
});

const tensor = (name: string, ...shape: number[]) => ({
  name,
  shape,
  values: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

describe('what cannot be read is refused', () => {
  test.each([
    [
      'a projection of another width',
      [tensor('rnn.weight_ih_l0', 8, 3), tensor('rnn.weight_hh_l0', 8, 1), tensor('rnn.weight_hr_l0', 3, 2)],
      'weight_hr [projection, units]',
    ],
    [
      'five gates',
      [tensor('rnn.weight_ih_l0', 10, 3), tensor('rnn.weight_hh_l0', 10, 2)],
      'with 1, 3 or 4 gates',
    ],
    [
      'weight_norm',
      [tensor('fc.weight_g', 2, 1), tensor('fc.weight_v', 2, 3)],
      'fc has weight_g, a parametrization',
    ],
    ['parametrizations', [tensor('fc.parametrizations.weight.original0', 2, 1)], 'remove_parametrizations'],
    [
      'a bias of another length',
      [
        tensor('g.weight_ih_l0', 6, 3),
        tensor('g.weight_hh_l0', 6, 2),
        tensor('g.bias_ih_l0', 5),
        tensor('g.bias_hh_l0', 6),
      ],
      '[6, 3], [6, 2], [5], [6]; expected',
    ],
    [
      'a GRU with one bias of two',
      [tensor('g.weight_ih_l0', 6, 3), tensor('g.weight_hh_l0', 6, 2), tensor('g.bias_hh_l0', 6)],
      '[6, 3], [6, 2], missing, [6]; expected',
    ],
    [
      'an RNN with one bias of two',
      [tensor('r.weight_ih', 2, 3), tensor('r.weight_hh', 2, 2), tensor('r.bias_ih', 2)],
      'both biases [gates·units] or none',
    ],
    [
      'an SRU with an unknown tensor',
      [tensor('s.weight', 3, 12), tensor('s.weight_c', 6), tensor('s.attention', 3, 2)],
      's has attention',
    ],
    [
      'an SRU with a projection of another width',
      [tensor('s.weight', 2, 9), tensor('s.weight_c', 6), tensor('s.weight_proj', 3, 1)],
      's: layouts.asappresearch.sru: weight has 18 values',
    ],
    [
      'layer normalisation that is not as long as input or output',
      [tensor('s.weight', 3, 9), tensor('s.weight_c', 6), tensor('s.layer_norm.weight', 2)],
      'layerNormWeight has 2 values, but with inputSize 3 and units 3',
    ],
  ])('%s', async (_, tensors, message) => {
    const bytes = encodeSafetensors(tensors);
    await expect(readModel(bytes)).rejects.toThrow(message);
    await expect(readModel(bytes)).rejects.toMatchObject({ name: 'FormatError' });
  });

  test.each([
    ['low-rank', 'rnn.rnn_lst.1: layouts.asappresearch.sru, both directions: with inputSize 4 and 2 units'],
    ['normalized-after', 'the library normalises the outputs of both directions together, 4 numbers'],
  ])('an SRU that one cell for each direction cannot compute: %s', async (file, message) => {
    await expect(readModel(path(`sru/${file}.pt`), { assume: { bidirectional: true } })).rejects.toThrow(
      message,
    );
  });

  test('an SRU that the library would not project is not written', async () => {
    const model = await readModel(path('sru/low-rank.pt'), { assume: { bidirectional: false } });
    const [layer] = model.layers as RecurrentLayerData[];
    const wide = { ...layer, cell: { name: 'sru', options: { projection: 3 } } };
    await expect(writeModel({ ...model, layers: [wide] }, 'sru')).rejects.toThrow(
      'projects only to fewer than the 3 inputs and the 4 outputs',
    );
    const changed = await readModel(path('sru/low-rank-both.pt'), {
      assume: { bidirectional: true, highway: false },
    });
    const [both] = changed.layers as RecurrentLayerData[];
    (both.directions[0].weights.projection as Float32Array)[0] += 1;
    await expect(writeModel(changed, 'sru')).rejects.toThrow(
      'the library has one weightProj for both directions',
    );
  });

  /** A file of PyTorch with this pickle. */
  const archive = (...codes: (string | number)[]) => {
    const bytes = codes.flatMap((code) =>
      typeof code === 'number' ? [code] : [...new TextEncoder().encode(code)],
    );
    return zip(new Map([['model/data.pkl', Uint8Array.from([0x80, 2, ...bytes])]]));
  };

  test.each([
    [
      'a pickle that runs a command',
      archive('cposix\nsystem\n', 0x28, 0x58, 4, 0, 0, 0, 'true', 't', 'R', '.'),
      'a Python object posix.system',
    ],
    ['a pickle that evaluates a text', archive('c__builtin__\neval\n', '.'), '__builtin__.eval'],
    [
      'a pickled module',
      archive('ctorch.nn.modules.rnn\nLSTM\n', '.'),
      'torch.save(model.state_dict(), path)',
    ],
    ['a pickle without an end', archive('}'), 'bytes were expected'],
    ['a pickle that uses nothing', archive('R', '.'), 'a value that is not there'],
    ['an unknown code', archive(0xff), 'the unknown code 0xff'],
    ['a list in place of a dictionary', archive(']', '.'), 'expected a state_dict'],
    ['an empty dictionary', archive('}', '.'), 'no tensors'],
    ['an archive of something else', zip(new Map([['readme.txt', new Uint8Array(3)]])), 'no data.pkl'],
    [
      'a TorchScript archive',
      zip(
        new Map([
          ['m/code/x.py', new Uint8Array(3)],
          ['m/data.pkl', new Uint8Array(3)],
        ]),
      ),
      'TorchScript',
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(readModel(bytes)).rejects.toThrow(message);
    await expect(readModel(bytes)).rejects.toMatchObject({ name: 'FormatError' });
  });

  test.each(['safetensors', 'pytorch'])('damaged files of %s end in an error or a model', (format) => {
    const script = fileURLToPath(new URL('../scripts/fuzz.mjs', import.meta.url));
    expect(execFileSync('node', [script, format, '300', '5'], { encoding: 'utf8' })).toContain(
      '300 mutations',
    );
  });
});
