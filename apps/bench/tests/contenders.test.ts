import { describe, expect, test } from 'vitest';
import { testTier } from '../../../scripts/tier.mjs';
import type { BackendName } from '../src/backends.js';
import { competitorsOf, contenders } from '../src/contenders/catalogue.js';
import type { CheckResult } from '../src/contenders/contender.js';
import { CONTENDERS } from '../src/run/results.js';
import { createServer } from '../src/workers/serve.js';
import { maxErrorOf, referenceOf } from '../src/workloads/reference.js';
import { type Task, WORKLOADS } from '../src/workloads/workload.js';

const CELLS = ['gru', 'lstm', 'sru', 'simpleRnn', 'minGru', 'indRnn', 'liGru'];

describe('competitors', () => {
  test('are every contender on every backend, and onnxruntime-web once', () => {
    expect(competitorsOf(['sluice', 'onnxruntime-web', 'tf.layers'], ['cpu', 'wasm'])).toEqual([
      { contender: 'sluice', backend: 'cpu' },
      { contender: 'tf.layers', backend: 'cpu' },
      { contender: 'sluice', backend: 'wasm' },
      { contender: 'tf.layers', backend: 'wasm' },
      { contender: 'onnxruntime-web', backend: 'wasm' },
    ]);
  });
});

describe('competitors on several threads', () => {
  test('have onnxruntime-web on the same numbers of threads, and on one if no wasm is chosen', () => {
    const backendsOf = (...chosen: BackendName[]) =>
      competitorsOf(['sluice', 'onnxruntime-web'], chosen)
        .filter(({ contender }) => contender === 'onnxruntime-web')
        .map(({ backend }) => backend);
    expect(backendsOf('cpu', 'wasm', 'wasm-2')).toEqual(['wasm', 'wasm-2']);
    expect(backendsOf('wasm-4')).toEqual(['wasm-4']);
    expect(backendsOf('cpu')).toEqual(['wasm']);
  });

  test('exclude tf.layers, which would run on one thread', () => {
    const ability = contenders['tf.layers'].ability(
      { workload: 'forward', shape: [1, 1, 1, 1], cell: 'lstm' },
      'wasm-2',
    );
    expect(ability).toEqual({ refusal: expect.stringMatching(/one thread in Node/) });
  });
});

describe('refusals', () => {
  const refusalOf = (contender: keyof typeof contenders, workload: Task['workload'], cell: string) => {
    const ability = contenders[contender].ability({ workload, shape: [1, 1, 1, 1], cell }, 'cpu');
    return 'refusal' in ability ? ability.refusal : undefined;
  };

  test('name the missing feature', () => {
    expect(refusalOf('tf.layers', 'forward', 'sru')).toMatch(/no layer for the cell sru/);
    expect(refusalOf('onnxruntime-web', 'forward', 'minGru')).toMatch(/no operator for the cell minGru/);
    expect(refusalOf('onnxruntime-web', 'train', 'gru')).toMatch(/no gradients/);
    expect(refusalOf('tf.layers', 'step', 'gru')).toMatch(/no engine/);
    expect(refusalOf('sluice-engine', 'train', 'gru')).toMatch(/no whole model/);
    expect(refusalOf('sluice-engine', 'step', 'gru')).toMatch(/on the engines itself/);
    expect(refusalOf('sluice-stream', 'forward', 'gru')).toMatch(/single steps/);
    expect(refusalOf('sluice-stream', 'step', 'sru')).toBeUndefined();
    expect(refusalOf('onnxruntime-web', 'step', 'gru')).toBeUndefined();
    expect(CELLS.filter((cell) => refusalOf('sluice', 'train', cell))).toEqual([]);
  });

  test('a note names the form of the GRU in tf.layers', () => {
    const ability = contenders['tf.layers'].ability(
      { workload: 'forward', shape: [1, 1, 1, 1], cell: 'gru' },
      'cpu',
    );
    expect(ability).toMatchObject({ form: { options: { resetAfter: false } } });
    expect('notes' in ability && ability.notes).toEqual([expect.stringMatching(/reset-before/)]);
  });

  test('a note names the kernel with which tf.layers trains on wasm', () => {
    const notesOn = (backend: BackendName, workload: Task['workload']) => {
      const ability = contenders['tf.layers'].ability(
        { workload, shape: [1, 1, 1, 1], cell: 'lstm' },
        backend,
      );
      return 'notes' in ability ? ability.notes : undefined;
    };
    expect(notesOn('wasm', 'train')).toEqual([expect.stringMatching(/kernel of ours/)]);
    expect(notesOn('wasm', 'gradient')).toEqual([]);
    expect(notesOn('cpu', 'train')).toEqual([]);
  });
});

/** Cells with equations of one kind take the same way through each contender. */
const MEASURED = testTier() === 'full' ? CELLS : ['gru', 'minGru'];

// Batch 5 and 4 different sequences; input size and units differ, so that no transposition goes unnoticed.
const tasks = WORKLOADS.flatMap((workload) =>
  MEASURED.map((cell): Task => ({ workload, shape: [5, workload === 'step' ? 1 : 6, 3, 4], cell })),
);
const runs = tasks.flatMap((task) =>
  competitorsOf(CONTENDERS, ['cpu', 'wasm']).flatMap(({ contender, backend }) => {
    const ability = contenders[contender].ability(task, backend);
    return 'refusal' in ability ? [] : [{ ...task, contender, backend, form: ability.form, task }];
  }),
);

describe('agreement with the float64 reference', () => {
  test.each(runs)('$workload $cell: $contender on $backend', async ({ contender, backend, form, task }) => {
    const serve = createServer();
    await serve({ kind: 'prepare', contender, backend, task, form });
    const { outputs, kernels } = (await serve({ kind: 'check' })) as CheckResult;
    const { expected } = referenceOf(task, form);
    expect(maxErrorOf(outputs, expected)).toBeLessThan(2e-6);
    expect(kernels).toBeGreaterThan(0);
    const durations = (await serve({ kind: 'turn', seconds: 0 })) as number[];
    expect(durations.length).toBe(1);
    expect(durations[0]).toBeGreaterThan(0);
  });

  test('Sluice takes one kernel where TensorFlow.js takes many', async () => {
    const task: Task = { workload: 'forward', shape: [2, 8, 3, 4], cell: 'gru' };
    const kernelsOf = async (contender: 'sluice' | 'tf.layers') => {
      const ability = contenders[contender].ability(task, 'cpu');
      if ('refusal' in ability) throw new Error(ability.refusal);
      const serve = createServer();
      await serve({ kind: 'prepare', contender, backend: 'cpu', task, form: ability.form });
      return ((await serve({ kind: 'check' })) as CheckResult).kernels;
    };
    expect(await kernelsOf('sluice')).toBe(1);
    expect(await kernelsOf('tf.layers')).toBeGreaterThan(8 * 10);
  });
});
