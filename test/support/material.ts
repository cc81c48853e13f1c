import type { MapKind, Material, MaterialMap } from '../../src/material/maps';

/** A small tile with every map: waves with their true normals. Values of 8 bits are whole ones of 255, of 16 bits of 65535. */
export function waves(size = 32, without: readonly MapKind[] = []): Material {
  const n = size * size;
  const relief = 0.1;
  const turn = (2 * Math.PI) / size;
  const at = (f: (x: number, y: number) => number, most: number): Float32Array =>
    Float32Array.from({ length: n }, (_, i) => Math.round(f(i % size, Math.floor(i / size)) * most) / most);
  const three = (...planes: Float32Array[]): Float32Array => {
    const out = new Float32Array(3 * n);
    for (const [k, p] of planes.entries()) out.set(p, k * n);
    return out;
  };
  const height = (x: number, y: number): number =>
    0.5 + 0.25 * Math.sin(turn * (x + y)) + 0.25 * Math.cos(2 * turn * y);
  /** Slopes in pixels a pixel: to the right, and down. */
  const slopes = (x: number, y: number): [number, number] => {
    const right = relief * size * 0.25 * turn * Math.cos(turn * (x + y));
    return [right, right - relief * size * 0.5 * turn * Math.sin(2 * turn * y)];
  };
  const normal =
    (c: number) =>
    (x: number, y: number): number => {
      const [p, q] = slopes(x, y);
      return ([-p, q, 1][c] as number) / Math.hypot(p, q, 1) / 2 + 0.5;
    };
  const maps: MaterialMap[] = [
    {
      kind: 'color',
      channels: 3,
      bits: 8,
      data: three(
        at((x) => x / size, 255),
        at((_, y) => y / size, 255),
        at(() => 0.2, 255),
      ),
    },
    {
      kind: 'normal',
      channels: 3,
      bits: 16,
      data: three(at(normal(0), 65535), at(normal(1), 65535), at(normal(2), 65535)),
    },
    { kind: 'height', channels: 1, bits: 16, data: at(height, 65535) },
    { kind: 'occlusion', channels: 1, bits: 8, data: at((x, y) => 0.6 + 0.4 * height(x, y), 255) },
    { kind: 'roughness', channels: 1, bits: 8, data: at((x) => 0.3 + (0.5 * x) / size, 255) },
    { kind: 'metalness', channels: 1, bits: 8, data: at((_, y) => (y < size / 2 ? 0 : 1), 255) },
    { kind: 'opacity', channels: 1, bits: 8, data: at((x) => (x % 8 === 0 ? 0 : 1), 255) },
    {
      kind: 'emission',
      channels: 3,
      bits: 8,
      data: three(
        at(() => 0, 255),
        at((x) => (x === 1 ? 1 : 0), 255),
        at(() => 0, 255),
      ),
    },
    { kind: 'curvature', channels: 1, bits: 8, data: at(height, 255) },
    { kind: 'edge', channels: 1, bits: 8, data: at(height, 255) },
  ];
  return {
    name: 'Old Wall',
    width: size,
    height: size,
    maps: new Map(maps.filter((m) => !without.includes(m.kind)).map((m) => [m.kind, m])),
    tile: 'both',
    relief,
    widthCm: 50,
    assumed: { roughness: 'by the preset stone' },
  };
}
