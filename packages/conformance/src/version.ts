/** The version of this package, for reports. A test compares it with package.json, and a release writes it. */
export const version = '0.1.0';
