import { useRef, useState } from 'preact/hooks';

interface Dragging {
  /** A file is over the page. */
  readonly over: boolean;
  onDragEnter(e: DragEvent): void;
  onDragOver(e: DragEvent): void;
  onDragLeave(e: DragEvent): void;
  onDrop(e: DragEvent): void;
}

/** Files that are dropped anywhere on the page. */
export function useDragging(take: (files: readonly File[]) => Promise<void>, say: (text: string) => void): Dragging {
  const [over, setOver] = useState(false);
  // Entering a child comes before leaving its parent: over the page as long as more were entered than left.
  const entered = useRef(0);
  const end = (): void => {
    entered.current = 0;
    setOver(false);
  };
  return {
    over,
    onDragEnter: (e) => {
      entered.current++;
      if (e.dataTransfer?.types.includes('Files')) setOver(true);
    },
    onDragOver: (e) => e.preventDefault(),
    onDragLeave: () => {
      if (--entered.current <= 0) end();
    },
    onDrop: (e) => {
      end();
      if (e.defaultPrevented) return; // an input's own place took it
      e.preventDefault();
      const files = [...(e.dataTransfer?.files ?? [])];
      if (files.length > 0) return void take(files);
      say(
        'That was an address, not a picture: save the picture and drop the file, or copy the picture and paste it here',
      );
    },
  };
}
