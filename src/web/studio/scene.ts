// The picture on a body, by three.js: a chunk of its own, fetched when somebody looks.
import {
  AmbientLight,
  BoxGeometry,
  type BufferGeometry,
  CylinderGeometry,
  DirectionalLight,
  Mesh,
  MeshStandardMaterial,
  PerspectiveCamera,
  PlaneGeometry,
  RepeatWrapping,
  Scene,
  SphereGeometry,
  SRGBColorSpace,
  Texture,
  WebGLRenderer,
} from 'three';
import type { Tile } from './settings';

export const BODIES = ['plane', 'sphere', 'cube', 'cylinder'] as const;
export type Body = (typeof BODIES)[number];

/** What it is made of; how often the picture goes round it for once up; where the eye is; whether it lies or stands. */
const SHAPES: Readonly<Record<Body, readonly [make: () => BufferGeometry, round: number, eye: number, tilt: number]>> =
  {
    plane: [() => new PlaneGeometry(4, 4), 1, 5.4, -0.9],
    sphere: [() => new SphereGeometry(1.25, 96, 48), 2, 4.2, 0],
    cube: [() => new BoxGeometry(1.7, 1.7, 1.7), 1, 5, 0.45],
    cylinder: [() => new CylinderGeometry(0.9, 0.9, 2, 96), 3, 4.4, 0.3],
  };

export interface SceneOptions {
  readonly body: Body;
  readonly repeat: number;
  readonly tile: Tile;
  /** Whether it turns by itself; not for people who asked for less motion. */
  readonly turning: boolean;
}

export interface OpenScene {
  show(bitmap: ImageBitmap): void;
  close(): void;
}

/** @throws Error where there is no WebGL. */
export function openScene(parent: HTMLElement, { body, repeat, tile, turning }: SceneOptions): OpenScene {
  const renderer = new WebGLRenderer({ antialias: true, alpha: true });
  const camera = new PerspectiveCamera(40, 1, 0.1, 50);
  const scene = new Scene();
  scene.add(...lights());
  const texture = new Texture();
  texture.colorSpace = SRGBColorSpace;
  texture.wrapS = RepeatWrapping;
  texture.wrapT = RepeatWrapping;
  const [make, round, eye, tilt] = SHAPES[body];
  const along = round * repeat;
  texture.repeat.set(tile === 'y' || tile === 'none' ? 1 : along, tile === 'x' || tile === 'none' ? 1 : repeat);
  texture.anisotropy = renderer.capabilities.getMaxAnisotropy();
  const geometry = make();
  const material = new MeshStandardMaterial({ map: texture, roughness: 0.85 });
  const mesh = new Mesh(geometry, material);
  mesh.rotation.x = tilt;
  if (body === 'cube') mesh.rotation.y = 0.6;
  scene.add(mesh);
  camera.position.set(0, 0, eye);

  const canvas = renderer.domElement;
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `The picture on a ${body}. Arrows turn it, plus and minus zoom.`);
  parent.append(canvas);
  let asked = 0;
  const hand = { held: false };
  const draw = (): void => {
    asked = 0;
    if (turning && !hand.held) {
      if (body === 'plane') mesh.rotation.z += 0.001;
      else mesh.rotation.y += 0.004;
    }
    renderer.render(scene, camera);
    if (turning) ask();
  };
  const ask = (): void => {
    asked ||= requestAnimationFrame(draw);
  };
  const turn = (dx: number, dy: number): void => {
    if (body === 'plane') mesh.rotation.z += dx;
    else mesh.rotation.y += dx;
    mesh.rotation.x = Math.min(1.4, Math.max(-1.5, mesh.rotation.x + dy));
    ask();
  };
  const zoom = (factor: number): void => {
    camera.position.z = Math.min(12, Math.max(1.6, camera.position.z / factor));
    ask();
  };
  listen(canvas, hand, turn, zoom);
  const sizes = new ResizeObserver(() => {
    const [w, h] = [Math.max(1, parent.clientWidth), Math.max(1, parent.clientHeight)];
    renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    renderer.setSize(w, h, false);
    camera.aspect = w / h;
    camera.updateProjectionMatrix();
    ask();
  });
  sizes.observe(parent);
  return {
    show(bitmap) {
      // A copy: the page closes bitmaps when the next one comes, and three.js uploads when it next draws.
      const copy = document.createElement('canvas');
      copy.width = bitmap.width;
      copy.height = bitmap.height;
      copy.getContext('2d')?.drawImage(bitmap, 0, 0);
      if (texture.image && (texture.image as HTMLCanvasElement).width !== copy.width) texture.dispose();
      texture.image = copy;
      texture.needsUpdate = true;
      ask();
    },
    close() {
      cancelAnimationFrame(asked);
      sizes.disconnect();
      geometry.dispose();
      material.dispose();
      texture.dispose();
      renderer.dispose();
      canvas.remove();
    },
  };
}

/** Light from all around, and a sun from above on the right. */
function lights(): readonly [AmbientLight, DirectionalLight] {
  const sun = new DirectionalLight(0xffffff, 2);
  sun.position.set(2, 3, 4);
  return [new AmbientLight(0xffffff, 1.4), sun];
}

/** Turning and zooming by the pointer, the wheel and keys; `hand.held` while it is dragged. Angles in radians. */
function listen(
  canvas: HTMLCanvasElement,
  hand: { held: boolean },
  turn: (dx: number, dy: number) => void,
  zoom: (factor: number) => void,
): void {
  canvas.addEventListener('wheel', (e) => {
    if (document.documentElement.scrollHeight > window.innerHeight + 1 && !e.ctrlKey) return; // the page's
    e.preventDefault();
    zoom(Math.exp(-e.deltaY / 600));
  });
  canvas.addEventListener('pointerdown', (e) => {
    canvas.setPointerCapture(e.pointerId);
    hand.held = true;
  });
  canvas.addEventListener('pointermove', (e) => {
    if (hand.held) turn(e.movementX / 150, e.movementY / 150);
  });
  canvas.addEventListener('pointerup', () => {
    hand.held = false;
  });
  canvas.addEventListener('keydown', (e) => {
    const turns: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-0.1, 0],
      ArrowRight: [0.1, 0],
      ArrowUp: [0, -0.1],
      ArrowDown: [0, 0.1],
    };
    const factor = { '+': 1.2, '=': 1.2, '-': 1 / 1.2 }[e.key];
    if (factor) zoom(factor);
    const by = turns[e.key];
    if (!by) return;
    e.preventDefault();
    turn(by[0], by[1]);
  });
}
