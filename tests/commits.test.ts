import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { root } from './workspace.js';

/** The last commit before subjects had to match `FORM`. */
const LAST_WITHOUT_FORM = '03c4498c71';

const FORM = /^(feat|fix|perf|test|docs|refactor|build|ci|chore|revert|style)(\([a-z0-9-]+\))?!?: \S/;
const LONGEST = 72;

/** The subjects of the last 20 commits that must match; undefined without a git history. */
function readLastSubjects(): string[] | undefined {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  const known = git('cat-file', '-e', `${LAST_WITHOUT_FORM}^{commit}`).status === 0;
  const { status, stdout } = git(
    'log',
    '-20',
    '--no-merges',
    '--format=%h %s',
    known ? `${LAST_WITHOUT_FORM}..HEAD` : 'HEAD',
  );
  return status === 0 ? stdout.split('\n').filter(Boolean) : undefined;
}

test('the last commits have subjects of the form `type(scope): subject`', (context) => {
  const subjects = readLastSubjects();
  if (subjects === undefined) return context.skip('there is no git history here');
  const wrong = subjects.filter((line) => {
    const subject = line.slice(line.indexOf(' ') + 1);
    return !FORM.test(subject) || subject.length > LONGEST;
  });
  expect(wrong, `expected type(scope): subject, at most ${LONGEST} characters`).toEqual([]);
});
