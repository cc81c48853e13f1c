// What a picture is shown on: finely divided, because heights move its points.
import { BoxGeometry, type BufferGeometry, CylinderGeometry, PlaneGeometry, SphereGeometry } from 'three';

export const BODIES = ['plane', 'sphere', 'cube', 'cylinder', 'cloth'] as const;
export type Body = (typeof BODIES)[number];

export interface Shape {
  make(): BufferGeometry;
  /** How often the picture goes round it for once up. */
  readonly round: number;
  /** What those are together, in units of the scene. */
  readonly across: number;
  /** How far the eye is. */
  readonly eye: number;
  /** Whether it lies or stands, radians. */
  readonly tilt: number;
  readonly turn: number;
  /** It has an inside that can be seen. */
  readonly open?: true;
  /** Its faces meet at edges: heights go inward, or there would be gaps. */
  readonly edged?: true;
}

const SPHERE = 1.25;
const CYLINDER = 0.9;
const round = (radius: number): number => 2 * Math.PI * radius;

export const SHAPES: Readonly<Record<Body, Shape>> = {
  plane: { make: () => new PlaneGeometry(4, 4, 192, 192), round: 1, across: 4, eye: 5.4, tilt: -0.9, turn: 0 },
  sphere: {
    make: () => new SphereGeometry(SPHERE, 256, 128),
    round: 2,
    across: round(SPHERE),
    eye: 4.2,
    tilt: 0,
    turn: 0,
  },
  cube: {
    make: () => new BoxGeometry(1.7, 1.7, 1.7, 64, 64, 64),
    round: 1,
    across: 1.7,
    eye: 5,
    tilt: 0.45,
    turn: 0.6,
    edged: true,
  },
  cylinder: {
    make: () => new CylinderGeometry(CYLINDER, CYLINDER, 2, 256, 96, true),
    round: 3,
    across: round(CYLINDER),
    eye: 4.4,
    tilt: 0.1,
    turn: 0,
    open: true,
  },
  cloth: { make: cloth, round: 1, across: 3.6, eye: 5.4, tilt: -0.1, turn: 0.25, open: true },
};

/** It hangs from a rod, in folds that open towards its hem. */
function cloth(): BufferGeometry {
  const geometry = new PlaneGeometry(3.6, 3, 192, 160);
  const at = geometry.getAttribute('position');
  for (let i = 0; i < at.count; i++) {
    const [x, y] = [at.getX(i), at.getY(i)];
    const down = (1.5 - y) / 3;
    const fold = Math.sin(3.4 * x + 0.5 * Math.sin(1.7 * y)) + 0.35 * Math.sin(7.9 * x - 1.1 * y);
    at.setZ(i, fold * (0.1 + 0.16 * down));
    at.setX(i, x * (0.86 + 0.1 * down));
  }
  geometry.computeVertexNormals();
  return geometry;
}
