// The lists of commands and of the recipes that come with toroid, from their files. The order in a list is for people
// to choose, as it is in help and gallery: it is kept, and what is new comes last.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Listed {
  /** As files are called. */
  readonly name: string;
  /** The line of the list. */
  readonly line: string;
}

/** In the order of the list that is there. */
function inOrder(file: string, entries: readonly Listed[]): readonly Listed[] {
  const old = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const place = ({ line }: Listed): number => {
    const k = old.indexOf(line);
    return k < 0 ? old.length : k;
  };
  return entries.toSorted((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

const namesIn = (folder: string, ending: string): string[] =>
  readdirSync(folder)
    .filter((f) => f.endsWith(ending))
    .map((f) => f.slice(0, -ending.length));

const COMMANDS = 'src/cli/commands.ts';
const RECIPES = 'src/recipes/builtin/list.ts';

/** A file of src/cli is that of a command if it adds one of its own name to the program. */
function commands(): string {
  const found = namesIn('src/cli', '.ts').flatMap((name): Listed[] => {
    const text = readFileSync(`src/cli/${name}.ts`, 'utf8');
    const [, add] =
      new RegExp(`export function (\\w+)\\(program: Command\\)[^]*?program\\s*\\.command\\('${name}'\\)`).exec(text) ??
      [];
    return add === undefined ? [] : [{ name, line: `  ${name}: async () => (await import('./${name}')).${add},` }];
  });
  return `// Written by \`npm run docs\` from the files of this folder: only the order is yours, that of the help.
import type { Command } from 'commander';

/** Each command's code, loaded when it is called. */
export const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
${inOrder(COMMANDS, found)
  .map((c) => c.line)
  .join('\n')}
};
`;
}

function recipes(): string {
  const constant = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const names = namesIn('src/recipes/builtin', '.json').sort();
  const listed = inOrder(
    RECIPES,
    names.map((name) => ({ name, line: `  ${constant(name)},` })),
  );
  return `// Written by \`npm run docs\` from the files of this folder: only the order is yours, that of listings.
import type { RecipeText } from '../recipe';
${names.map((name) => `import ${constant(name)} from './${name}.json';`).join('\n')}

/** The recipes that come with toroid. */
export const builtinRecipes = [
${listed.map((r) => r.line).join('\n')}
] as readonly RecipeText[];
`;
}

/** Path and text of each list. */
export const orderedLists = (): readonly (readonly [path: string, text: string])[] => [
  [COMMANDS, commands()],
  [RECIPES, recipes()],
];
