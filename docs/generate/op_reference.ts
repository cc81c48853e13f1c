// docs/ops.md: every op, from its three files: what index.ts says of it, the formulas at the heads of its shaders, and
// the cases of its spec.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Shape } from '../../src/base/shape';
import type { KernelSource } from '../../src/gpu/kernel';
import { Graph, type Node } from '../../src/graph/graph';
import type { Case, Dtype, OpSpec, Ref } from '../../src/shaders/op';
import { code, parts, plain, table } from './markdown';

const ROOT = 'src/shaders';
const CASES = 3;

export async function opReference(): Promise<string> {
  const folders = readdirSync(ROOT)
    .sort()
    .filter((f) => existsSync(`${ROOT}/${f}/index.ts`));
  const sections: string[] = [];
  for (const folder of folders) sections.push(await folderText(folder));
  return `${[
    '# Op reference',
    '<!-- Written by `npm run docs` from src/shaders: do not edit. -->',
    'One section for each folder of [src/shaders](../src/shaders). **Functions** are what you call, ' +
      "and are exported by the package (`import { gram } from 'toroid'`). **Ops** are what a graph holds, with shapes " +
      'from their specs and the ops that their gradient is made of. **Kernels** are the shaders, with the formula that opens each file, and the sets of override values (variants) that tuning ' +
      'chooses from; variant 0 runs on every adapter.',
    'Shapes are [C, H, W] for feature maps. Every case of a spec is checked against a reference in 64-bit floats, and ' +
      'its gradient against differences of that reference: [ARCHITECTURE.md](../ARCHITECTURE.md) tells how to add an op.',
    folders.map((f) => `[${f}](#${f})`).join(' · '),
    ...sections,
  ].join('\n\n')}\n`;
}

async function folderText(folder: string): Promise<string> {
  const where = `${ROOT}/${folder}`;
  const index = readFileSync(`${where}/index.ts`, 'utf8');
  const source = readdirSync(where)
    .filter((f) => /^(?!index|(.*\.)?spec).*\.ts$/.test(f))
    .reduce((text, f) => `${text}\n${readFileSync(`${where}/${f}`, 'utf8')}`, index);
  const specs = existsSync(`${where}/spec.ts`) ? await specsOf(folder) : [];
  const shaders = readdirSync(where)
    .filter((f) => f.endsWith('.wgsl'))
    .sort();
  const kernels = kernelsOf(specs);
  const links = [
    ['index.ts', `../${where}/index.ts`],
    ...(specs.length > 0 ? [['spec.ts', `../${where}/spec.ts`]] : []),
  ];
  const functions = functionsOf(source, exportsOf(folder));
  return [
    `## ${folder}`,
    `Source: ${[...links, ...shaders.map((f) => [f, `../${where}/${f}`])].map(([name, to]) => `[${name}](${to})`).join(', ')}`,
    ...(functions.length > 0 ? ['**Functions**', ...functions] : []),
    ...(specs.length > 0
      ? [
          '**Ops**',
          table(
            ['Op', 'What it is', 'Shapes', 'Gradient', 'Checked to'],
            specs.map((s) => [code(s.op.name), aboutOp(source, s), shapesOf(s), gradientOf(s), `${s.rtol ?? 1e-5}`]),
          ),
        ]
      : []),
    ...(shaders.length > 0 ? ['**Kernels**', ...shaders.map((f) => kernelText(`${where}/${f}`, kernels))] : []),
  ].join('\n\n');
}

/** What `import 'toroid'` gives of a folder: name there -> names in the package. */
function exportsOf(folder: string): ReadonlyMap<string, readonly string[]> {
  const lines = readFileSync('src/index.ops.ts', 'utf8').matchAll(
    new RegExp(`export \\{([^}]*)\\} from './shaders/${folder}'`, 'g'),
  );
  const found = new Map<string, string[]>();
  for (const [, list = ''] of lines) {
    for (const item of list.split(',').map((n) => n.trim())) {
      const [own = '', name = own] = item.split(' as ');
      if (own !== '' && !own.startsWith('type ')) found.set(own, [...(found.get(own) ?? []), name]);
    }
  }
  return found;
}

