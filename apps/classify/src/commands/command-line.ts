/** How the person may call this command again: through the repository's script, or by its own name. */
export function commandLine(...words: string[]): string {
  const throughNpm = ['start', 'classify'].includes(process.env.npm_lifecycle_event ?? '');
  return [throughNpm ? 'npm run classify --' : 'sluice-classify', ...words.map(shellWord)].join(' ');
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
