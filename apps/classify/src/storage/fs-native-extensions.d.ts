/** What is used of the package, which has no types of its own. */
declare module 'fs-native-extensions' {
  /**
   * Locks an open, writable file for this process alone, without waiting.
   * @returns false when another one has it. Throws where the file system knows no locks.
   */
  export function tryLock(fd: number): boolean;
}
