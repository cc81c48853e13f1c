// The picture on a body, by three.js: a chunk of its own, fetched when somebody looks.
import {
  DirectionalLight,
  DoubleSide,
  FrontSide,
  Mesh,
  MeshStandardMaterial,
  NeutralToneMapping,
  PerspectiveCamera,
  PMREMGenerator,
  RepeatWrapping,
  Scene,
  SRGBColorSpace,
  Texture,
  WebGLRenderer,
} from 'three';
import { RoomEnvironment } from 'three/examples/jsm/environments/RoomEnvironment.js';
import { type Body, SHAPES, type Shape } from './bodies';
import { listen } from './scene_input';
import type { Tile } from './settings';
import { type Sun, turned } from './sun';
import type { SurfaceMaps } from './surface';

export interface SceneOptions {
  /** Whether it turns by itself where a GPU draws; not for people who asked for less motion. */
  readonly turning: boolean;
  /** Somebody moves the light. */
  onSun(change: (old: Sun) => Sun): void;
}

export interface OpenScene {
  body(name: Body): void;
  /** Takes the picture; `wear` shows it. */
  show(bitmap: ImageBitmap): void;
  /** All maps of a surface; null: the picture that was shown last. */
  wear(maps: SurfaceMaps | null): void;
  repeat(times: number, tile: Tile): void;
  light(sun: Sun): void;
  close(): void;
}

/** Samples along a surface that is seen at an angle, at most: five maps take each of them. */
const SHARP = 4;

/** Whether a processor draws, which takes seconds for what a GPU does in a frame. */
function isSoftware(gl: WebGLRenderingContext | WebGL2RenderingContext): boolean {
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const name = gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  return /swiftshader|llvmpipe|software|basic render/i.test(String(name));
}

function place(light: DirectionalLight, { azimuth, height }: Sun): void {
  const [a, h] = [(azimuth * Math.PI) / 180, (height * Math.PI) / 180];
  light.position.set(5 * Math.cos(a) * Math.cos(h), 5 * Math.sin(a) * Math.cos(h), 5 * Math.sin(h));
}

/** Draws at the size of an element. */
function fill({ clientWidth, clientHeight }: HTMLElement, renderer: WebGLRenderer, camera: PerspectiveCamera): void {
  const [w, h] = [Math.max(1, clientWidth), Math.max(1, clientHeight)];
  renderer.setSize(w, h, false);
  camera.aspect = w / h;
  camera.zoom = Math.min(1, (1.05 * w) / h); // all of the body, on a phone too
  camera.updateProjectionMatrix();
}

/** @throws Error where there is no WebGL. */
export function openScene(parent: HTMLElement, options: SceneOptions): OpenScene {
  const renderer = new WebGLRenderer({ antialias: true, alpha: true });
  const software = isSoftware(renderer.getContext());
  const { onSun } = options;
  const turning = options.turning && !software;
  renderer.toneMapping = NeutralToneMapping;
  const camera = new PerspectiveCamera(40, 1, 0.1, 50);
  const scene = new Scene();
  const rooms = new PMREMGenerator(renderer);
  const room = rooms.fromScene(new RoomEnvironment(), 0.04, 0.1, 100, { size: 64 });
  scene.environment = room.texture;
  scene.environmentIntensity = 0.5;
  const sun = new DirectionalLight(0xffffff, 2.2);
  const skin = new Skin(software ? 1 : Math.min(SHARP, renderer.capabilities.getMaxAnisotropy()));
  const mesh = new Mesh(undefined, skin.material);
  let lies = false;
  scene.add(sun, mesh);

  const canvas = renderer.domElement;
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  parent.append(canvas);
  let asked = 0;
  let held = false;
  const turnBy = (angle: number): void => {
    if (lies) mesh.rotation.z += angle;
    else mesh.rotation.y += angle;
  };
  const draw = (): void => {
    asked = 0;
    if (turning && !held) turnBy(lies ? 0.001 : 0.003);
    renderer.render(scene, camera);
    if (turning) ask();
  };
  const ask = (): void => {
    asked ||= requestAnimationFrame(draw);
  };
  listen(canvas, {
    turn: (dx, dy) => {
      turnBy(dx);
      mesh.rotation.x = Math.min(1.4, Math.max(-1.5, mesh.rotation.x + dy));
      ask();
    },
    shine: (dx, dy) => onSun((old) => turned(old, dx, dy)),
    zoom: (factor) => {
      camera.position.z = Math.min(12, Math.max(1.6, camera.position.z / factor));
      ask();
    },
    hold: (on) => {
      held = on;
    },
  });
  const sizes = new ResizeObserver(() => {
    renderer.setPixelRatio(software ? 0.5 : Math.min(2, window.devicePixelRatio));
    fill(parent, renderer, camera);
    ask();
  });
  sizes.observe(parent);
  return {
    body(name) {
      const { make, tilt, turn, eye } = SHAPES[name];
      mesh.geometry.dispose();
      mesh.geometry = make();
      mesh.rotation.set(tilt, turn, 0);
      camera.position.z = eye;
      lies = name === 'plane';
      skin.fit(name);
      const help = 'Arrows turn it, with Shift they move the light, plus and minus zoom.';
      canvas.setAttribute('aria-label', `The picture on a ${name}. ${help}`);
      ask();
    },
    show: (bitmap) => skin.show(bitmap),
    wear(maps) {
      skin.wear(maps);
      ask();
    },
    repeat(times, tile) {
      skin.repeat(times, tile);
      ask();
    },
    light(at) {
      place(sun, at);
      ask();
    },
    close() {
      cancelAnimationFrame(asked);
      sizes.disconnect();
      mesh.geometry.dispose();
      skin.close();
      room.dispose();
      rooms.dispose();
      renderer.dispose();
      canvas.remove();
    },
  };
}

