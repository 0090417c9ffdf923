import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apiReports, reportFolder } from '../scripts/api.mjs';

const RENEW = 'the public API has changed: run `npm run api` and commit docs/api';

test('docs/api has the public API of every package', () => {
  const reports = apiReports();
  expect(reports.size).toBeGreaterThan(10);
  const written = readdirSync(reportFolder);
  expect(written.sort(), RENEW).toEqual([...reports.keys()].sort());
  for (const [file, report] of reports) {
    expect(readFileSync(join(reportFolder, file), 'utf8'), RENEW).toBe(report);
  }
});
