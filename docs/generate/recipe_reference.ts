// docs/recipe-reference.md: every field of a recipe, from the schema that checks recipes.
import { readFileSync } from 'node:fs';
import { builtinRecipes } from '../../src/recipes/builtin';
import { initNames } from '../../src/recipes/init/names';
import { lossComponents } from '../../src/recipes/losses';
import { optimiserComponents } from '../../src/recipes/optimisers';
import { recipeJsonSchema } from '../../src/recipes/recipe';
import { viewComponents } from '../../src/recipes/views';
import { type ComponentFolder, constantOf, folderOf } from './component_index';
import { code, commentOf, parts, plain, table } from './markdown';

/** The part of JSON Schema that zod writes. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Component {
  readonly kind: string;
  readonly about: string;
}
interface Group {
  readonly title: string;
  readonly one: string;
  readonly folder: ComponentFolder;
  readonly components: readonly Component[];
}
const groups: readonly Group[] = [
  { title: 'Losses', one: 'loss', folder: 'losses', components: lossComponents },
  { title: 'Optimisers', one: 'optimiser', folder: 'optimisers', components: optimiserComponents },
  { title: 'Views', one: 'view', folder: 'views', components: viewComponents },
];

/** The kinds that a schema chooses from, where it is a loss, a view or an optimiser. */
const kindsOf = (s: Schema): readonly string[] =>
  (s.oneOf ?? []).map((o) => o.properties?.kind?.const).filter((k): k is string => typeof k === 'string');
const groupOf = (s: Schema): Group | undefined => {
  const [first] = kindsOf(s);
  return groups.find((g) => g.components.some((b) => b.kind === first));
};
const isMap = (s: Schema): s is Schema & { readonly additionalProperties: Schema } =>
  typeof s.additionalProperties === 'object';

function typeOf(s: Schema): string {
  const group = groupOf(s);
  if (group) return `a [${group.one}](#${group.title.toLowerCase()})`.replace('a [op', 'an [op');
  if (s.const !== undefined) return code(JSON.stringify(s.const));
  if (s.enum) return s.enum.map((v) => code(JSON.stringify(v))).join(', ');
  const choices = s.anyOf ?? s.oneOf;
  if (choices) return choices.map(typeOf).join(' or ');
  if (s.prefixItems) return `[${s.prefixItems.map(typeOf).join(', ')}]`;
  if (s.type === 'array') return s.items ? `list of ${typeOf(s.items).replace(/^an? /, '')}` : 'list';
  if (isMap(s)) return `{ name: ${typeOf(s.additionalProperties)} }`;
  if (s.properties) return `{ ${Object.keys(s.properties).join(', ')} }`;
  return s.type === 'integer' ? 'whole number' : (s.type ?? 'any');
}

/** 2^53 - 1 is what zod writes where a whole number has no limit of its own. */
const limit = (n: number | undefined): number | undefined => (n === Number.MAX_SAFE_INTEGER ? undefined : n);

function limitsOf(s: Schema): string {
  const [least, most] = [s.minimum, limit(s.maximum)];
  const numbers =
    least !== undefined && most !== undefined
      ? [`${least} to ${most}`]
      : [
          ...(least === undefined ? [] : [`at least ${least}`]),
          ...(s.exclusiveMinimum === undefined ? [] : [`above ${s.exclusiveMinimum}`]),
          ...(most === undefined ? [] : [`at most ${most}`]),
        ];
  const below = s.exclusiveMaximum === undefined ? [] : [`below ${s.exclusiveMaximum}`];
  const items = s.type === 'array' && !s.prefixItems ? countOf(s.minItems, s.maxItems, 'entries') : [];
  const characters = (s.minLength ?? 0) > 1 || s.maxLength ? countOf(s.minLength, s.maxLength, 'characters') : [];
  const form = s.pattern ? [code(s.pattern)] : [];
  const inner = [
    ...(s.anyOf ?? s.oneOf ?? []),
    ...(s.prefixItems ?? []),
    ...(s.items && !groupOf(s.items) ? [s.items] : []),
  ]
    .filter((i) => !i.properties)
    .map(limitsOf)
    .filter(Boolean);
  return [
    ...new Set([[...numbers, ...below].join(', '), ...items, ...characters, ...form, ...inner].filter(Boolean)),
  ].join('; ');
}

function countOf(least: number | undefined, most: number | undefined, of: string): string[] {
  if (least === undefined && most === undefined) return [];
  if (most === undefined) return [least === 1 ? 'not empty' : `at least ${least} ${of}`];
  return [least ? `${least} to ${most} ${of}` : `at most ${most} ${of}`];
}

/** Rows of the fields of an object, and of the objects in it, by path: `styles[].mask.input`. */
function rowsOf(s: Schema, path = ''): string[][] {
  return Object.entries(s.properties ?? {}).flatMap(([name, field]) => {
    if (name === 'kind' && field.const !== undefined) return [];
    const here = path + name;
    const fallback = s.required?.includes(name)
      ? '**required**'
      : field.default === undefined
        ? ''
        : code(JSON.stringify(rounded(field.default)));
    const row = [code(here), typeOf(field), fallback, limitsOf(field), field.description ?? ''];
    return [row, ...within(field, here)];
  });
}

