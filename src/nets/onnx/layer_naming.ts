import type { OnnxModel, OnnxNode } from './model';

/** What is known of a net by its structure alone, whatever an exporter called its values. */
export interface Family {
  /** Name -> value, in order of depth. */
  readonly names: ReadonlyMap<string, string>;
  /** Layers that serve as a style, as a content and for dreams; those of the manifest for nets of the family. */
  readonly style: readonly string[];
  readonly content: readonly string[];
  readonly dream: readonly string[];
}

/**
 * Recognises nets that are no chains: SqueezeNet (Iandola et al. 2016), GoogLeNet (Szegedy et al. 2015) and residual nets
 * (He et al. 2016). Null for any other.
 */
export function familyOf(model: OnnxModel): Family | null {
  return squeezeNet(model) ?? googLeNet(model) ?? residual(model);
}

const outputOf = (node: OnnxNode | undefined): string => node?.outputs[0] ?? '';

/** The first rectified map, and the one before a net's blocks begin. */
function rectified(model: OnnxModel, k: number): string {
  return outputOf(model.nodes.filter((n) => n.op === 'Relu')[k]);
}

/** Nodes by the values that they make. */
function makers(model: OnnxModel): ReadonlyMap<string, OnnxNode> {
  return new Map(model.nodes.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
}

/** Eight concatenations of two branches: fire2 to fire9. */
function squeezeNet(model: OnnxModel): Family | null {
  const from = makers(model);
  const isExpanded = (value: string): boolean => {
    const relu = from.get(value);
    return relu?.op === 'Relu' && from.get(relu.inputs[0] ?? '')?.op === 'Conv';
  };
  const fires = model.nodes.filter((n) => n.op === 'Concat' && n.inputs.length === 2 && n.inputs.every(isExpanded));
  if (fires.length < 2 || fires.length > 8) return null;
  const names = new Map([['relu1', rectified(model, 0)]]);
  for (const [k, fire] of fires.entries()) names.set(`fire${k + 2}`, outputOf(fire));
  const style = ['relu1', 'fire2', 'fire4', 'fire6'];
  return withSets(names, { style, content: ['fire4'], dream: ['fire7', 'fire8'] });
}

const INCEPTIONS = ['3a', '3b', '4a', '4b', '4c', '4d', '4e', '5a', '5b'];

/** Nine concatenations of four branches: inception3a to inception5b. */
function googLeNet(model: OnnxModel): Family | null {
  const modules = model.nodes.filter((n) => n.op === 'Concat' && n.inputs.length === 4);
  if (modules.length < 2 || modules.length > INCEPTIONS.length) return null;
  const names = new Map([
    ['relu1', rectified(model, 0)],
    ['relu2', rectified(model, 2)],
  ]);
  for (const [k, module] of modules.entries()) names.set(`inception${INCEPTIONS[k]}`, outputOf(module));
  const style = ['relu1', 'relu2', 'inception3a', 'inception4a'];
  return withSets(names, { style, content: ['inception4b'], dream: ['inception4c', 'inception5a'] });
}

/**
 * Sums of a branch with the map it began from: layer1.0, layer1.1, ...; layer1 is the last of the first. A stage ends
 * where blocks get more channels.
 */
function residual(model: OnnxModel): Family | null {
  const channels = new Map<string, number>();
  const rectifiers = new Map<string, OnnxNode>();
  const blocks: OnnxNode[] = [];
  for (const n of model.nodes) {
    const [first = '', second = ''] = n.inputs;
    const own = n.op === 'Conv' ? model.tensors.get(second)?.shape[0] : channels.get(first);
    if (own !== undefined) for (const o of n.outputs) channels.set(o, own);
    if (n.op === 'Relu') rectifiers.set(first, n);
    const isSum = (n.op === 'Add' || n.op === 'Sum') && n.inputs.length === 2;
    if (isSum && own !== undefined && channels.get(second) === own) blocks.push(n);
  }
  if (blocks.length < 2) return null;
  const names = new Map([['relu1', rectified(model, 0)]]);
  let [stage, index, width] = [0, 0, 0];
  for (const block of blocks) {
    const now = channels.get(outputOf(block)) ?? 0;
    if (now !== width) [stage, index, width] = [stage + 1, 0, now];
    const value = outputOf(rectifiers.get(outputOf(block)) ?? block);
    names.set(`layer${stage}.${index++}`, value);
    names.set(`layer${stage}`, value);
  }
  const style = ['relu1', 'layer1', 'layer2', 'layer3'];
  return withSets(names, { style, content: ['layer3'], dream: ['layer3', 'layer4'] });
}

/** Only what a slimmed file still has; the deepest layer where it has none of a set. */
function withSets(names: ReadonlyMap<string, string>, sets: Omit<Family, 'names'>): Family {
  const deepest = [...names.keys()].slice(-1);
  const here = (set: readonly string[]): readonly string[] => {
    const found = set.filter((name) => names.has(name));
    return found.length > 0 ? found : deepest;
  };
  return { names, style: here(sets.style), content: here(sets.content), dream: here(sets.dream) };
}
