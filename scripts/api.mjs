// `npm run api`: writes docs/api, one report for each subpath of each package. A change of the API is seen in its diff.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { root } from './pnpm.mjs';
import { build, checkNode, install } from './prepare.mjs';

/** Where the reports are kept. */
export const reportFolder = join(root, 'docs', 'api');

/**
 * The declarations that each subpath exports, read from `dist`, with everything that they refer to.
 *
 * @returns {Map<string, string>} the reports, by file name: `core.api.md`, `core-equations.api.md`, …
 * @throws Error when a package is not built or its declarations do not compile
 */
export function apiReports() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-api-'));
  try {
    const configs = readdirSync(join(root, 'packages')).flatMap((name) => reportsOf(name, folder));
    // One compilation for all: it takes most of the time.
    const additionalEntryPoints = configs.map((config) => config.mainEntryPointFilePath);
    const compilerState = CompilerState.create(configs[0], { additionalEntryPoints });
    for (const config of configs) {
      const { errorCount } = Extractor.invoke(config, { compilerState, localBuild: true, messageCallback });
      if (errorCount > 0) throw new Error(`${config.mainEntryPointFilePath} has errors`);
    }
    const files = readdirSync(folder).filter((file) => file.endsWith('.api.md'));
    return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Only errors matter: our docstrings need neither release tags nor TSDoc's form. */
function messageCallback(/** @type {import('@microsoft/api-extractor').ExtractorMessage} */ message) {
  message.handled = message.logLevel !== 'error';
}

/** One configuration for each subpath of a folder of packages/. */
function reportsOf(/** @type {string} */ name, /** @type {string} */ destination) {
  const projectFolder = join(root, 'packages', name);
  const packageJsonFullPath = join(projectFolder, 'package.json');
  const { exports } = JSON.parse(readFileSync(packageJsonFullPath, 'utf8'));
  return Object.keys(exports).map((subpath) => {
    const declarations = join(projectFolder, exports[subpath].types);
    const overrideTsconfig = { extends: join(root, 'tsconfig.base.json'), files: [declarations] };
    return ExtractorConfig.prepare({
      packageJsonFullPath,
      configObjectFullPath: undefined,
      configObject: {
        projectFolder,
        mainEntryPointFilePath: declarations,
        compiler: { overrideTsconfig },
        apiReport: {
          enabled: true,
          reportFileName: `${[name, ...subpath.split('/').slice(1)].join('-')}.api.md`,
          reportFolder: destination,
          reportTempFolder: join(destination, 'temporary'),
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        newlineKind: 'lf',
      },
    });
  });
}

if (process.argv[1] === import.meta.filename) {
  checkNode();
  await install();
  await build();
  rmSync(reportFolder, { recursive: true, force: true });
  mkdirSync(reportFolder, { recursive: true });
  for (const [file, text] of apiReports()) writeFileSync(join(reportFolder, file), text);
}