/** What covers the body: the picture while it grows, the maps of a surface once there are some. */
class Skin {
  readonly material = new MeshStandardMaterial();
  #textures: Texture[] = [];
  #picture: HTMLCanvasElement | null = null;
  #shape: Shape = SHAPES.plane;
  #times = 1;
  #tile: Tile = 'both';
  #relief = 0;

  constructor(private readonly anisotropy: number) {}

  fit(body: Body): void {
    this.#shape = SHAPES[body];
    this.material.side = this.#shape.open ? DoubleSide : FrontSide;
    this.material.needsUpdate = true;
    this.#lay();
  }

  show(bitmap: ImageBitmap): void {
    // A copy: the page closes bitmaps when the next one comes, and three.js uploads when it next draws.
    this.#picture = canvasOf(bitmap.width, bitmap.height, (pen) => pen.drawImage(bitmap, 0, 0));
  }

  wear(maps: SurfaceMaps | null): void {
    for (const texture of this.#textures) texture.dispose();
    this.#textures = [];
    this.#relief = maps?.relief ?? 0;
    const { material } = this;
    const map = (rgba: Uint8ClampedArray<ArrayBuffer> | undefined): Texture | null =>
      maps && rgba
        ? this.#texture(
            canvasOf(maps.width, maps.height, (pen) =>
              pen.putImageData(new ImageData(rgba, maps.width, maps.height), 0, 0),
            ),
          )
        : null;
    material.map = maps ? map(maps.maps.color) : this.#picture && this.#texture(this.#picture);
    if (material.map) material.map.colorSpace = SRGBColorSpace;
    material.normalMap = map(maps?.maps.normal);
    // Occlusion, roughness, metalness in red, green, blue, as glTF has them.
    const orm = map(maps?.maps.orm);
    material.aoMap = orm;
    material.roughnessMap = orm;
    material.metalnessMap = orm;
    material.roughness = orm ? 1 : 0.85;
    material.metalness = orm ? 1 : 0;
    material.displacementMap = map(maps?.maps.height);
    material.needsUpdate = true;
    this.#lay();
  }

  repeat(times: number, tile: Tile): void {
    this.#times = times;
    this.#tile = tile;
    this.#lay();
  }

  #lay(): void {
    const { material } = this;
    const [times, tile, { round, across, edged }] = [this.#times, this.#tile, this.#shape];
    const along = tile === 'y' || tile === 'none' ? 1 : round * times;
    for (const texture of this.#textures) {
      const { width, height } = texture.image as HTMLCanvasElement;
      texture.repeat.set(along, tile === 'x' || tile === 'none' ? 1 : (times * width) / height);
    }
    material.displacementScale = (this.#relief * across) / along;
    material.displacementBias = -material.displacementScale * (edged ? 1 : 0.5);
  }

  close(): void {
    this.wear(null);
    for (const texture of this.#textures) texture.dispose();
    this.material.dispose();
  }

  #texture(image: HTMLCanvasElement): Texture {
    const texture = new Texture(image);
    texture.wrapS = RepeatWrapping;
    texture.wrapT = RepeatWrapping;
    texture.anisotropy = this.anisotropy;
    texture.needsUpdate = true;
    this.#textures.push(texture);
    return texture;
  }
}

function canvasOf(width: number, height: number, draw: (pen: CanvasRenderingContext2D) => void): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d');
  if (pen) draw(pen);
  return canvas;
}
