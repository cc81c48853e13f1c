// src/recipes/{losses,views,optimisers}/index.ts: the components of a folder, from its files.
import { readdirSync, readFileSync } from 'node:fs';

const texts = {
  losses: {
    define: 'defineLoss',
    type: 'LossComponent',
    from: './lib/loss',
    list: 'lossComponents',
    schema: 'lossSchema',
    settings: 'LossRecipe',
    every: 'Every loss that a recipe may have.',
    any: 'A loss in a recipe: `kind` says which, and with it which settings there are.',
  },
  optimisers: {
    define: 'defineOptimiser',
    type: 'OptimiserComponent',
    from: './lib/optimiser',
    list: 'optimiserComponents',
    schema: 'optimiserSchema',
    settings: 'OptimiserRecipe',
    every: 'Every optimiser that a stage may have.',
    any: 'An optimiser in a recipe, told from others by `kind`.',
  },
  views: {
    define: 'defineView',
    type: 'ViewComponent',
    from: './lib/view',
    list: 'viewComponents',
    schema: 'viewSchema',
    settings: 'ViewSettings',
    every: 'Every view that a recipe may have.',
    any: 'A view in a recipe, told from others by `kind`.',
  },
} as const;
export type ComponentFolder = keyof typeof texts;
export const componentFolders = Object.keys(texts) as readonly ComponentFolder[];

export const folderOf = (of: ComponentFolder): string => `src/recipes/${of}`;

/** What a component's kind is called in its file: `gram_enhance` is `gramEnhance`. */
export const constantOf = (kind: string): string => kind.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The kinds of a folder, which are the names of its files. What serves several of them is in `lib`. */
function kindsOf(of: ComponentFolder): readonly string[] {
  const kinds = readdirSync(folderOf(of))
    .filter((f) => f.endsWith('.ts') && f !== 'index.ts')
    .map((f) => f.slice(0, -'.ts'.length))
    .sort();
  for (const kind of kinds) {
    const file = `${folderOf(of)}/${kind}.ts`;
    const wanted = `export const ${constantOf(kind)} = ${texts[of].define}({\n  kind: '${kind}',\n`;
    if (!readFileSync(file, 'utf8').includes(wanted)) throw new Error(`${file}: there is no\n${wanted}`);
  }
  return kinds;
}

/** `head` and a list, on one line where it fits. */
function listed(head: string, items: readonly string[], tail: string): string {
  const line = `${head}${items.join(', ')}${tail}`;
  return line.length <= 120 ? line : `${head}\n${items.map((i) => `  ${i},\n`).join('')}${tail}`;
}

/** The text of a folder's index.ts. */
export function componentIndex(of: ComponentFolder): string {
  const t = texts[of];
  const kinds = kindsOf(of);
  const imports = [
    ...kinds.map((kind) => ({ from: `./${kind}`, line: `import { ${constantOf(kind)} } from './${kind}';` })),
    { from: t.from, line: `import type { ${t.type} } from '${t.from}';` },
  ].sort((a, b) => (a.from < b.from ? -1 : 1));
  const constants = kinds.map(constantOf);
  const schemas = constants.map((c) => `${c}.schema`);
  return `// Written by \`npm run docs\` from the files of this folder: do not edit.
import * as z from '../../base/zod';
${imports.map(({ line }) => line).join('\n')}

/** ${t.every} */
${listed(`export const ${t.list}: readonly ${t.type}[] = [`, constants, '];')}

/** ${t.any} */
${listed(`export const ${t.schema} = z.discriminatedUnion('kind', [`, schemas, ']);')}

/** The same with every default filled in. */
export type ${t.settings} = z.output<typeof ${t.schema}>;
`;
}
