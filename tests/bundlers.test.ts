import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cells, planFor, referenceForward } from '@sluice/core';
import { packagedBackends } from '@sluice/core/backend';
import { build, createServer } from 'vite';
import { createServer as createServerOfVite7 } from 'vite-7';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { isolation, resultOf, serve, startChromium } from '../scripts/browser/open-page.mjs';
import { type Consumer, createConsumerOf } from './packing.js';
import { blocksOf } from './readme-blocks.js';

/** A user's program: one forward pass in its own memory and one in a shared memory. */
const program = `
import { createWasmBackend } from '@sluice/backend-wasm/engine';
import { cells, planFor } from '@sluice/core';

async function forward(options) {
  const backend = await createWasmBackend(options);
  const plan = planFor(cells.gru(), { inputSize: 4, units: 3 });
  const numbers = (length) => backend.upload(Float32Array.from({ length }, (_, i) => Math.sin(i)));
  const { sequence } = backend.forward(plan, {
    batch: 1,
    timesteps: 5,
    x: numbers(20),
    parameters: plan.parameters.map(({ shape }) => numbers(shape.reduce((a, b) => a * b))),
  });
  return Array.from(await backend.download(sequence));
}

async function run() {
  const own = await forward({});
  const shared = await forward({ memory: new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true }) });
  return { own, shared };
}
globalThis.result = run();
`;

/** The sequence of `program`, computed by the float64 reference. */
function computeReference(): number[] {
  const plan = planFor(cells.gru(), { inputSize: 4, units: 3 });
  const numbers = (length: number) => Float64Array.from({ length }, (_, i) => Math.fround(Math.sin(i)));
  const parameters = plan.parameters.map(({ shape }) => numbers(shape.reduce((a, b) => a * b)));
  return [...referenceForward(plan, { batch: 1, timesteps: 5, x: numbers(20), parameters }).sequence];
}

/** Headers of a cross-origin isolated page with a strict policy. `hashes` allow inline scripts. */
const strictHeaders = (...hashes: string[]) => ({
  ...isolation,
  'Content-Security-Policy': `default-src 'none'; script-src ${["'self' 'wasm-unsafe-eval'", ...hashes].join(' ')}; connect-src 'self'`,
});

let consumer: Consumer;
let browser: Awaited<ReturnType<typeof startChromium>>;
beforeAll(async () => {
  const backends = packagedBackends.map((backend) => backend.package);
  const names = ['@sluice/core', '@sluice/tfjs', ...backends];
  consumer = await createConsumerOf(names);
  writeFileSync(join(consumer.folder, 'main.js'), program);
  writeFileSync(
    join(consumer.folder, 'index.html'),
    '<!doctype html><script type="module" src="/main.js"></script>',
  );
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  consumer?.remove();
});

async function expectResult(address: string): Promise<void> {
  const result = await resultOf(browser, address);
  const numbers = computeReference();
  for (const values of [result.own, result.shared]) {
    expect(values.length).toBe(15);
    expect(values.filter((value: number, i: number) => !(Math.abs(value - numbers[i]!) < 2e-6))).toEqual([]);
  }
}

/** The guide's first block in a language: the text that users copy. */
const findGuideBlock = (wanted: string) =>
  blocksOf('docs/guide/wasm.md').find(({ language }) => language === wanted)!.text;

async function expectResultOf(site: Parameters<typeof serve>[0]): Promise<void> {
  const { address, close } = await serve(site);
  try {
    await expectResult(`${address}/`);
  } finally {
    close();
  }
}

describe('without TensorFlow.js in the project', () => {
  const importModule = (specifier: string) =>
    consumer.run(process.execPath, ['--input-type=module', '-e', `await import('${specifier}')`]);

  test('a backend does not install it', () => {
    expect(existsSync(join(consumer.folder, 'node_modules/@tensorflow'))).toBe(false);
  });

  test.each(packagedBackends)(
    '$name: the engine loads, and the package itself names the missing TensorFlow.js package',
    async ({ package: name, tensorflowPackage }) => {
      await importModule(`${name}/engine`);
      await expect(importModule(name)).rejects.toThrow(
        `Cannot find package '${tensorflowPackage}' imported from`,
      );
    },
  );
});

describe('a page with a strict policy that imports the packed @sluice/backend-wasm/engine', () => {
  test('built by Vite', async () => {
    const outDir = join(consumer.folder, 'vite');
    await build({ root: consumer.folder, configFile: false, logLevel: 'error', build: { outDir } });
    await expectResultOf({ folders: { '/': outDir }, headers: strictHeaders() });
  });

  test('built by webpack', async () => {
    const output = { path: join(consumer.folder, 'webpack') };
    await new Promise<void>((resolve, reject) => {
      webpack(
        { mode: 'production', context: consumer.folder, entry: './main.js', output },
        (error, stats) => {
          if (!error && !stats?.hasErrors() && !stats?.hasWarnings()) resolve();
          else reject(error ?? new Error(stats?.toString()));
        },
      );
    });
    const page = '<!doctype html><script defer src="main.js"></script>';
    await expectResultOf({
      folders: { '/': output.path },
      files: { '/index.html': page },
      headers: strictHeaders(),
    });
  });

  test('with the import map of the guide and no bundler', async () => {
    const page = findGuideBlock('html');
    const map = page.match(/<script type="importmap">(.*?)<\/script>/s)![1]!;
    const hash = `'sha256-${createHash('sha256').update(map).digest('base64')}'`;
    await expectResultOf({
      folders: { '/': consumer.folder },
      files: { '/index.html': page },
      headers: strictHeaders(hash),
    });
  });
});

describe('a page of a development server', () => {
  const options = (name: string) =>
    ({
      root: consumer.folder,
      configFile: false,
      logLevel: 'error',
      cacheDir: join(consumer.folder, name),
      server: { host: '127.0.0.1', port: 0, headers: isolation },
    }) as const;

  test('Vite', async () => {
    const server = await createServer(options('vite-cache'));
    try {
      await server.listen();
      await expectResult(server.resolvedUrls!.local[0]!);
    } finally {
      await server.close();
    }
  });

  test('Vite 7 with the configuration of the guide', async () => {
    const configFile = join(consumer.folder, 'vite-7.config.js');
    writeFileSync(configFile, findGuideBlock('js'));
    const server = await createServerOfVite7({ ...options('vite-7-cache'), configFile });
    try {
      await server.listen();
      await expectResult(server.resolvedUrls!.local[0]!);
    } finally {
      await server.close();
    }
  });
});
