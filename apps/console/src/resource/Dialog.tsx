import { Modal } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

export interface DialogProps {
  title: ReactNode;
  close(): void;
  children: ReactNode;
}

/** What stands over a page. Loaded when it is wanted for the first time: see FormDialog. */
export default function Dialog({ title, close, children }: DialogProps) {
  useEffect(giveFocusBack, []);
  return (
    <Modal opened onClose={close} title={title} size="md" centered closeButtonProps={{ 'aria-label': 'Close' }}>
      {children}
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
