import { describe, expect, test } from 'vitest';
import { startWorker } from '../src/command/start-worker.js';
import type { Competitor } from '../src/contenders/catalogue.js';
import { isMeasured, isWrong, type Measured, type Profile, type Skipped } from '../src/run/results.js';
import { type RunOptions, runSeries } from '../src/run/run-series.js';
import type { BenchWorker, Replies, Request } from '../src/workers/protocol.js';
import { createServer } from '../src/workers/serve.js';
import { referenceOf } from '../src/workloads/reference.js';
import { formOf, type Series, type Task } from '../src/workloads/workload.js';

const task: Task = { workload: 'forward', shape: [2, 3, 4, 5], cell: 'gru' };
const sluice: Competitor = { contender: 'sluice', backend: 'cpu' };
const runtime: Competitor = { contender: 'onnxruntime-web', backend: 'wasm' };

type Answers = { [Kind in Request['kind']]?: () => Promise<Replies[Kind]> };

/** A worker with these answers. It serves other requests in this thread. */
function makeWorker(answers: Answers = {}): BenchWorker & { stopped: boolean } {
  const serve = createServer();
  return {
    stopped: false,
    ask: ((request: Request) => answers[request.kind]?.() ?? serve(request)) as BenchWorker['ask'],
    stop() {
      this.stopped = true;
    },
  };
}

/** Starts these workers in order, then real ones. */
function startFrom(...given: BenchWorker[]): () => BenchWorker {
  return () => given.shift() ?? makeWorker();
}

/** A contender's answers that are right, and quick to give. */
function quick(outputs = Float32Array.from(referenceOf(task, formOf('gru')).expected[0])): Answers {
  return {
    prepare: async () => null,
    check: async () => ({ outputs: [outputs], kernels: 3, firstMs: 7 }),
    turn: async () => [2, 1, 6],
  };
}

const limitSeconds = 30;

/** The report on a series of one cell. */
async function runTask({ workload, shape, cell }: Task, competitors: Competitor[], options: RunOptions) {
  const reports = await runSeries({ workload, shape, cells: [cell] }, competitors, options);
  expect(reports.length).toBe(1);
  return reports[0];
}

describe('a task', () => {
  test('gives medians, minima, the number of calls, kernels and operations', async () => {
    const startWorker = startFrom(makeWorker(quick()));
    const { results, covers } = await runTask(task, [sluice], { startWorker, limitSeconds });
    expect(results.length).toBe(1);
    expect(results[0]).toMatchObject({
      ...task,
      contender: 'sluice',
      backend: 'cpu',
      threads: 1,
      medianMs: 2,
      minMs: 1,
      runs: 60,
      roundsMs: Array(20).fill(2),
      kernels: 3,
      // Three gates, four inputs and five units.
      flops: 2 * 2 * 3 * 3 * 5 * (4 + 5),
    });
    expect((results[0] as Measured).maxError).toBeLessThan(1e-7);
    expect(covers).toMatch(/whole batch/);
  });

  test.each([
    [undefined, [0.5, 2.5, 0.02]],
    [0.1, [0.05, 0.25, 0.002]],
    [0, [0, 0, 0]],
  ])('warms short calls up twice before the first turn; time scale %s', async (timeScale, expected) => {
    const asked: number[] = [];
    const recorded = makeWorker({ ...quick(), turn: async () => [0.5] });
    const ask = async (request: Request) => {
      if (request.kind === 'turn') asked.push(request.seconds);
      return recorded.ask(request);
    };
    const startWorker = startFrom({ ask: ask as BenchWorker['ask'], stop() {} });
    await runTask(task, [sluice], { startWorker, limitSeconds, timeScale });
    expect(asked.slice(0, 3)).toEqual(expected);
  });

  test('marks a wrong result', async () => {
    const startWorker = startFrom(makeWorker(quick(new Float32Array(2 * 3 * 5))));
    const { results } = await runTask(task, [sluice], { startWorker, limitSeconds });
    expect(results.filter(isMeasured).map(isWrong)).toEqual([true]);
  });

  test('reports why a contender cannot do it, and starts no worker for it', async () => {
    const startWorker = () => {
      throw new Error('no worker is needed');
    };
    const gradient: Task = { ...task, workload: 'gradient' };
    const { results } = await runTask(gradient, [runtime], { startWorker, limitSeconds });
    expect(results).toEqual([
      { ...gradient, contender: 'onnxruntime-web', backend: 'wasm', threads: 1, skipped: expect.any(String) },
    ]);
  });

  test('continues without a contender that throws', async () => {
    const broken = makeWorker({ prepare: () => Promise.reject(new Error('no such kernel')) });
    const startWorker = startFrom(broken, makeWorker(quick()));
    const { results } = await runTask(task, [sluice, runtime], { startWorker, limitSeconds });
    expect(results[0]).toMatchObject({ contender: 'sluice', skipped: 'no such kernel' });
    expect(results[1]).toMatchObject({ contender: 'onnxruntime-web', medianMs: 2 });
    expect(broken.stopped).toBe(true);
  });

  test('stops every worker at the end', async () => {
    const workers = [makeWorker(quick()), makeWorker(), makeWorker(quick())];
    await runTask(task, [sluice, runtime], { startWorker: startFrom(...workers), limitSeconds });
    expect(workers.map(({ stopped }) => stopped)).toEqual([true, true, true]);
  });
});

