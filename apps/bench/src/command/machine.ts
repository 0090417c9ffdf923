import { cpus, totalmem } from 'node:os';
import type { BackendName } from '../backends.js';
import { type Machine, wasmFeatures } from '../machine.js';
import { libraryVersions } from './library-versions.js';
import { nodeAdapter } from './webgpu.js';

/** The machine that this process runs on; with its GPU only when `backends` name it. */
export async function describeNode(backends: readonly BackendName[]): Promise<Machine> {
  const processors = cpus();
  return {
    runtime: [
      `Node ${process.versions.node} (V8 ${process.versions.v8})`,
      // Flags change what WebAssembly can do.
      ...process.execArgv,
    ].join(' '),
    system: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model.trim() || 'an unnamed processor',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    threads: processors.length,
    ...(await wasmFeatures()),
    webgpu: await nodeAdapter(backends.includes('webgpu')),
    libraries: libraryVersions(),
  };
}
