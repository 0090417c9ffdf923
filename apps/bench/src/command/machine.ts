import { cpus, totalmem } from 'node:os';
import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import type { BackendName } from '../backends.js';
import { describeAdapter, wasmFeatures } from '../machine.js';
import type { Machine } from '../run/results.js';
import { libraryVersions } from './library-versions.js';

/** The machine that this process runs on; its GPU only when `backends` names it. */
export async function describeNode(backends: readonly BackendName[]): Promise<Machine> {
  const processors = cpus();
  const { node, v8 } = process.versions;
  return {
    // Flags change the features of WebAssembly.
    runtime: [`Node ${node} (V8 ${v8})`, ...process.execArgv].join(' '),
    system: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model.trim() || 'an unnamed processor',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    threads: processors.length,
    ...(await wasmFeatures()),
    webgpu: await nodeAdapter(backends.includes('webgpu')),
    libraries: libraryVersions(),
  };
}

const SOFTWARE_ADVICE =
  'Without a GPU install a Vulkan driver in software, such as mesa-vulkan-drivers of Debian, or a Chromium and start with npm run bench.';

/** The adapter of Node's WebGPU. Without a GPU, drivers complain on standard error, so it starts only when it is needed. */
async function nodeAdapter(isMeasured: boolean): Promise<Machine['webgpu']> {
  if (!isMeasured) return { missing: 'the command looks for WebGPU only when --backends names it' };
  try {
    await setUpWebGPU();
  } catch (error) {
    return { missing: (error as Error).message };
  }
  const adapter = await describeAdapter();
  return 'missing' in adapter && process.platform === 'linux'
    ? { missing: `${adapter.missing}. ${SOFTWARE_ADVICE}` }
    : adapter;
}

/** A process that computes for less than this share of a time span is idle. */
const IDLE_SHARE = 0.05;
const SPAN_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/**
 * Waits until no thread of the process computes. Engines compile hot code in the background, some for many seconds; with
 * one or two cores that would slow down the measured contender.
 *
 * @param timeScale factor on the longest wait.
 */
export async function untilIdle(timeScale = 1): Promise<void> {
  const end = performance.now() + timeScale * LONGEST_WAIT_MS;
  for (let idle = false; !idle && performance.now() < end; ) {
    const start = performance.now();
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, SPAN_MS));
    const { user, system } = process.cpuUsage(before);
    idle = (user + system) / 1000 < IDLE_SHARE * (performance.now() - start);
  }
}
