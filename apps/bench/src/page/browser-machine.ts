import { describeAdapter } from '../adapter.js';
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