describe('a series of several cells', () => {
  const series: Series = { workload: 'forward', shape: [2, 3, 4, 5], cells: ['gru', 'sru'] };

  /** Lanes with right answers that note whose turn it is, once measuring has begun; the warm-up is not noted. */
  function recorded() {
    const turns: string[] = [];
    const startWorker = () => {
      let name = '';
      let form = formOf('gru');
      let warm = false;
      const real = makeWorker();
      const ask = async (request: Request) => {
        if (request.kind === 'prepare') {
          name = `${request.contender} ${request.task.cell}`;
          form = request.form;
          return null;
        }
        if (request.kind === 'check') {
          const { expected } = referenceOf({ ...task, cell: form.name }, form);
          return { outputs: [Float32Array.from(expected[0])], kernels: 1, firstMs: 7 };
        }
        if (request.kind !== 'turn') return real.ask(request);
        if (warm) turns.push(name);
        warm = true;
        return [form.name === 'gru' ? 30 : 20];
      };
      return { ask: ask as BenchWorker['ask'], stop() {} };
    };
    return { turns, startWorker };
  }

  test('is set up as a whole and then measured in one alternation', async () => {
    const { turns, startWorker } = recorded();
    const stages: string[] = [];
    const reports = await runSeries(series, [sluice, runtime], {
      startWorker,
      limitSeconds,
      onStage: (stage) => stages.push(stage),
    });
    const round = ['sluice gru', 'sluice sru', 'onnxruntime-web gru'];
    expect(turns).toEqual(Array(20).fill(round).flat());
    const firstRound = stages.findIndex((stage) => /round/.test(stage));
    expect(stages.slice(firstRound).every((stage) => /round/.test(stage))).toBe(true);
    expect(stages[firstRound]).toBe('sluice gru on cpu: round 1');
    expect(reports.map((report) => report.task.cell)).toEqual(['gru', 'sru']);
    expect(reports.map(({ results }) => results.map(({ contender }) => contender))).toEqual([
      ['sluice', 'onnxruntime-web'],
      ['sluice', 'onnxruntime-web'],
    ]);
    expect(reports[0].results[0]).toMatchObject({ cell: 'gru', medianMs: 30 });
    expect(reports[1].results[0]).toMatchObject({ cell: 'sru', medianMs: 20 });
    expect(reports[1].results[1]).toMatchObject({ cell: 'sru', skipped: expect.stringMatching(/sru/) });
    expect(reports.map(({ covers }) => covers)).toEqual(Array(2).fill(expect.stringMatching(/whole batch/)));
  });

  test('an interruption keeps the rounds of every cell', async () => {
    const { startWorker } = recorded();
    const interruption = new AbortController();
    const reports = await runSeries(series, [sluice], {
      startWorker,
      limitSeconds,
      signal: interruption.signal,
      onStage: (stage) => {
        if (stage === 'sluice sru on cpu: round 2') interruption.abort();
      },
    });
    const rounds = reports.map(({ results }) => (results[0] as Measured).roundsMs);
    expect(rounds).toEqual([
      [30, 30],
      [20, 20],
    ]);
  });
});

