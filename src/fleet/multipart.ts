/** One part of `multipart/form-data`. */
export interface Part {
  readonly name: string;
  /** Of a file; undefined where the part is text. */
  readonly file: string | undefined;
  /** A view of the body. */
  readonly bytes: Uint8Array;
}

const MOST_HEAD = 4096;
const LINE = Buffer.from('\r\n');

/**
 * The parts of `multipart/form-data` (RFC 7578). Not by `Response.formData()`, which copies each picture several times:
 * a service has many bodies in memory at once.
 * @returns null where the body is something else, or has over `most` parts
 */
export function multipart(type: string, body: Buffer, most: number): Part[] | null {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return null;
  const mark = Buffer.from(`--${boundary}`, 'latin1');
  const ends = Buffer.concat([LINE, mark]);
  const parts: Part[] = [];
  // Before the first boundary may be a line break, and nothing else that anybody sends.
  let at = body.indexOf(mark) + mark.length;
  if (at !== mark.length && at !== ends.length) return null;
  while (body.toString('latin1', at, at + 2) !== '--') {
    const begins = body.indexOf('\r\n\r\n', at);
    const next = begins < 0 ? -1 : body.indexOf(ends, begins + 4);
    if (next < 0 || begins - at > MOST_HEAD || parts.length === most) return null;
    const head = body.toString('utf8', at, begins);
    const [, rest] = /\r\ncontent-disposition:\s*form-data\s*(;[^\r\n]*)/i.exec(head) ?? [];
    const said = new Map<string, string>();
    for (const [, key = '', text, word = ''] of (rest ?? '').matchAll(/;\s*([\w*]+)=(?:"([^"]*)"|([^\s;]*))/g)) {
      if (!said.has(key)) said.set(key, text ?? word);
    }
    const name = said.get('name');
    if (name === undefined) return null;
    parts.push({ name, file: said.get('filename'), bytes: body.subarray(begins + 4, next) });
    at = next + ends.length;
  }
  return parts;
}
