// What turns a body, moves its light, and zooms. Angles in radians.

export interface Hands {
  turn(dx: number, dy: number): void;
  /** Moves the light. */
  shine(dx: number, dy: number): void;
  zoom(factor: number): void;
  /** Whether it is held: what is held does not turn by itself. */
  hold(held: boolean): void;
}

const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-0.1, 0],
  ArrowRight: [0.1, 0],
  ArrowUp: [0, -0.1],
  ArrowDown: [0, 0.1],
};

/** Dragging turns; with Shift or the second button it moves the light. Keys do the same, and the wheel zooms. */
export function listen(canvas: HTMLCanvasElement, { turn, shine, zoom, hold }: Hands): void {
  let drag: typeof turn | undefined;
  canvas.addEventListener('wheel', (e) => {
    if (document.documentElement.scrollHeight > window.innerHeight + 1 && !e.ctrlKey) return; // the page's
    e.preventDefault();
    zoom(Math.exp(-e.deltaY / 600));
  });
  canvas.addEventListener('contextmenu', (e) => e.preventDefault());
  canvas.addEventListener('pointerdown', (e) => {
    canvas.setPointerCapture(e.pointerId);
    drag = e.shiftKey || e.button === 2 ? shine : turn;
    hold(true);
  });
  canvas.addEventListener('pointermove', (e) => drag?.(e.movementX / 150, e.movementY / 150));
  const drop = (): void => {
    drag = undefined;
    hold(false);
  };
  canvas.addEventListener('pointerup', drop);
  canvas.addEventListener('pointercancel', drop);
  canvas.addEventListener('keydown', (e) => {
    const factor = { '+': 1.2, '=': 1.2, '-': 1 / 1.2 }[e.key];
    if (factor) zoom(factor);
    const by = KEYS[e.key];
    if (!by) return;
    e.preventDefault();
    (e.shiftKey ? shine : turn)(by[0], by[1]);
  });
}
