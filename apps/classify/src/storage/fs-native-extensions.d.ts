/** The used part of the package, which has no types. */
declare module 'fs-native-extensions' {
  /**
   * Locks an open, writable file for this process alone, without waiting.
   * @returns false when another process has the lock. Throws when the file system has no locks.
   */
  export function tryLock(fd: number): boolean;
}
