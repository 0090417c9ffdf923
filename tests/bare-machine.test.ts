import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble } from '../scripts/bare-machine/assemble.mjs';
import { testTier } from '../scripts/tier.mjs';

interface Line {
  readonly workload: string;
  readonly cell: string;
  readonly medianMs: number;
  readonly maxError: number;
  readonly flops: number;
  readonly failure?: string;
}

interface Outcome {
  readonly status: number;
  readonly result: Record<string, unknown> & {
    readonly adapter: { readonly info: { readonly software: boolean; readonly vendor: string } };
  };
}

const describeOnLinux = describe.runIf(process.platform === 'linux');

describeOnLinux('the pack for a machine with a GPU and nothing else', () => {
  let place: string;
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'sluice-bare-machine-'));
    // Packs this Node: the one from npm is a download of 50 MB.
    await assemble(join(place, 'packed'), { node: process.execPath });
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  /** Runs it with the software GPU in an empty environment: no PATH, no Node, no package. */
  function run(...args: string[]): Promise<Outcome> {
    const env = { VK_DRIVER_FILES: process.env.VK_DRIVER_FILES! };
    const program = join(place, 'packed', 'run.sh');
    return new Promise((resolve, reject) => {
      execFile(program, args, { env, cwd: '/', timeout: 280_000 }, (error, stdout, stderr) => {
        try {
          resolve({ status: Number(error?.code ?? 0), result: JSON.parse(stdout) });
        } catch {
          reject(new Error(`${error?.message}\n${stdout}\n${stderr}`));
        }
      });
    });
  }

  // A software adapter compiles its kernels for 10 s.
  const fullOnly = testTier() === 'full' ? test : () => {};
  fullOnly('measures the engine and the layers', { timeout: 300_000 }, async () => {
    // Without tf.layers: a software GPU compiles its hundreds of kernels for a minute.
    const parts = ['--parts', 'engine,sluice', '--shapes', '[[2,2,3,4]]', '--time-scale', '0'];
    const { status, result } = await run(...parts);
    expect(status).toBe(0);
    expect(result.adapter.info).toMatchObject({ software: true, vendor: 'google' });
    const tasks = (cells: string[]) =>
      ['forward', 'gradient'].flatMap((workload) => cells.map((cell) => `${workload} ${cell}`));
    for (const part of ['engine', 'sluice']) {
      const lines = result[part] as Line[];
      expect(lines.map(({ workload, cell }) => `${workload} ${cell}`)).toEqual(tasks(['gru', 'lstm', 'sru']));
      for (const { medianMs, maxError, flops, failure } of lines) {
        expect(failure).toBeUndefined();
        expect(medianMs).toBeGreaterThan(0);
        expect(maxError).toBeLessThan(1e-5);
        expect(flops).toBeGreaterThan(0);
      }
    }
    // Copies of one call: two dispatches each upload 256 bytes of sizes and offsets.
    const [forward] = result.engine as { dispatches: number; uploadedBytes: number; copiedBytes: number }[];
    expect(forward).toMatchObject({ dispatches: 2, uploadedBytes: 512 });
    // The recurrent weights, the biases, and the state before and after the steps.
    expect(forward.copiedBytes).toBe(4 * (3 * 4 * 4 + 6 * 4 + 2 * 2 * 4));
  });

  test('fails with a reason without an adapter', async () => {
    const program = join(place, 'packed', 'run.sh');
    const env = { VK_DRIVER_FILES: '/nowhere.json' };
    const outcome = await new Promise<{ status: number; stdout: string }>((resolve) => {
      execFile(program, [], { env, cwd: '/' }, (error, stdout) =>
        resolve({ status: Number(error?.code), stdout }),
      );
    });
    expect(outcome.status).toBe(1);
    expect(JSON.parse(outcome.stdout).adapter.failure).toMatch(/no adapter/);
  });
});
