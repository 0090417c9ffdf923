/** Counts the buffers that a device has created and not destroyed. */
export function countBuffers(device: GPUDevice) {
  const counts = { created: 0, alive: 0, bytes: 0 };
  const original = device.createBuffer.bind(device);
  device.createBuffer = (description) => {
    const buffer = original(description);
    const destroy = buffer.destroy.bind(buffer);
    counts.created += 1;
    counts.alive += 1;
    counts.bytes += buffer.size;
    buffer.destroy = () => {
      counts.alive -= 1;
      counts.bytes -= buffer.size;
      buffer.destroy = destroy;
      return destroy();
    };
    return buffer;
  };
  return counts;
}
