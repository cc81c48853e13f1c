import { EngineError } from '../base/errors';

/**
 * Text inside PNG files: `iTXt` chunks (keyword, UTF-8 text, not compressed), put right after the header.
 * PNG specification, third edition, 11.3.3.
 */
export function insertText(png: Uint8Array, entries: Readonly<Record<string, string>>): Buffer {
  const headerEnd = 8 + 4 + 4 + 13 + 4; // signature; length, type, data and CRC of IHDR
  const chunks = Object.entries(entries).map(([keyword, text]) => {
    if (!/^[ -~]{1,79}$/.test(keyword)) throw new EngineError('PictureError', `a PNG keyword cannot be "${keyword}"`);
    // not compressed, method 0, no language, no translated keyword
    return chunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));
  });
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

/** The `iTXt` and `tEXt` entries of a PNG file; those of compressed chunks are left out. */
export function readText(png: Uint8Array): Record<string, string> {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const found: Record<string, string> = {};
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    const end = data.indexOf(0);
    const keyword = data.toString('latin1', 0, end);
    if (type === 'tEXt') found[keyword] = data.toString('latin1', end + 1);
    if (type === 'iTXt' && data[end + 1] === 0) {
      const language = data.indexOf(0, end + 3);
      found[keyword] = data.toString('utf8', data.indexOf(0, language + 1) + 1);
    }
    if (type === 'IEND') break;
    at += 12 + length;
  }
  return found;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** The checksum of PNG chunks (polynomial 0xedb88320); zlib's own came with Node 20.15. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
