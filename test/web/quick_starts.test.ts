// What docs/ tells people to type works, and the code it shows is that of files which are tested themselves.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { libraryCopy } from '../support/library_copy';
import { tiff } from '../support/tiffs';
import { DIST } from '../support/web/pages';

const test = suite('quick starts');
const { folder, remove } = libraryCopy();
test.after(remove);
// A picture of one's own and its maps, of which only the size matters.
for (const name of ['wall', 'wall_height', 'wall_normal'])
  copyFileSync('examples/brick.png', join(folder, `${name}.png`));
// Heights in metres.
const metres = (x: number, y: number): number => 300 + 40 * Math.sin(x / 5) + 25 * Math.cos(y / 3);
writeFileSync(join(folder, 'dem.tif'), tiff([64, 64], metres, { format: 'float', bits: 32 }));
const pages = [...readdirSync('docs').filter((f) => f.startsWith('quick-start-')), 'servers.md', 'training.md'];
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;

interface Block {
  readonly page: string;
  readonly language: string;
  /** The file it is quoted from, where it is. */
  readonly from: string | undefined;
  readonly text: string;
}

const blocks = pages.flatMap((page): Block[] => {
  const text = readFileSync(join('docs', page), 'utf8');
  return [...text.matchAll(/(?:<!-- from (\S+) -->\n)?```(\w*)\n([\s\S]*?)```/g)].map(
    ([, from, language = '', body = '']) => ({
      ...{ page, language, from, text: body },
    }),
  );
});

const lines = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((l) => l.trim());

test('each page has five steps', () => {
  for (const page of pages.filter((p) => p.startsWith('quick'))) {
    const steps = readFileSync(join('docs', page), 'utf8').match(/^## \d/gm) ?? [];
    assert.equal(steps, ['## 1', '## 2', '## 3', '## 4', '## 5'], page);
  }
});

test('code is quoted from files that are there, line by line', () => {
  for (const { page, language, from, text } of blocks) {
    if (language === 'sh' || language === 'yaml') continue;
    assert.ok(from, `${page}: a block of ${language} that says not where it is from:\n${text}`);
    const [whole, part] = [lines(readFileSync(from, 'utf8')).join('\n'), lines(text).join('\n')];
    assert.ok(`\n${whole}\n`.includes(`\n${part}\n`), `${page}: ${from} has no such lines:\n${text}`);
  }
});

/** The same with less to do. */
function quick(args: readonly string[]): string[] {
  const kept = args.filter((a, k) => a !== '--steps' && args[k - 1] !== '--steps');
  const small = kept.map((a, k) => (kept[k - 1] === '--size' ? '32' : a));
  if (small[0] === 'profile') return [...small, '--runs', '2', '--set', 'scales.count=1'];
  if (small[0] !== 'texture') return small;
  if (args.includes('patches') || args.includes('--recipe')) return [...small, '--steps', '2', '--scales', '1'];
  return [...small, '--method', 'copy'];
}

function toroid(args: readonly string[]): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    const env = { ...process.env, TOROID_TUNE: 'off' };
    const child = execFile(process.execPath, [resolve(DIST, 'cli.js'), ...args], { cwd: folder, env }, (_, out, err) =>
      done({ code: child.exitCode ?? -1, said: out + err }),
    );
  });
}

for (const page of pages) {
  const commands = blocks.filter((b) => b.page === page && b.language === 'sh').flatMap((b) => lines(b.text));
  if (commands.length === 0) continue;
  // Tens of commands, each a process.
  (/artist|shaders/.test(page) ? long(test) : test)(`${page}: every command works`, async () => {
    for (const { text } of blocks.filter((b) => b.page === page && b.language === 'yaml')) {
      writeFileSync(join(folder, 'mine.yaml'), text.replace(/size: \d+/, 'size: 32').replace(/steps: \d+/, 'steps: 2'));
    }
    for (const command of commands) {
      const [program = '', ...args] = command.split(' ');
      if (program === 'toroid') {
        const { code, said } = await toroid(quick(args));
        // Two steps do not make a good tile: what is asked is that it is judged.
        assert.ok(code === 0 || (args[0] === 'check' && code === 1), `${command}: ${code}\n${said}`);
        const out = args[args.indexOf('-o') + 1];
        if (args.includes('-o') && out) assert.ok(existsSync(join(folder, out)), `${command} wrote no ${out}`);
      } else if (program === 'npm') {
        assert.ok(['ci', 'link'].includes(args[0] ?? '') || (args[0] === 'run' && scripts[args[1] ?? '']), command);
      } else if (command.startsWith('node examples/')) {
        assert.ok(existsSync(args[0] ?? ''), command); // run by examples_node.test.ts
      } else {
        const op = /^TOROID_OP=(\w+) node build\/test\/run\.js ops$/.exec(command)?.[1];
        assert.ok(command === 'node build.mjs test' || existsSync(`src/shaders/${op}/spec.ts`), command);
      }
    }
  });
}

test.run();
