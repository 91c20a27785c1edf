import { useEffect } from 'react';

let forms = 0;

/** Whether something was typed that would be lost with this page. */
export const hasUnsaved = (): boolean => forms > 0;

/** Counts a form while something is typed in it that is not saved. */
export function useUnsaved(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return;
    forms += 1;
    return () => {
      forms -= 1;
    };
  }, [isUnsaved]);
}
