import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { softwareVulkan } from '../scripts/browser/software-vulkan.mjs';

let machine: string;
beforeAll(() => {
  machine = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-vulkan-')));
});
afterAll(() => rmSync(machine, { recursive: true, force: true }));

/** Makes an empty file in `machine`, with its folders. */
function makeFile(name: string): string {
  const path = join(machine, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
}

const linux = (browser: string, libraries = '') => softwareVulkan({ browser, platform: 'linux', libraries });

describe('the software GPU of a Chromium on Linux', () => {
  test('is found beside the browser', () => {
    const driver = makeFile('playwright/chrome-linux/vk_swiftshader_icd.json');
    expect(linux(makeFile('playwright/chrome-linux/headless_shell'))).toEqual({
      VK_DRIVER_FILES: driver,
      LD_LIBRARY_PATH: dirname(driver),
    });
  });

  test('is found beside the target of a link', () => {
    const driver = makeFile('opt/google/chrome/vk_swiftshader_icd.json');
    mkdirSync(join(machine, 'links'));
    const link = join(machine, 'links/google-chrome');
    symlinkSync(makeFile('opt/google/chrome/google-chrome'), link);
    expect(linux(link).VK_DRIVER_FILES).toBe(driver);
  });

  test('is found in the library folder of a script, as on Debian', () => {
    const driver = makeFile('usr/lib/chromium/vk_swiftshader_icd.json');
    expect(linux(makeFile('usr/bin/chromium')).VK_DRIVER_FILES).toBe(driver);
  });

  test('is appended to LD_LIBRARY_PATH', () => {
    const driver = makeFile('named/vk_swiftshader_icd.json');
    const { LD_LIBRARY_PATH } = linux(makeFile('named/chrome'), '/first:/second');
    expect(LD_LIBRARY_PATH).toBe(`/first:/second:${dirname(driver)}`);
  });

  test('is missing: the error lists the searched folders', () => {
    const browser = makeFile('bare/bin/chrome');
    const looked = ['bare/bin', 'bare/lib/chromium', 'bare/lib/chromium-browser'];
    const places = looked.map((name) => join(machine, name)).join(', ');
    expect(() => linux(browser)).toThrow(
      `there is no vk_swiftshader_icd.json with ${browser} (looked in ${places}): set SLUICE_CHROMIUM`,
    );
  });
});

test('other systems than Linux use the GPU of the system', () => {
  expect(softwareVulkan({ browser: '/no/browser', platform: 'darwin' })).toEqual({});
});
