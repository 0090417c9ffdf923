/** A new memory for threads. It reserves its largest size at once, which not every machine allows: 4 GB, or else 1 GB. */
export function shareableMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  } catch {
    return new WebAssembly.Memory({ initial: 1, maximum: 16_384, shared: true });
  }
}
