// What a PNG file says of itself. PNG specification, third edition, https://www.w3.org/TR/png-3/

/** The `iTXt` and `tEXt` entries of a PNG file; those of compressed chunks are left out. */
export function readText(png: Uint8Array): Record<string, string> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const utf8 = new TextDecoder();
  const found: Record<string, string> = {};
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    const type = latin1(png.subarray(at + 4, at + 8));
    const data = png.subarray(at + 8, at + 8 + length);
    const end = data.indexOf(0);
    const keyword = latin1(data.subarray(0, Math.max(0, end)));
    if (type === 'tEXt') found[keyword] = latin1(data.subarray(end + 1));
    if (type === 'iTXt' && data[end + 1] === 0) {
      const language = data.indexOf(0, end + 3);
      found[keyword] = utf8.decode(data.subarray(data.indexOf(0, language + 1) + 1));
    }
    if (type === 'IEND') break;
    at += 12 + length;
  }
  return found;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const b of bytes) text += String.fromCharCode(b);
  return text;
}
