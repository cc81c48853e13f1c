// What the pages tell people to type: every command is one, with options that it has, on files that a clone has and networks that can be
// had; and those of the gallery are run in the folder of an outsider, who has none but those.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toldCommand } from '../../examples/gallery/page';
import { pictures } from '../../examples/gallery/pictures';
import { commands } from '../../src/cli/commands';
import { knownWeights } from '../../src/nets/weights';
import { randomNets } from '../../src/nets/weights_random';
import { builtinRecipe } from '../../src/recipes/builtin';
import { long } from '../support/all';
import { runner } from '../support/cli_run';

const test = suite('commands of the docs');
const pages = [
  ...['README.md', 'weights/README.md', 'examples/README.md'],
  ...readdirSync('docs')
    .filter((f) => f.endsWith('.md'))
    .map((f) => `docs/${f}`),
];

interface Typed {
  readonly page: string;
  readonly line: string;
  readonly words: readonly string[];
  /** A line of a block is a whole command; in running text it may be the name of one. */
  readonly whole: boolean;
}

/** Words as a shell takes them apart, up to a pipe, a comment, or what a column beside it says. */
const wordsOf = (line: string): string[] =>
  [...line.replace(/\s[|#>].*$|\s{2,}.*$/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain = '']) => single ?? double ?? plain,
  );

const typed = pages.flatMap((page): Typed[] => {
  const text = readFileSync(page, 'utf8').replaceAll('\\\n', ' ');
  const found = (line: string, whole: boolean): Typed => ({ page, line, words: wordsOf(line).slice(1), whole });
  return [
    ...[...text.matchAll(/```\w*\n([\s\S]*?)```|^((?: {4}\S.*\n)+)/gm)]
      .flatMap(([, fenced, indented]) => (fenced ?? indented ?? '').split('\n'))
      .map((line) => found(line.trim(), true)),
    ...[...text.matchAll(/`(toroid [^`]+)`/g)].map(([, line = '']) => found(line.replaceAll('\n', ' '), false)),
  ].filter(({ line }) => line.startsWith('toroid ') && !/<|\.\.\./.test(line));
});

/** What the command line says of such a command before it does anything; null: nothing. */
async function complaint(words: readonly string[]): Promise<string | null> {
  const root = new Command('toroid');
  const load = commands[words[0] ?? ''];
  if (!load) return 'there is no such command';
  (await load())(root);
  const below = (c: Command): Command[] => [c, ...c.commands.flatMap(below)];
  for (const c of below(root)) {
    c.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    if (c.commands.length === 0) c.action(() => {});
  }
  try {
    await root.parseAsync([...words], { from: 'user' });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

test('each is one, with options that it has', async () => {
  assert.ok(typed.length > 100);
  for (const { page, line, words, whole } of typed) {
    const said = await complaint(words);
    const named = !whole && /outputHelp|missing required argument|required option/.test(said ?? '');
    assert.ok(said === null || named || words.includes('--help'), `${page}: ${line}: ${said}`);
  }
});

/** By a download or by `weights make`. */
const canBeHad = (net: string): boolean =>
  /\.onnx$/.test(net) ||
  (randomNets as readonly string[]).includes(net) ||
  knownWeights.some((w) => w.name === net && w.url !== null);

test('their pictures are in the repository, their networks can be had', () => {
  for (const { page, line, words } of typed) {
    for (const word of words) {
      const file = word.replace(/^\w+=/, '');
      if (/^(examples|docs)\//.test(file)) assert.ok(existsSync(file), `${page}: ${line}: no ${file}`);
    }
    const net = words[words.indexOf('--net') + 1];
    if (words.includes('--net')) assert.ok(net && canBeHad(net), `${page}: ${line}: who has ${net}?`);
  }
});

/** A clone, as an outsider has it. */
const folder = mkdtempSync(join(tmpdir(), 'toroid-outsider-'));
test.after(() => rmSync(folder, { recursive: true }));
const { toroid } = runner(folder);
const bare = { TOROID_WEIGHTS: join(folder, 'nets'), HOME: folder, XDG_CACHE_HOME: folder };

long(test)(
  'without its network a command of the gallery says where to have it; random weights can be made',
  async () => {
    mkdirSync(join(folder, 'docs/images'), { recursive: true });
    cpSync('examples', join(folder, 'examples'), { recursive: true, filter: (f) => !f.includes('node_modules') });
    cpSync('docs/images/gallery', join(folder, 'docs/images/gallery'), { recursive: true });
    for (const picture of pictures.filter((p) => p.net !== undefined)) {
      const words = toldCommand(picture);
      const { code, err } = await toroid(words, bare);
      assert.is(code, 1, err);
      assert.ok(err.includes(`toroid weights pull ${words[words.indexOf('--net') + 1]}`), `${words.join(' ')}\n${err}`);
    }
    assert.is((await toroid(['weights', 'make', 'vgg19-random'], bare)).code, 0);
  },
);

// A whole VGG on a software adapter takes minutes a command: of those with a network, which gallery.test.ts runs by a small one, one.
for (const picture of pictures.filter((p) => p.net === undefined || p.name === 'texture-net')) {
  long(test)(`${picture.name} of the gallery works in the folder of an outsider`, async () => {
    const words = toldCommand(picture).map((w, k, all) =>
      all[k - 1] === '--size' ? '64' : all[k - 1] === '--net' ? 'vgg19-random' : w,
    );
    const less = builtinRecipe(picture.recipe).stages.flatMap((s, k) =>
      s.method === 'copy' ? [] : ['--set', `stages[${k}].steps=1`],
    );
    const out = `${picture.name}.png`;
    const ended = await toroid([...words, ...less, '--set', 'scales.count=1', '-o', out], bare);
    assert.is(ended.code, 0, `${words.join(' ')}\n${ended.err}`);
    assert.ok(existsSync(join(folder, out)), out);
  });
}

test.run();