describe('profiles', () => {
  const train: Task = { ...task, workload: 'train' };
  const profile: Profile = { batches: 3, batchMs: 9, optimizerMs: 2, kernels: [] };
  const outputs = Float32Array.from(referenceOf(train, formOf('gru')).expected[0]);

  test('are of Sluice’s training, in workers that are not measured', async () => {
    const asked: string[][] = [];
    const startWorker = () => {
      const kinds: string[] = [];
      asked.push(kinds);
      const answers = makeWorker({ ...quick(outputs), profile: async () => profile });
      return {
        ...answers,
        ask: ((request: Request) => {
          kinds.push(request.kind);
          return answers.ask(request);
        }) as BenchWorker['ask'],
      };
    };
    const peer: Competitor = { contender: 'tf.layers', backend: 'cpu' };
    const { results } = await runTask(train, [sluice, peer], { startWorker, limitSeconds, profile: true });
    expect(results.map((result) => (result as Measured).profile)).toEqual([profile, undefined]);
    expect(asked.filter((kinds) => kinds.includes('profile'))).toEqual([['prepare', 'check', 'profile']]);
    const forward = await runTask(task, [sluice], {
      startWorker: startFrom(makeWorker(quick())),
      limitSeconds,
      profile: true,
    });
    expect(forward.results[0]).not.toHaveProperty('profile');
  });

  test('that fail do not change the figures', async () => {
    const failing = makeWorker({ ...quick(outputs), profile: () => Promise.reject(new Error('no memory')) });
    const startWorker = startFrom(makeWorker(quick(outputs)), makeWorker(), failing);
    const { results, notes } = await runTask(train, [sluice], { startWorker, limitSeconds, profile: true });
    expect(results[0]).toMatchObject({ contender: 'sluice', medianMs: 2 });
    expect(results[0]).not.toHaveProperty('profile');
    expect(notes).toEqual(['sluice on cpu not profiled: no memory']);
    expect(failing.stopped).toBe(true);
  });
});

describe('threads', () => {
  const fixture = (name: string) => startWorker(new URL(`./fixtures/${name}`, import.meta.url));

  test('a contender that never answers is stopped at the limit, and the others are measured', async () => {
    const startWorker = startFrom(fixture('stuck.mjs'), makeWorker(quick()));
    const started = performance.now();
    const { results } = await runTask(task, [sluice, runtime], { startWorker, limitSeconds: 3 });
    expect((results[0] as Skipped).skipped).toBe('the first call did not finish within the limit of 3 s');
    expect(results[1]).toMatchObject({ contender: 'onnxruntime-web', medianMs: 2 });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('a contender that hangs during measuring keeps its earlier times', async () => {
    let turns = 0;
    const hanging = makeWorker({
      ...quick(),
      // The first turn is the warm-up.
      turn: () => (++turns > 3 ? new Promise(() => {}) : Promise.resolve([40])),
    });
    const startWorker = startFrom(hanging);
    const { results, notes } = await runTask(task, [sluice], { startWorker, limitSeconds: 1 });
    expect(results[0]).toMatchObject({ medianMs: 40, runs: 2 });
    expect(notes).toEqual([
      expect.stringMatching(/sluice on cpu ended early, after 2 calls: .*limit of 1 s/),
    ]);
    expect(hanging.stopped).toBe(true);
  });

  test('many of them raise no warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const workers = Array.from({ length: 12 }, () => fixture('dying.mjs'));
    await Promise.all(workers.map((each) => each.ask({ kind: 'check' }).catch(() => {})));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  test('a thread that dies is reported', async () => {
    const { results } = await runTask(task, [sluice], {
      startWorker: startFrom(fixture('dying.mjs')),
      limitSeconds,
    });
    expect((results[0] as Skipped).skipped).toMatch(/ended with code 3/);
  });

  test('an interruption ends a call that never returns, without a result', async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 300);
    const { results } = await runTask(task, [sluice, runtime], {
      startWorker: startFrom(fixture('stuck.mjs')),
      limitSeconds,
      signal: interruption.signal,
    });
    expect(results).toEqual([]);
  });
});
