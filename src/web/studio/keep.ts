// What is kept in the browser: pictures that were made, and those of a tab over a reload. A browser that keeps nothing
// (private windows of some) loses them, and all else works.
import { fillRecipe, type RecipeText } from '../../recipes/recipe';
import type { Given } from './given';
import type { Result } from './protocol';
import type { Settings } from './settings';

/** A finished picture with what it was made from. */
export interface Kept extends Result {
  /** A small PNG of it. */
  readonly thumb: Blob;
  readonly settings: Settings;
  readonly own: RecipeText | null;
  readonly inputs: Readonly<Record<string, Given>>;
}

/** Pictures kept at most; the oldest go. */
const MOST = 24;
const TABS = 6;

let opened: Promise<IDBDatabase | null> | undefined;

function database(): Promise<IDBDatabase | null> {
  opened ??= new Promise((resolve) => {
    try {
      const asked = indexedDB.open('toroid-studio', 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore('results', { keyPath: 'id' });
        asked.result.createObjectStore('tabs', { keyPath: 'id' });
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opened;
}

/** Undefined where nothing is kept. */
async function within<T>(
  store: 'results' | 'tabs',
  mode: IDBTransactionMode,
  work: (s: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  const db = await database();
  if (!db) return undefined;
  return new Promise((resolve) => {
    try {
      const transaction = db.transaction(store, mode);
      const asked = work(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => resolve(undefined); // no room
    } catch {
      resolve(undefined);
    }
  });
}

/** The latest first. */
export async function keptResults(): Promise<Kept[]> {
  const all = (await within('results', 'readonly', (s) => s.getAll() as IDBRequest<Kept[]>)) ?? [];
  return all.reverse();
}

export async function keepResult(kept: Kept): Promise<void> {
  await within('results', 'readwrite', (s) => s.put(kept));
  const ids = (await within('results', 'readonly', (s) => s.getAllKeys())) ?? [];
  for (const id of ids.slice(0, -MOST)) await forgetResult(Number(id));
}

export async function forgetResult(id: number): Promise<void> {
  await within('results', 'readwrite', (s) => s.delete(id));
}

/** This tab's name, which lasts as long as the tab. */
function tab(): string | null {
  try {
    const known = sessionStorage.getItem('toroid-tab') ?? `${Date.now()}-${Math.random()}`;
    sessionStorage.setItem('toroid-tab', known);
    return known;
  } catch {
    return null;
  }
}

export async function inputsOfTab(): Promise<Readonly<Record<string, Given>> | undefined> {
  const id = tab();
  if (id === null) return undefined;
  const found = await within('tabs', 'readonly', (s) => s.get(id));
  return (found as { inputs: Readonly<Record<string, Given>> } | undefined)?.inputs;
}

export async function keepInputsOfTab(inputs: Readonly<Record<string, Given>>): Promise<void> {
  const id = tab();
  if (id === null) return;
  await within('tabs', 'readwrite', (s) => s.put({ id, inputs }));
  const ids = (await within('tabs', 'readonly', (s) => s.getAllKeys())) ?? [];
  for (const old of ids.slice(0, -TABS)) if (old !== id) await within('tabs', 'readwrite', (s) => s.delete(old));
}

/** A recipe that came in a file, over a reload; an address that is opened anew means what it says. */
export function ownOfTab(): RecipeText | null {
  try {
    const [how] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const text = how?.type === 'navigate' ? null : sessionStorage.getItem('toroid-recipe');
    return text === null ? null : (fillRecipe(JSON.parse(text)) as RecipeText);
  } catch {
    return null;
  }
}

export function keepOwnOfTab(own: RecipeText | null): void {
  try {
    if (own) sessionStorage.setItem('toroid-recipe', JSON.stringify(own));
    else sessionStorage.removeItem('toroid-recipe');
  } catch {
    // nothing is kept
  }
}

/** Longer side of a thumbnail, pixels. */
const THUMB = 128;

export async function thumbOf(picture: Blob | ImageBitmap): Promise<Blob> {
  const bitmap = picture instanceof Blob ? await createImageBitmap(picture) : picture;
  const factor = Math.min(1, THUMB / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.ceil(bitmap.width * factor), Math.ceil(bitmap.height * factor));
  const pen = canvas.getContext('2d');
  if (pen) pen.imageSmoothingQuality = 'high';
  pen?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  if (picture instanceof Blob) bitmap.close();
  return canvas.convertToBlob();
}
