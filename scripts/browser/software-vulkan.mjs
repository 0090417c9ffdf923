import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findChromium } from './find-chromium.mjs';

/** The manifest of SwiftShader, the Vulkan driver that Chromium brings for machines without a GPU. */
const MANIFEST = 'vk_swiftshader_icd.json';

/**
 * Flags of Dawn, Chromium's WebGPU, for its software GPU. Workgroup memory is left as it is: setting it to 0 makes the software GPU
 * take most of a second to compile a kernel, and hides kernels that count on zeros there.
 */
export const SOFTWARE_FLAGS = ['enable-dawn-features=disable_workgroup_init'];

/**
 * The environment in which a program on Linux finds the software GPU that comes with a Chromium, and the Vulkan loader
 * beside it. The dynamic linker reads it when a program starts: a running one cannot set it for itself.
 *
 * @param {object} [where]
 * @param {string | undefined} [where.browser] a Chromium or Chrome; default: the one to test with
 * @param {string} [where.platform] as Node's `process.platform`; elsewhere than on Linux a program has the system's GPU,
 *   and nothing needs to be set
 * @param {string | undefined} [where.libraries] the LD_LIBRARY_PATH to extend; default: this process's
 * @returns {Record<string, string>}
 * @throws Error that says where it was looked for when there is none
 */
export function softwareVulkan({
  browser,
  platform = process.platform,
  libraries = process.env.LD_LIBRARY_PATH,
} = {}) {
  if (platform !== 'linux') return {};
  const program = browser ?? findChromium();
  if (!program) {
    throw new Error(
      'the software GPU comes with Chromium, and none was found: ' +
        'run `npm test`, which gets one, or set SLUICE_CHROMIUM to the path of one.',
    );
  }
  const folders = foldersOf(program);
  const folder = folders.find((each) => existsSync(join(each, MANIFEST)));
  if (!folder) {
    throw new Error(
      `there is no ${MANIFEST} with ${program} (looked in ${folders.join(', ')}): ` +
        'set SLUICE_CHROMIUM to a Chromium or Chrome for Linux that brings the software GPU SwiftShader.',
    );
  }
  return {
    VK_DRIVER_FILES: join(folder, MANIFEST),
    LD_LIBRARY_PATH: [libraries, folder].filter(Boolean).join(':'),
  };
}

/**
 * Where a browser's own files may be: beside it, or, when it is a script in some `bin`, as on Debian, in the `lib` there.
 *
 * @param {string} browser
 */
function foldersOf(browser) {
  const beside = dirname(realpathSync(browser));
  const library = join(dirname(beside), 'lib');
  return [beside, join(library, 'chromium'), join(library, 'chromium-browser')];
}
