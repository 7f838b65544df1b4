import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** So near to the end counts as at the end. */
const NEAR_PX = 48;

interface PinnedEnd<Element extends HTMLElement> {
  readonly scroller: RefObject<Element | null>;
  /** The reader is at the end, and is kept there. */
  readonly isPinned: boolean;
  readonly toEnd: () => void;
}

/**
 * Keeps a scrolled list at its end while its reader is there, and leaves it alone while they read above.
 * @param content changes whenever the list may have become longer
 */
export function usePinnedEnd<Element extends HTMLElement>(content: unknown): PinnedEnd<Element> {
  const scroller = useRef<Element>(null);
  const pinned = useRef(true);
  const [isPinned, setPinned] = useState(true);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const scrolled = (): void => {
      pinned.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
      setPinned(pinned.current);
    };
    const resized = new ResizeObserver(() => {
      if (pinned.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener('scroll', scrolled, { passive: true });
    resized.observe(element);
    return () => {
      element.removeEventListener('scroll', scrolled);
      resized.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && pinned.current) element.scrollTop = element.scrollHeight;
  }, [content]);
  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    pinned.current = true;
    setPinned(true);
    element.scrollTop = element.scrollHeight;
  }, []);
  return { scroller, isPinned, toEnd };
}
