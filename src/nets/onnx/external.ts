import type { ByteSource } from './byte_source';
import { readModel } from './messages';
import { externalPlace } from './tensor';

/**
 * The files that a model keeps weights in: location, relative to the model's folder -> bytes it has to have at least.
 * @throws EngineError `OnnxError` when the bytes are no model, or a location is not beside it.
 */
export function externalFiles(source: ByteSource, name: string): ReadonlyMap<string, number> {
  const { graph } = readModel(source, name);
  const inNodes = graph.nodes.flatMap((n) => n.attributes.flatMap((a) => (a.t ? [a.t] : [])));
  const files = new Map<string, number>();
  for (const t of [...graph.tensors, ...inNodes]) {
    if (!t.external) continue;
    const { location, offset, length } = externalPlace(t, t.external);
    files.set(location, Math.max(files.get(location) ?? 0, offset + length));
  }
  return files;
}
