import { type LayerNames, layerNames } from './layers';
import type { OnnxModel } from './model';

/**
 * Adds other names to a net's layers. An alias leads to a name that the net has, or to a place in its structure:
 * `Concat:3` is the output of its third Concat, which in GoogLeNet is inception 4a, whatever an exporter called it.
 * An alias that leads nowhere in this file (it may be slimmed) is left out; one that the file has itself stays that.
 */
export function withAliases(
  model: OnnxModel,
  names: LayerNames,
  aliases: Readonly<Record<string, string>>,
): LayerNames {
  const added = new Map<string, string>();
  for (const [alias, target] of Object.entries(aliases)) {
    const value = names.values.get(target) ?? place(model, target);
    if (value !== undefined && !names.values.has(alias)) added.set(alias, value);
  }
  if (added.size === 0) return names;
  return { values: new Map([...names.values, ...added]), usual: [...added.keys(), ...names.usual] };
}

/** A model whose values go by these names too, wherever layers are asked for. */
export function aliased(model: OnnxModel, aliases: Readonly<Record<string, string>>): OnnxModel {
  const own = layerNames(model).values;
  const { values } = withAliases(model, layerNames(model), aliases);
  return { ...model, aliases: new Map([...values].filter(([name]) => !own.has(name))) };
}

function place(model: OnnxModel, target: string): string | undefined {
  const [, op, count] = /^(\w+):(\d+)$/.exec(target) ?? [];
  if (op === undefined) return undefined;
  return model.nodes.filter((n) => n.op === op)[Number(count) - 1]?.outputs[0];
}
