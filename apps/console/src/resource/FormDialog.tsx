import { lazy, Suspense } from 'react';
import type { DialogProps } from './Dialog.tsx';

const load = () => import('./Dialog.tsx');
const Dialog = lazy(load);

/** Ahead of the first dialog: what asks whether to leave must not be what cannot be loaded. */
export const loadDialog = (): void => void load().catch(() => {});

/** A form, or a question, over the page that it belongs to. */
export function FormDialog({ isOpen, ...dialog }: DialogProps & { isOpen: boolean }) {
  if (!isOpen) return null;
  return (
    <Suspense fallback={null}>
      <Dialog {...dialog} />
    </Suspense>
  );
}