function within(field: Schema, here: string): string[][] {
  if (groupOf(field)) return [];
  if (field.properties) return rowsOf(field, `${here}.`);
  if (isMap(field)) return within(field.additionalProperties, `${here}.<name>`);
  if (field.type === 'array' && field.items) return groupOf(field.items) ? [] : within(field.items, `${here}[]`);
  return (field.anyOf ?? field.oneOf ?? []).flatMap((choice) => within(choice, here));
}

const rounded = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);

const HEAD = ['Field', 'Type', 'Default', 'Limits', 'Meaning'];
const fields = (s: Schema): string => {
  const rows = rowsOf(s);
  return rows.length === 0 ? 'It has no settings.' : table(HEAD, rows);
};

/** The schema of each kind, wherever it stands in the recipe. */
function schemasByKind(s: Schema, found = new Map<string, Schema>()): Map<string, Schema> {
  const kind = s.properties?.kind?.const;
  if (typeof kind === 'string') found.set(kind, s);
  const inner = [
    ...Object.values(s.properties ?? {}),
    ...(s.anyOf ?? []),
    ...(s.oneOf ?? []),
    ...(s.items ? [s.items] : []),
  ];
  for (const i of inner) schemasByKind(i, found);
  return found;
}

/** What a component's own file says of it: its formula and where that is from. */
function formulaOf(file: string, kind: string): string {
  return parts(commentOf(readFileSync(file, 'utf8'), constantOf(kind))).about;
}

function componentText(group: Group, { kind, about }: Component, schema: Schema | undefined): string {
  if (!schema) throw new Error(`the recipe schema has no ${group.one} ${kind}`);
  const file = `${folderOf(group.folder)}/${kind}.ts`;
  const formula = formulaOf(file, kind);
  return [
    `### ${kind}`,
    about,
    ...(formula ? [`> ${plain(formula).replaceAll('\n', '\n> ')}`] : []),
    fields(schema),
    `Source: [${kind}.ts](../${file})`,
  ].join('\n\n');
}

/** Fields whose meaning nobody wrote down, by path. */
export function fieldsWithoutMeaning(): string[] {
  const schema = recipeJsonSchema() as Schema;
  const all = [...rowsOf(schema), ...[...schemasByKind(schema)].flatMap(([kind, s]) => rowsOf(s, `${kind}.`))];
  return all.filter((row) => !row[4]).map((row) => row[0] ?? '');
}

export function recipeReference(): string {
  const schema = recipeJsonSchema() as Schema;
  const kinds = schemasByKind(schema);
  const { stages, ...others } = schema.properties ?? {};
  const stage = stages?.items;
  if (!stage) throw new Error('the recipe schema has no stages');
  const required = (schema.required ?? []).filter((name) => name !== 'stages');
  return `${[
    '# Recipe reference',
    '<!-- Written by `npm run docs` from the schema: do not edit. -->',
    'Every field that a recipe may have. [recipes.md](recipes.md) explains how they work together; an editor that reads ' +
      '[schema/recipe.json](../schema/recipe.json) completes and checks them as you type; `toroid recipes <name>` prints ' +
      'one loss, view or optimiser. A field that is not listed here is an error, as is a value beyond its limits. The command line and the ' +
      'library read the same recipes.',
    'Lengths are pixels unless something else is said. `[]` is any entry of a list, `<name>` any name of yours. A field ' +
      'without a default may be left out unless it is marked as required.',
    '## The recipe',
    fields({ ...schema, properties: others, required }),
    '## A stage',
    'An entry of `stages`, of which there are 1 to 64. They run in turn; see [scales and resolution](recipes.md#its-parts).',
    fields(stage),
    ...groups.flatMap((g) => [
      `## ${g.title}`,
      g.components.map(({ kind }) => `[${kind}](#${kind})`).join(', '),
      ...g.components.map((b) => componentText(g, b, kinds.get(b.kind))),
    ]),
    '## Canvas',
    'What the expression in `canvas` is made of, besides the inputs by name, colours as `#7f5a30`, numbers (white is 255), ' +
      '`+ - * /` and parentheses: `50 + plasma * 0.5`.',
    table(
      ['Written', 'What it paints', 'Limits'],
      initNames.map((n) => [
        code(n.usage),
        n.about,
        n.options.map((o) => `${o.name} ${o.lo} to ${o.hi}${o.whole ? ', whole' : ''}`).join('; '),
      ]),
    ),
    '## Recipes that come with toroid',
    '`toroid recipes <name>` prints one; the [gallery](gallery.md) shows them.',
    table(
      ['Name', 'What it makes', 'Needs a network'],
      builtinRecipes.map((r) => [code(r.name ?? ''), r.about ?? '', r.net === undefined ? '' : 'yes']),
    ),
  ].join('\n\n')}\n`;
}
