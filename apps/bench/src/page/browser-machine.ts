import { describeAdapter, wasmFeatures } from '../machine.js';
import type { Machine } from '../run/results.js';
import { type BenchWorker, connectWorker } from '../workers/protocol.js';

/** The browser and the machine, as far as the browser tells. */
export async function describeBrowser(): Promise<Machine> {
  return {
    ...(await describeRuntime()),
    threads: navigator.hardwareConcurrency ?? 1,
    ...(await wasmFeatures()),
    webgpu: await describeAdapter(),
    libraries: import.meta.env.LIBRARIES,
  };
}

async function describeRuntime(): Promise<Pick<Machine, 'runtime' | 'system'>> {
  const { userAgentData } = navigator;
  if (!userAgentData) return { runtime: navigator.userAgent, system: 'an unnamed system' };
  const hints = ['platform', 'platformVersion', 'architecture', 'fullVersionList'];
  const { platform, platformVersion, architecture, fullVersionList } =
    await userAgentData.getHighEntropyValues(hints);
  // One of the brands is made up, so that no program relies on their order.
  const brands = (fullVersionList ?? userAgentData.brands).filter(({ brand }) => !/not.*brand/i.test(brand));
  const names = brands.length > 1 ? brands.filter(({ brand }) => brand !== 'Chromium') : brands;
  return {
    runtime: names.map(({ brand, version }) => `${brand} ${version}`).join(', ') || navigator.userAgent,
    system: [platform, platformVersion, architecture].filter(Boolean).join(' ') || 'an unnamed system',
  };
}

/** Starts a worker in a web worker. */
export function startWebWorker(): BenchWorker {
  const thread = new Worker(new URL('./worker-thread.ts', import.meta.url), { type: 'module' });
  const { worker, onAnswer, onEnd } = connectWorker(thread);
  thread.addEventListener('message', ({ data }) => onAnswer(data));
  thread.addEventListener('messageerror', () => onEnd('its answer cannot be read'));
  thread.addEventListener('error', (event) => {
    event.preventDefault();
    onEnd(event.message || 'its worker could not be loaded');
  });
  return worker;
}
