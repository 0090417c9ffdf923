/** The version of this package, which reports name; a test compares it with package.json, and a release writes it. */
export const version = '0.1.0';
