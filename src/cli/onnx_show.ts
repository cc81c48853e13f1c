import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { bytesText } from '../base/errors';
import { size } from '../base/shape';
import { Graph } from '../graph/graph';
import { isReal } from '../nets/onnx/const_fold';
import { type OnnxModel, printable } from '../nets/onnx/model';
import { parseOnnx } from '../nets/onnx/parse';
import { type NodeSummary, type Summary, summary } from '../nets/onnx/summary';
import type { Preprocessing } from '../nets/preprocessing';
import { type Net, netOf } from '../nets/weights';
import { externalFilesOf, fileSource, reader, resolveWeights } from '../node/weights/find';
import { parseSize } from './arguments';

interface Options {
  size: readonly [width: number, height: number];
  json?: boolean;
}

/** `toroid onnx show`: adds itself to the group of commands about ONNX files. */
export function addShow(onnx: Command): void {
  onnx
    .command('show')
    .summary('layers, shapes, parameters, FLOPs, and the names to use in a recipe')
    .description(
      'Lists the layers of a network in order: operator, shape of the output, parameters, FLOPs (a multiplication and\n' +
        'an addition are two), and the name that a recipe may call it by. Layers that toroid cannot compute are marked with !.',
    )
    .argument('<file>', 'an .onnx file, or a name of `toroid weights list`')
    .addOption(new Option('--size <WxH>', 'size of the picture').argParser(parseSize).default([224, 224], '224x224'))
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  toroid onnx show vgg19.onnx\n  toroid onnx show squeezenet1.0 --size 512x384 --json',
    )
    .action((file: string, { size: sides, json }: Options) => {
      const found = resolveWeights(file);
      const source = fileSource(found.path);
      const readExternal = reader(found.path);
      const data = externalFilesOf(found.path);
      const model = parseOnnx(source, { name: found.known?.name ?? basename(found.path), readExternal });
      const net = netOf(model, found.known);
      const result = summary(net.model, new Graph(), { size: sides });
      const facts: Facts = { path: found.path, bytes: source.size, data, model: net.model, net, result, sides };
      process.stdout.write(json ? `${JSON.stringify(factsJson(facts), null, 2)}\n` : shown(facts));
    });
}

interface Facts {
  readonly path: string;
  readonly bytes: number;
  /** Files that it keeps weights in. */
  readonly data: readonly { readonly location: string; readonly size: number }[];
  readonly model: OnnxModel;
  readonly net: Net;
  readonly result: Summary;
  readonly sides: readonly [number, number];
}

/** Names of each value by which a recipe may call it, the usual ones first. */
function namesByValue({ names }: Net): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const order = [...new Set([...names.usual, ...names.values.keys()])];
  for (const name of order) {
    const value = names.values.get(name);
    if (value !== undefined) found.set(value, [...(found.get(value) ?? []), name]);
  }
  return found;
}

interface Totals {
  readonly layers: number;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly flops: number;
  /** Nodes whose share of the FLOPs is not known. */
  readonly unknown: number;
  readonly unsupported: readonly string[];
}

function totalsOf({ model, result }: Facts): Totals {
  const { nodes } = result;
  const used = new Set(model.nodes.flatMap((n) => n.inputs));
  let weightBytes = 0;
  for (const [name, t] of model.tensors) if (used.has(name) && isReal(t.type)) weightBytes += 4 * size(t.shape);
  return {
    layers: nodes.length,
    parameters: nodes.reduce((n, l) => n + l.parameters, 0),
    weightBytes,
    flops: nodes.reduce((n, l) => n + (l.flops ?? 0), 0),
    unknown: nodes.filter((l) => l.flops === null).length,
    unsupported: [...new Set(nodes.filter((l) => l.problem !== '').map((l) => l.node.op))],
  };
}

function factsJson(f: Facts): unknown {
  const { model, net, result, sides } = f;
  const names = namesByValue(net);
  const { layers, parameters, flops, unsupported } = totalsOf(f);
  return {
    file: f.path,
    bytes: f.bytes,
    ...(f.data.length > 0 && { external: f.data.map(({ location, size }) => ({ file: location, bytes: size })) }),
    name: net.name,
    opset: model.opset,
    producer: model.producer,
    size: sides,
    inputs: model.inputs.map(({ name, shape }) => ({ name, shape, used: result.inputs.get(name) ?? null })),
    outputs: model.outputs.map((name) => ({ name, shape: result.outputs.get(name) ?? null })),
    preprocessing: { ...net.preprocessing, guessed: net.assumptions !== '' },
    layers: result.nodes.map((n) => ({
      op: n.node.op,
      name: n.node.name,
      output: n.node.outputs[0] ?? '',
      names: names.get(n.node.outputs[0] ?? '') ?? [],
      shape: n.shape,
      parameters: n.parameters,
      flops: n.flops,
      ...(n.problem !== '' && { problem: n.problem }),
    })),
    style: net.layers.map((l) => l.layer),
    totals: { layers, parameters, flops, unsupported },
  };
}

