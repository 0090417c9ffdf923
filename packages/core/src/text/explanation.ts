/** The text that `explain` prints: its equations and declarations among the other sections. */

/** Sections of which each line is an equation or a declaration. */
const READ = ['Equations', 'Declarations'];

/**
 * A text in which only equations and declarations are left, at their places; another text is left as it is. The name and source
 * are those in the title.
 */
export function equationsOfExplanation(text: string): {
  source: string;
  title: { name?: string; source?: string };
} {
  const heading = /^\s*(\S.*)\n\s*inputSize \d+, units \d+, states .*\n\s*\nEquations[^\S\n]*\n/u.exec(
    text.slice(0, 100_000),
  );
  if (!heading) return { source: text, title: {} };
  const [, name, source] = /^(.*?)(?: \((.*)\))?\s*$/u.exec(heading[1]) as RegExpExecArray;
  let isRead = false;
  const lines = text.split('\n').map((line) => {
    if (/^\S/u.test(line)) isRead = READ.includes(line.trim());
    return isRead && /^\s/u.test(line) ? line : ' '.repeat(line.length);
  });
  return { source: lines.join('\n'), title: { name, ...(source !== undefined && { source }) } };
}
