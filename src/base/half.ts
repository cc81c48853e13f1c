/** IEEE half precision by way of f32 bits, rounded to nearest even. */
export function toHalf(data: Float32Array): Uint16Array {
  const out = new Uint16Array(data.length);
  const cell = new Float32Array(1);
  const bits = new Uint32Array(cell.buffer);
  for (const [i, v] of data.entries()) {
    cell[0] = v;
    const b = bits[0] ?? 0;
    const sign = (b >>> 16) & 0x8000;
    const magnitude = b & 0x7fffffff;
    if (magnitude >= 0x7f800000) out[i] = sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
    else if (Math.abs(v) >= 65520) out[i] = sign | 0x7c00;
    else if (Math.abs(v) < 2 ** -14) out[i] = sign | roundEven(Math.abs(v) * 2 ** 24);
    else out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  return out;
}

function roundEven(v: number): number {
  const down = Math.floor(v);
  const rest = v - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

export function fromHalf(data: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(data, (h) => {
    const exponent = (h >>> 10) & 31;
    const fraction = h & 1023;
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction
            ? Number.NaN
            : Number.POSITIVE_INFINITY
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return h & 0x8000 ? -magnitude : magnitude;
  });
}