/** `1.43 G`, `512`, `64.0 k`: three digits and a prefix. */
function short(v: number): string {
  const units = ['', ' k', ' M', ' G', ' T', ' P'];
  let k = 0;
  while (v >= 999.5 && k < units.length - 1) {
    v /= 1000;
    k++;
  }
  const digits = k === 0 ? `${v}` : v.toFixed(v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2);
  return `${digits}${units[k]}`;
}

const sidesText = (shape: readonly (number | null)[] | null): string =>
  shape === null ? '?' : shape.length === 0 ? 'scalar' : shape.map((d) => d ?? '?').join(' x ');

function preprocessingText({ order, range, mean, std }: Preprocessing): string {
  const list = (v: readonly number[]): string => v.map((x) => Number(x.toFixed(3))).join(' ');
  const less = mean.some((m) => m !== 0) ? `, minus ${list(mean)}` : '';
  const by = std.some((s) => s !== 1) ? `, divided by ${list(std)}` : '';
  return `${order}, 0 to ${range}${less}${by}`;
}

/** Columns of the screen, or what most of them have. */
const screen = (): number => Math.max(60, process.stdout.columns || Number(process.env.COLUMNS) || 80);

const cut = (text: string, wide: number): string =>
  text.length <= wide ? printable(text) : `${printable(text.slice(0, wide - 1))}…`;

function shown(f: Facts): string {
  const { model, net, result, sides } = f;
  const wide = screen();
  const t = totalsOf(f);
  const guess = net.assumptions === '' ? '' : ' (assumed: it is not in the manifest)';
  const values = (list: readonly [string, readonly (number | null)[] | null][]): string =>
    list.map(([name, shape]) => `${name} [${sidesText(shape)}]`).join(', ');
  const head: [string, string][] = [
    [
      'file',
      [`${f.path}, ${bytesText(f.bytes)}`, ...f.data.map((d) => `${d.location}, ${bytesText(d.size)}`)].join('; '),
    ],
    ['format', `operator set ${model.opset}${model.producer ? `, by ${model.producer}` : ''}`],
    ['input', values(model.inputs.map((i) => [i.name, i.shape]))],
    ['output', values(model.outputs.map((o) => [o, result.outputs.get(o) ?? null]))],
    ['pictures', `${preprocessingText(net.preprocessing)}${guess}`],
    ['style', net.layers.map((l) => l.layer).join(', ') || 'none'],
  ];
  const lines = [net.name, ...head.flatMap(([key, text]) => wrapped(`  ${key.padEnd(10)}`, text, wide)), ''];
  lines.push(...table(f, wide));
  const count = `${t.layers} layers at ${sides[0]}x${sides[1]}`;
  const more = t.unknown > 0 ? `, not counting ${t.unknown} layers that toroid cannot compute` : '';
  lines.push('', `${count}: ${short(t.parameters)} parameters, ${short(t.flops)} FLOPs${more}`);
  const problems = [...new Set(result.nodes.map((n) => n.problem).filter((p) => p !== ''))];
  for (const p of problems.slice(0, 8)) lines.push(...wrapped('! ', p, wide));
  if (problems.length > 8) lines.push(`! and ${problems.length - 8} more`);
  return `${lines.join('\n')}\n`;
}

function table({ net, result }: Facts, wide: number): string[] {
  const names = namesByValue(net);
  const usual = new Set(net.names.usual);
  const callable = ({ node }: NodeSummary): string => {
    const all = names.get(node.outputs[0] ?? '') ?? [];
    const best = all.filter((n) => usual.has(n));
    return (best.length > 0 ? best : all.slice(0, 1)).join(', ');
  };
  const rows = result.nodes.map((n) => [
    `${n.problem === '' ? ' ' : '!'} ${n.node.op}`,
    sidesText(n.shape),
    n.parameters > 0 ? short(n.parameters) : '',
    n.flops === null ? '?' : n.flops > 0 ? short(n.flops) : '',
    callable(n),
  ]);
  const head = ['  op', 'output', 'params', 'FLOPs', 'name in a recipe'];
  const most = [24, 26, 8, 8];
  const widths = most.map((m, c) => Math.min(m, Math.max(...[head, ...rows].map((r) => (r[c] ?? '').length))));
  const rest = Math.max(12, wide - widths.reduce((n, w) => n + w + 2, 0));
  return [head, ...rows].map((r) =>
    r
      .map((cell, c) => {
        const w = widths[c];
        if (w === undefined) return cut(cell, rest);
        return c === 0 ? cut(cell, w).padEnd(w) : cut(cell, w).padStart(w);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A paragraph behind a heading, its lines as wide as the screen. */
function wrapped(head: string, text: string, wide: number): string[] {
  const lines: string[] = [];
  let line = head;
  for (const word of printable(text, 4000).split(' ')) {
    if (line.length + word.length + 1 > wide && line.trim() !== head.trim()) {
      lines.push(line.trimEnd());
      line = ' '.repeat(head.length);
    }
    line += `${line.length > head.length ? ' ' : ''}${word}`;
  }
  return [...lines, line.trimEnd()];
}
