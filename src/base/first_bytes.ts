// What a file is, by its first bytes.

export const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes are those of a PNG file, by its first eight. */
export const isPng = (bytes: Uint8Array): boolean => PNG_SIGNATURE.every((b, k) => bytes[k] === b);

/** Whether bytes begin as a TIFF file does, of either byte order, with addresses of 32 or 64 bits. */
export const isTiff = (b: Uint8Array): boolean =>
  (b[0] === 0x49 && b[1] === 0x49 && (b[2] === 42 || b[2] === 43) && b[3] === 0) ||
  (b[0] === 0x4d && b[1] === 0x4d && b[2] === 0 && (b[3] === 42 || b[3] === 43));

const start = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 12));

export const isExr = (bytes: Uint8Array): boolean => start(bytes).startsWith('v/1\x01');
export const isHdr = (bytes: Uint8Array): boolean => /^#\?(RADIANCE|RGBE)\n/.test(start(bytes));
export const isPfm = (bytes: Uint8Array): boolean => /^P[Ff]\s/.test(start(bytes));
export const isNpy = (bytes: Uint8Array): boolean => start(bytes).startsWith('\x93NUMPY');

/** Whether they are a picture of numbers that no browser shows: TIFF, OpenEXR, Radiance HDR, PFM, .npy. */
export const isNumbers = (bytes: Uint8Array): boolean => [isTiff, isExr, isHdr, isPfm, isNpy].some((is) => is(bytes));
