import { Modal } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { HeldOpen } from './unsaved.ts';

export interface DialogProps {
  title: ReactNode;
  close(): void;
  children: ReactNode;
}

/**
 * What stands over a page. Loaded when it is wanted for the first time: see FormDialog. A click beside it does not close
 * it, nor Esc while something would be lost.
 */
export default function Dialog({ title, close, children }: DialogProps) {
  const [held, setHeld] = useState(0);
  useEffect(giveFocusBack, []);
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size="md"
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={false}
      closeOnEscape={held === 0}
    >
      <HeldOpen value={setHeld}>{children}</HeldOpen>
    </Modal>
  );
}

/** To what had it before, or to the page where that is gone. */
function giveFocusBack(): () => void {
  const before = document.activeElement;
  return () =>
    void requestAnimationFrame(() => {
      const isThere = before instanceof HTMLElement && before.isConnected && before !== document.body;
      (isThere ? before : document.getElementById('main'))?.focus({ preventScroll: true });
    });
}
