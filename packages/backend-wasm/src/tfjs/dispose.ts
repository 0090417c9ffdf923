import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Calls `then` with each tensor's data and their address when they have been given back. */
export function onDispose(backend: BackendWasm, then: (dataId: object, address: number) => void): void {
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const address = backend.dataIdMap.has(dataId) ? backend.dataIdMap.get(dataId).memoryOffset : undefined;
    const disposed = disposeData(dataId, force);
    if (disposed && address !== undefined) then(dataId, address);
    return disposed;
  };
}

/** Calls `then` when a backend ends. */
export function onEnd(backend: BackendWasm, then: () => void): void {
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    then();
    dispose();
  };
}
