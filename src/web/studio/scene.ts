// The picture on a plane or a sphere, by three.js: a chunk of its own, fetched when somebody looks.
import {
  AmbientLight,
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

export interface SceneOptions {
  readonly body: 'plane' | 'sphere';
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
  // Around a sphere it is twice as far as from pole to pole.
  const along = body === 'sphere' ? 2 * repeat : repeat;
  texture.repeat.set(tile === 'y' || tile === 'none' ? 1 : along, tile === 'x' || tile === 'none' ? 1 : repeat);
  texture.anisotropy = renderer.capabilities.getMaxAnisotropy();
  const geometry = body === 'sphere' ? new SphereGeometry(1.25, 96, 48) : new PlaneGeometry(4, 4);
  const material = new MeshStandardMaterial({ map: texture, roughness: 0.85 });
  const mesh = new Mesh(geometry, material);
  if (body === 'plane') mesh.rotation.x = -0.9;
  scene.add(mesh);
  camera.position.set(0, 0, 4.2);

  const canvas = renderer.domElement;
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `The picture on a ${body}. Arrows turn it.`);
  parent.append(canvas);
  let asked = 0;
  const hand = { held: false };
  const draw = (): void => {
    asked = 0;
    if (turning && !hand.held) {
      if (body === 'sphere') mesh.rotation.y += 0.004;
      else mesh.rotation.z += 0.001;
    }
    renderer.render(scene, camera);
    if (turning) ask();
  };
  const ask = (): void => {
    asked ||= requestAnimationFrame(draw);
  };
  const turn = (dx: number, dy: number): void => {
    if (body === 'sphere') mesh.rotation.y += dx;
    else mesh.rotation.z += dx;
    mesh.rotation.x = Math.min(1.4, Math.max(-1.5, mesh.rotation.x + dy));
    ask();
  };
  listen(canvas, hand, turn);
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

/** Turning by the pointer and by arrows; `hand.held` while it is dragged. Angles in radians. */
function listen(canvas: HTMLCanvasElement, hand: { held: boolean }, turn: (dx: number, dy: number) => void): void {
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
    const by = turns[e.key];
    if (!by) return;
    e.preventDefault();
    turn(by[0], by[1]);
  });
}
