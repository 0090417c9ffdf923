import { FormatError } from './format-error.js';

/**
 * Runs a reader. Any error that is not a `FormatError` becomes one: a damaged file can make a library fail anywhere.
 * @param file the name of the file, for the message.
 */
export async function asFormatError<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FormatError || (error as Error)?.name === 'AbortError') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(
      `${file}: the file cannot be read (${reason}). It is damaged, or of a kind that is not supported.`,
      { cause: error },
    );
  }
}
