import { cpus, totalmem } from 'node:os';
import { type Machine, wasmFeatures } from '../machine.js';
import { libraryVersions } from './library-versions.js';

/** The machine that this process runs on. */
export async function describeNode(): Promise<Machine> {
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
    webgpu: { missing: 'the command does not measure webgpu; the page does' },
    libraries: libraryVersions(),
  };
}
