import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { multipart, type Part } from '../../src/fleet/multipart';

const shown = (parts: readonly Part[] | null): unknown =>
  parts?.map(({ name, file, bytes }) => [name, file, Buffer.from(bytes).toString('latin1')]) ?? null;

test('multipart: what fetch sends, with bytes that look like its ends', async () => {
  const form = new FormData();
  form.set('recipe', 'texture-copy');
  const picture = Uint8Array.from({ length: 5000 }, (_, k) => (k * 7919) >> 3);
  form.set('style', new Blob([picture, '\r\n--\r\n\r\n--x--\r\n']), 'a; name="b".png');
  form.set('none', new Blob([]), 'empty');
  const sent = new Response(form);
  const type = sent.headers.get('content-type') ?? '';
  const parts = multipart(type, Buffer.from(await sent.arrayBuffer()), 3);
  const style = `${Buffer.from(picture).toString('latin1')}\r\n--\r\n\r\n--x--\r\n`;
  assert.equal(shown(parts), [
    ['recipe', undefined, 'texture-copy'],
    ['style', 'a; name=%22b%22.png', style],
    ['none', 'empty', ''],
  ]);
});

test('multipart: other ways to write it, and what is none', () => {
  const type = 'Multipart/Form-Data; charset=x; Boundary="a b"';
  const part = '--a b\r\nX: y\r\nCONTENT-DISPOSITION: form-data; filename=f; name=n\r\n\r\none\r\n';
  const rows: [string, string, unknown][] = [
    [type, `${part}--a b--`, [['n', 'f', 'one']]],
    [
      type,
      `\r\n${part}${part}--a b--\r\nand more`,
      [
        ['n', 'f', 'one'],
        ['n', 'f', 'one'],
      ],
    ],
    [type, `${part}${part}${part}--a b--`, null],
    [type, part, null],
    [type, `text\r\n${part}--a b--`, null],
    [type, part.replace('name=n', 'x=n').concat('--a b--'), null],
    [type, part.replace('X: y', `X: ${'y'.repeat(5000)}`).concat('--a b--'), null],
    [type, '--a b--', []],
    [type, '', null],
    ['multipart/form-data', `${part}--a b--`, null],
  ];
  for (const [kind, body, wanted] of rows) assert.equal(shown(multipart(kind, Buffer.from(body), 2)), wanted, body);
});

test.run();
