import type { Command } from 'commander';
import { wantedInputs } from '../app/inputs';
import { builtinRecipe, builtinRecipes } from '../recipes/builtin';
import { initNames } from '../recipes/init/names';
import { lossComponents } from '../recipes/losses';
import { optimiserComponents } from '../recipes/optimisers';
import { fillRecipe, recipeJsonSchema } from '../recipes/recipe';
import { viewComponents } from '../recipes/views';
import { suggestion, usage } from './arguments';

export function addRecipes(program: Command): void {
  program
    .command('recipes')
    .summary('list and explain recipes, and what they are made of')
    .description(
      'Lists the recipes that come with toroid, and the losses, views and optimisers that recipes are made of.',
    )
    .argument('[name]', 'a recipe, loss, view or optimiser: say all about it')
    .option('--schema', 'print the JSON Schema of recipes, for editors')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid recipes                       what there is\n' +
        '  toroid recipes texture > mine.json   a recipe to change\n' +
        '  toroid recipes gram                  the settings of a loss\n' +
        '  toroid recipes --schema > recipe.schema.json\n',
    )
    .action(recipes);
}

interface Component {
  readonly kind: string;
  readonly about: string;
}
const groups: readonly { readonly title: string; readonly one: string; readonly components: readonly Component[] }[] = [
  { title: 'Losses', one: 'Loss', components: lossComponents },
  { title: 'Views', one: 'View', components: viewComponents },
  { title: 'Optimisers', one: 'Optimiser', components: optimiserComponents },
];

function recipes(name: string | undefined, options: { schema?: boolean; json?: boolean }): void {
  process.stdout.write(`${answer(name, options.json === true, options.schema === true)}\n`);
}

function answer(name: string | undefined, json: boolean, schema: boolean): string {
  if (schema) return JSON.stringify(recipeJsonSchema(), null, 2);
  if (name === undefined) return json ? JSON.stringify(everything(), null, 2) : overview();
  for (const { one, components } of groups) {
    const component = components.find((b) => b.kind === name);
    if (component) return json ? JSON.stringify(settingsOf(name), null, 2) : explain(one, component);
  }
  if (builtinRecipes.some((r) => r.name === name)) return JSON.stringify(builtinRecipe(name), null, 2);
  const all = [...builtinRecipes.map((r) => r.name ?? ''), ...groups.flatMap((g) => g.components.map((b) => b.kind))];
  return usage(`there is no recipe, loss, view or optimiser called ${name}`, suggestion(name, all));
}

const known = () =>
  builtinRecipes.map((r) => {
    const filled = fillRecipe(r);
    return { name: filled.name, about: filled.about, net: filled.net !== undefined, inputs: wantedInputs(filled) };
  });

const everything = () => ({
  recipes: known(),
  ...Object.fromEntries(
    groups.map(({ title, components }) => [
      title.toLowerCase(),
      components.map(({ kind, about }) => ({ kind, about })),
    ]),
  ),
  canvas: initNames.map(({ name, about }) => ({ name, about })),
});

function overview(): string {
  return [
    'Recipes (* needs the weights of a network)\n',
    ...known().map((r) =>
      entry(`${r.name}${r.net ? ' *' : ''}`, `${r.about} Inputs: ${r.inputs.join(', ') || 'none'}.`),
    ),
    ...groups.flatMap(({ title, components }) => [`\n${title}\n`, ...components.map((b) => entry(b.kind, b.about))]),
    '\nCanvas: what expressions such as "50 + plasma * 0.5" are made of\n',
    ...initNames.map((s) => entry(s.name, s.about)),
  ].join('\n');
}

/** Name on the left, the text about it broken into lines on the right. */
function entry(name: string, about: string): string {
  const lines: string[] = [''];
  for (const word of about.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length > 76) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line, k) => `  ${(k === 0 ? name : '').padEnd(20)} ${line}`).join('\n');
}

interface Setting {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string;
  readonly anyOf?: readonly Setting[];
}
interface Node {
  readonly properties?: Readonly<Record<string, Setting & Node>>;
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
}

/** The part of the schema that describes a component. */
function settingsOf(kind: string): Readonly<Record<string, Setting>> {
  const search = (node: Node): Node | undefined => {
    if ((node.properties?.kind as Setting | undefined)?.const === kind) return node;
    const children = [
      ...Object.values(node.properties ?? {}),
      ...(node.oneOf ?? []),
      ...(node.anyOf ?? []),
      ...(node.items ? [node.items] : []),
    ];
    for (const child of children) {
      const found = search(child);
      if (found) return found;
    }
    return undefined;
  };
  return search(recipeJsonSchema() as Node)?.properties ?? {};
}

function explain(title: string, { kind, about }: Component): string {
  const rows = Object.entries(settingsOf(kind))
    .filter(([name]) => name !== 'kind')
    .map(([name, s]) => {
      const choices = s.enum ? ` One of ${s.enum.join(', ')}.` : '';
      const fallback = s.default === undefined ? '' : ` Default: ${JSON.stringify(s.default)}.`;
      return entry(name, `${s.description ?? ''}.${choices}${fallback}`.replaceAll('..', '.'));
    });
  return `${title} ${kind}: ${about}\n\nSettings\n${rows.join('\n')}`;
}
