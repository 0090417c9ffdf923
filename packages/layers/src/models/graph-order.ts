/** The order that a model's graph gives its layers. */
import { LayersModel, type layers } from '@tensorflow/tfjs-layers';

/** Whether the input of the layer at `later` depends on the layer at `earlier`, and not the reverse. */
export function follows(model: LayersModel, earlier: string, later: string): boolean {
  const [first, second] = [earlier, later].map((path) => {
    const part = model.layers.find(({ name }) => path === name || path.startsWith(`${name}/`));
    return part as layers.Layer;
  });
  if (first === second && first instanceof LayersModel) {
    const inner = (path: string) => path.slice(first.name.length + 1);
    return follows(first, inner(earlier), inner(later));
  }
  return isBehind(second, first) && !isBehind(first, second);
}

/** Whether a path of the graph leads from `source` to `layer`. */
function isBehind(layer: layers.Layer, source: layers.Layer): boolean {
  // A model at the start of a sequential one is not applied: the next layer's input comes from its last layer.
  const sources = source instanceof LayersModel ? [source, ...source.layers] : [source];
  const reached = new Set([layer]);
  for (const { inboundNodes } of reached) {
    for (const { inputTensors } of inboundNodes) {
      for (const { sourceLayer } of inputTensors) {
        if (sources.includes(sourceLayer)) return true;
        reached.add(sourceLayer);
      }
    }
  }
  return false;
}
