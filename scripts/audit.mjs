// `npm run audit`: asks the registry for known vulnerabilities of the dependencies that users install.
import { pnpm } from './pnpm.mjs';
import { checkNode } from './prepare.mjs';

checkNode();
const { status, text } = await pnpm(['audit', '--prod'], { output: 'capture' });
process.stdout.write(text);
if (/vulnerabilities found/.test(text)) {
  process.exitCode = status;
} else {
  // A registry without this service is no reason to fail, but the log must say that nothing was checked.
  const prefix = process.env.GITHUB_ACTIONS ? '::warning::' : 'sluice: ';
  console.log(`${prefix}the registry does not answer audits; no dependency was checked.`);
}
