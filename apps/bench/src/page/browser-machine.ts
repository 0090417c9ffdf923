import { softwareAdapter } from '@sluice/core';
import { type Machine, wasmFeatures } from '../machine.js';

interface Brand {
  readonly brand: string;
  readonly version: string;
}

/** What Chromium tells of itself; other browsers have the user agent alone. */
interface UserAgentData {
  readonly brands: readonly Brand[];
  getHighEntropyValues(hints: readonly string[]): Promise<{
    platform?: string;
    platformVersion?: string;
    architecture?: string;
    fullVersionList?: Brand[];
  }>;
}

/** The browser and the machine, as far as it tells. */
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
  const { userAgentData } = navigator as { userAgentData?: UserAgentData };
  if (!userAgentData) return { runtime: navigator.userAgent, system: 'an unnamed system' };
  const hints = ['platform', 'platformVersion', 'architecture', 'fullVersionList'];
  const { platform, platformVersion, architecture, fullVersionList } =
    await userAgentData.getHighEntropyValues(hints);
  // One of the names is made up, so that nobody relies on their order.
  const brands = (fullVersionList ?? userAgentData.brands).filter(({ brand }) => !/not.*brand/i.test(brand));
  const names = brands.length > 1 ? brands.filter(({ brand }) => brand !== 'Chromium') : brands;
  return {
    runtime: names.map(({ brand, version }) => `${brand} ${version}`).join(', ') || navigator.userAgent,
    system: [platform, platformVersion, architecture].filter(Boolean).join(' ') || 'an unnamed system',
  };
}

/** The page does not wait longer for an adapter. */
const ADAPTER_MS = 5000;

async function describeAdapter(): Promise<Machine['webgpu']> {
  if (!navigator.gpu) return { missing: 'this browser has no WebGPU, or has it turned off' };
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), ADAPTER_MS));
  try {
    const request = navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    const adapter = await Promise.race([request, late]);
    if (adapter === 'late') return { missing: 'WebGPU does not answer' };
    if (!adapter) return { missing: 'WebGPU finds no adapter here' };
    const { vendor, architecture, device, description } = adapter.info;
    const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
    return {
      adapter: name || 'an unnamed adapter',
      software: softwareAdapter(adapter.info) !== undefined,
    };
  } catch (error) {
    return { missing: `WebGPU does not start: ${(error as Error).message}` };
  }
}
