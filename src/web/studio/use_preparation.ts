import { useEffect, useRef, useState } from 'preact/hooks';
import type { Crop, Given, Preparation } from './given';
import type { Pair } from './pose';
import { turnedCrop, turnedSize, whole } from './prepare';
import { fittedTurned, turnedCorners } from './straighten';
import { type Undoing, useUndo } from './use_undo';

interface Preparing {
  /** What it was before it was prepared the last time. */
  readonly original: Given;
  /** Null until it is decoded. */
  readonly bitmap: ImageBitmap | null;
  readonly how: Preparation | null;
  /** Of the picture as it is turned. */
  readonly size: Pair;
  /** Why nothing can be done with it. */
  readonly fault: string;
  change(to: Partial<Preparation>): void;
  setCrop(to: Crop): void;
  setAngle(to: number): void;
  /** By a quarter. */
  turn(): void;
  asItWas(): void;
  readonly undoing: Undoing;
  /** What is changed from here on is undone apart from what was changed before: a drag is one step. */
  stepEnds(): void;
  done(): void;
}

const UNDOS = 200;

/** How a picture is prepared; one that was prepared already goes on from there. */
export function usePreparation(given: Given, onDone: (given: Given | null) => void): Preparing {
  const original = given.of?.given ?? given;
  const [bitmap, setBitmap] = useState<ImageBitmap | null>(null);
  const [how, setHow] = useState<Preparation | null>(null);
  const [fault, setFault] = useState('');
  useEffect(() => {
    createImageBitmap(original.file).then(
      (b) => {
        setBitmap(b);
        const size: Pair = [b.width, b.height];
        const before = given.of?.how ?? { turns: 0, crop: whole(size) };
        setHow({ ...before, crop: fittedTurned(before.crop, before.angle ?? 0, turnedSize(size, before.turns)) });
      },
      () => setFault(`This browser cannot show ${original.name}, so it cannot be prepared here.`),
    );
  }, []);
  useEffect(() => () => bitmap?.close(), [bitmap]);
  const turns = how?.turns ?? 0;
  const size: Pair = bitmap ? turnedSize([bitmap.width, bitmap.height], turns) : [1, 1];
  const crop = how?.crop ?? whole(size);
  // As it was drawn: a rectangle that is turned too far shrinks, and turned back it has its size again.
  const drawn = useRef<Crop | null>(null);
  const undoing = useUndo(
    () => how,
    (before) => {
      drawn.current = null;
      setHow(before);
    },
    UNDOS,
  );
  const within = useRef(false);
  const remember = (): void => {
    if (!within.current) undoing.remember();
    within.current = true;
  };
  const change = (to: Partial<Preparation>): void => {
    if (!how) return; // until it is decoded there is nothing to change
    remember();
    setHow((old) => old && { ...old, ...to });
  };
  const done = async (): Promise<void> => {
    if (!bitmap || !how) return onDone(null);
    const { prepared } = await import('./prepared_look');
    onDone(await prepared(original, bitmap, how));
  };
  return {
    ...{ original, bitmap, how, size, fault, change },
    setCrop: (to) => {
      drawn.current = null;
      change({ crop: fittedTurned(to, how?.angle ?? 0, size) });
    },
    setAngle: (to) => {
      if (how) drawn.current ??= crop;
      change({ angle: to, crop: fittedTurned(drawn.current ?? crop, to, size) });
    },
    turn: () => {
      drawn.current = null;
      const corners = how?.corners && turnedCorners(how.corners, size[1]);
      change({ turns: (turns + 1) % 4, crop: turnedCrop(crop, size[1]), corners });
    },
    asItWas: () => {
      if (!bitmap) return;
      drawn.current = null;
      remember();
      setHow({ turns: 0, crop: whole([bitmap.width, bitmap.height]) });
    },
    undoing,
    stepEnds: () => {
      within.current = false;
    },
    done: () => void done().catch((error: Error) => setFault(error.message)),
  };
}