/** The comment of an op itself. */
function aboutOp(source: string, { op }: OpSpec): string {
  const comment =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport const \w+[^\n]* = (?:defineOp|filterOp|preparedOp)[^\n]*\(\{\n {2}name: '(\w+)'/g;
  const found = [...source.matchAll(comment)].find((m) => m[2] === op.name);
  return found?.[1] ? plain(parts(found[1]).about) : '';
}

async function specsOf(folder: string): Promise<readonly OpSpec[]> {
  const module = (await import(`../../src/shaders/${folder}/spec.ts`)) as { spec?: OpSpec; specs?: OpSpec[] };
  return module.specs ?? (module.spec ? [module.spec] : []);
}

/** Functions that the package exports, by the names it has for them, with their signatures and comments. */
function functionsOf(source: string, exported: ReadonlyMap<string, readonly string[]>): string[] {
  const written =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\nexport (?:async )?(?:function (\w+)|const (\w+)(?: = (?=(?:<[^>]*>)?\()|: ))([\s\S]*?)(?: \{\n| =>|;\n)/g;
  return [...source.matchAll(written)].flatMap(([, comment = '', fn, constant, rest = '']) => {
    const names = exported.get(fn ?? constant ?? '');
    if (!names) return [];
    const [first = '', ...others] = names;
    const signature = `${first}${rest}`.replace(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(', )', ')');
    const { about, tags } = parts(comment);
    const also = others.length > 0 ? `Also by the name of 0.1.0: ${others.map(code).join(', ')}.` : '';
    return [
      [`- ${code(signature)}`, ...[about, ...tags, also].filter(Boolean).map((t) => indented(plain(t)))].join('\n\n'),
    ];
  });
}

const indented = (text: string): string => text.replace(/^/gm, '  ');

type AnyCase = Case<number, unknown>;

const kindOf = (spec: OpSpec, k: number): Dtype =>
  spec.indices?.includes(k) ? 'u32' : spec.f16?.inputs?.includes(k) ? 'f16' : 'f32';

function inputs(g: Graph, spec: OpSpec, c: AnyCase): Node[] {
  return (c.shapes as readonly Shape[]).map((s, k) => g.input(s, `x${k}`, kindOf(spec, k)));
}

const shape = (s: Shape): string => `[${s.join(', ')}]`;

/** Shapes in and out, of the last few cases: the first ones are tiny. */
function shapesOf(spec: OpSpec): string {
  const lines = (spec.cases as readonly AnyCase[]).map((c) => {
    const from = (c.shapes as readonly Shape[]).map(shape).join(' ');
    return `${from || 'nothing'} → ${shape(spec.op.infer(c.shapes as never, c.attrs))}`;
  });
  return [...new Set(lines)].slice(-CASES).join('<br>');
}

/** Of which ops the gradient is made. */
function gradientOf(spec: OpSpec): string {
  const [c] = spec.cases as readonly AnyCase[];
  if (!c) return '';
  const g = new Graph();
  const x = inputs(g, spec, c);
  const y = g.apply(spec.op, x as never, c.attrs);
  const wanted = spec.differentiable ?? x.map((_, k) => k).filter((k) => !spec.indices?.includes(k));
  if (wanted.length === 0 || y.dtype === 'u32') return 'none';
  const seed = g.input(y.shape, 'dy', y.dtype === 'f16' ? 'f16' : 'f32');
  const before = g.nodes.length;
  g.grad(
    y,
    wanted.map((k) => x[k] as Node),
    seed,
  );
  const ops = g.nodes.slice(before).flatMap((n) => (n.source.from === 'op' ? [code(n.source.op.name)] : []));
  const all = wanted.length === x.length ? '' : ` (for input ${wanted.join(', ')})`;
  return `${[...new Set(ops)].join(', ') || 'passed on as it is'}${all}`;
}

/** The kernels behind all cases, by name. */
function kernelsOf(specs: readonly OpSpec[]): Map<string, KernelSource> {
  const found = new Map<string, KernelSource>();
  for (const spec of specs) {
    for (const c of spec.cases as readonly AnyCase[]) {
      const g = new Graph();
      const x = inputs(g, spec, c);
      const { dtype } = g.apply(spec.op, x as never, c.attrs);
      const y: Ref = { id: -1, shape: spec.op.infer(c.shapes as never, c.attrs), dtype };
      let scratch = -2;
      const launches = spec.op.forward(x as never, y, c.attrs, (s, k = 'f32') => ({
        id: scratch--,
        shape: s,
        dtype: k,
      }));
      for (const { kernel } of launches) found.set(kernel.name, kernel);
    }
  }
  return found;
}

function kernelText(path: string, kernels: ReadonlyMap<string, KernelSource>): string {
  const name = path.split('/').at(-1)?.replace('.wgsl', '') ?? '';
  const head = /^(?:\/\/.*\n)+/.exec(readFileSync(path, 'utf8'))?.[0] ?? '';
  const [formula = '', ...rest] = head
    .trimEnd()
    .split('\n')
    .map((l) => l.replace(/^\/\/ ?/, ''));
  const gap = rest.indexOf('');
  const text = [formula, ...(gap < 0 ? rest : rest.slice(0, gap))].join('\n');
  const k = kernels.get(name);
  const variants = (k?.variants ?? [])
    .map((v) =>
      Object.entries(v)
        .map(([n, value]) => `${n}=${value}`)
        .join(' '),
    )
    .filter(Boolean)
    .map(code);
  const gpu = k?.gpu ? `; variant ${k.gpu} first on a GPU` : '';
  return [
    `\`\`\`text\n${text}\n\`\`\``,
    ...(variants.length > 0 ? [`Variants of ${code(name)}: ${variants.join(', ')}${gpu}.`] : []),
  ].join('\n\n');
}
