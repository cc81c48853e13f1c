// Files that are sound, and no picture that is read here: by their first bytes, so that nobody is told that they are damaged.

export interface FileKind {
  /** `a Photoshop document` */
  readonly what: string;
  readonly remedy: string;
}

const MAGICK = 'Convert it to PNG: magick in.file out.png.';
const HEIC =
  'Convert it: heif-convert in.heic out.png; on a Mac: sips -s format png in.heic --out out.png. iPhones write JPEG under Settings, Camera, Formats, Most Compatible.';
const AGAIN = 'Download the picture itself.';

const KINDS: readonly (readonly [start: RegExp, what: string, remedy: string])[] = [
  [/^....ftyp(?!.{0,60}avif)(hei[cxms]|hev[cxms]|mif1|msf1)/s, 'a HEIC picture, coded with HEVC', HEIC],
  [/^....ftypcrx /s, 'a raw picture of a camera', 'Develop it first: darktable, or dcraw -T in.cr3.'],
  [/^....ftyp(?!avi|mif|msf)/s, 'a film', 'Take a picture out of it: ffmpeg -i in.mp4 -frames:v 1 out.png.'],
  [/^␚E\xdf\xa3/s, 'a film', 'Take a picture out of it: ffmpeg -i in.mkv -frames:v 1 out.png.'],
  [
    /^(II\*\0␐\0\0\0CR|IIRO|IIU\0|FUJIFILMCCD)/s,
    'a raw picture of a camera',
    'Develop it first: darktable, or dcraw -T.',
  ],
  [/^8BPS/, 'a Photoshop document', MAGICK],
  [/^(\xff\n|\0\0\0␌JXL )/, 'a JPEG XL picture', 'Convert it: djxl in.jxl out.png.'],
  [/^(\0\0\0␌jP {2}|\xff\x4f\xff\x51)/, 'a JPEG 2000 picture', 'Convert it: opj_decompress -i in.jp2 -o out.png.'],
  [/^BM.{4}\0\0\0\0/s, 'a BMP picture', MAGICK],
  [/^P[1-7]\s/, 'a PNM picture', MAGICK],
  [/^DDS /, 'a DDS texture', MAGICK],
  [/^\xabKTX/, 'a KTX texture', 'Convert it: ktx extract in.ktx2 out.png.'],
  [/^qoif/, 'a QOI picture', MAGICK],
  [/^\0\0␁\0/, 'an icon', MAGICK],
  [/^gimp xcf/, 'a GIMP document', 'Export it as PNG from GIMP.'],
  [/^%PDF|^%!PS/, 'a document', 'Take a picture out of it: pdfimages -png in.pdf out.'],
  [/^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg/is, 'an SVG drawing', 'Export it as PNG.'],
  [/^\s*<(!doctype html|html)/i, 'a web page', AGAIN],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS, not the file that it stands for', 'Run: git lfs pull.'],
  [/^PK␃␄|^␟\x8b|^7z\xbc\xaf|^Rar!/s, 'an archive', 'Unpack it first.'],
  [/^glTF/, 'a model (glTF)', 'Give one of its pictures.'],
];

/** Control characters as the pictures of them, but for zeros and spaces. */
const shown = (b: number): string => String.fromCharCode(b < 32 && ![0, 9, 10, 13].includes(b) ? 0x2400 + b : b);

/** What a file is, where it is none that is read; undefined for those that are, and for what nobody knows. */
export function fileKind(bytes: Uint8Array): FileKind | undefined {
  const start = Array.from(bytes.subarray(0, 400), shown).join('');
  const found = KINDS.find(([pattern]) => pattern.test(start));
  return found && { what: found[1], remedy: found[2] };
}
