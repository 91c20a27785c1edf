import { createContext, useContext, useLayoutEffect } from 'react';

let forms = 0;
let atRisk = 0;

/** Whether something is typed that is not saved, or shown that is shown this once. */
export const hasUnsaved = (): boolean => forms > 0;

/** The same without what is on its way to the API: a form that leads elsewhere when it is saved is not asked about. */
export const wouldLose = (): boolean => atRisk > 0;

/** Before the page is left in any case. */
export function forgetUnsaved(): void {
  forms = 0;
  atRisk = 0;
}

/** Of the dialog around a form: how many things in it a slip of the hand would lose. */
export const HeldOpen = createContext<((change: (held: number) => number) => void) | null>(null);

/** Counts a form while something is typed in it that is not saved; and what is shown once, while it is shown. */
export function useUnsaved(isUnsaved: boolean, isBeingSent = false): void {
  const hold = useContext(HeldOpen);
  // Before anything else is pressed.
  useLayoutEffect(() => {
    if (!isUnsaved) return;
    forms += 1;
    hold?.(held => held + 1);
    return () => {
      forms -= 1;
      hold?.(held => held - 1);
    };
  }, [isUnsaved, hold]);
  useLayoutEffect(() => {
    if (!isUnsaved || isBeingSent) return;
    atRisk += 1;
    return () => {
      atRisk -= 1;
    };
  }, [isUnsaved, isBeingSent]);
}
