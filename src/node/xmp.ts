// Text inside pictures that are not PNG: an XMP packet that holds the entries as JSON.
const ENTITIES: readonly (readonly [string, string])[] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
];
const escapeXml = (text: string): string => ENTITIES.reduce((t, [plain, coded]) => t.replaceAll(plain, coded), text);
const unescapeXml = (text: string): string =>
  ENTITIES.toReversed().reduce((t, [plain, coded]) => t.replaceAll(coded, plain), text);

/** Entries as they were written; none where another program has damaged them. */
function entriesOf(json: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(json);
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(entries.filter((e): e is [string, string] => typeof e[1] === 'string'));
  } catch {
    return {};
  }
}

/** An XMP packet that holds the entries. */
export function packXmp(entries: Readonly<Record<string, string>>): string {
  return (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
    `xmlns:toroid="urn:toroid:"><toroid:entries>${escapeXml(JSON.stringify(entries))}</toroid:entries>` +
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
  );
}

/** The entries of a packet that `packXmp` made; empty for any other. */
export function unpackXmp(packet: string): Record<string, string> {
  const found = /<toroid:entries>([\s\S]*)<\/toroid:entries>/.exec(packet)?.[1];
  return found ? entriesOf(unescapeXml(found)) : {};
}

/** Where the record of a picture is that is too large to be inside. */
export const recordBeside = (path: string): string => `${path}.json`;

/**
 * Text inside GIF files: a comment extension (0x21 0xfe, blocks of at most 255 bytes, an empty block), put right
 * before the first frame. GIF89a specification, section 24. The entries are one JSON object in UTF-8.
 */
export function insertComment(gif: Buffer, entries: Readonly<Record<string, string>>): Buffer {
  if (Object.keys(entries).length === 0) return gif;
  const at = tablesEnd(gif);
  const text = Buffer.from(MARK + JSON.stringify(entries), 'utf8');
  const parts = [gif.subarray(0, at), Buffer.from([0x21, 0xfe])];
  for (let k = 0; k < text.length; k += 255) {
    const block = text.subarray(k, k + 255);
    parts.push(Buffer.from([block.length]), block);
  }
  return Buffer.concat([...parts, Buffer.from([0]), gif.subarray(at)]);
}

/** The entries of the comment that `insertComment` put there; empty when there is none. */
export function readComment(gif: Buffer): Record<string, string> {
  // Extensions come one after the other, until the first frame (0x2c).
  for (let at = tablesEnd(gif); gif[at] === 0x21; ) {
    const label = gif[at + 1];
    const blocks: Buffer[] = [];
    at += 2;
    for (let n = gif[at] ?? 0; n > 0 && at < gif.length; n = gif[at] ?? 0) {
      blocks.push(gif.subarray(at + 1, at + 1 + n));
      at += 1 + n;
    }
    at += 1;
    const text = Buffer.concat(blocks).toString('utf8');
    if (label === 0xfe && text.startsWith(MARK)) return entriesOf(text.slice(MARK.length));
  }
  return {};
}

const MARK = 'toroid:';

/** Where the header and the global colours end: the extensions start there. */
function tablesEnd(gif: Buffer): number {
  const packed = gif[10] ?? 0;
  return 13 + (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);
}
