// What people drop, paste and choose.
import { isPng } from '../../base/png';

export function filesOf(from: DataTransfer | null): File[] {
  return from ? [...from.files] : [];
}

/** By the first bytes: names and types that come along are not to be trusted. */
export async function kindOf(file: Blob): Promise<'picture' | 'net' | 'other'> {
  const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  const text = new TextDecoder('latin1').decode(head);
  const picture =
    isPng(head) ||
    text.startsWith('\xff\xd8\xff') ||
    text.startsWith('GIF8') ||
    text.startsWith('BM') ||
    (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') ||
    /^ftyp(avif|avis|mif1|heic)/.test(text.slice(4, 12)) ||
    /^\s*(<\?xml[^>]*>\s*)?<svg/.test(text);
  if (picture) return 'picture';
  // An ONNX file begins with its version, field 1 as a varint; the reader decides.
  return (head[0] === 0x08 && file instanceof File && file.name.toLowerCase().endsWith('.onnx')) ||
    (file instanceof File && file.name.toLowerCase().endsWith('.onnx'))
    ? 'net'
    : 'other';
}
