import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

/** A form over the page that it belongs to. */
export function FormDialog({
  title,
  isOpen,
  close,
  children,
}: {
  title: string;
  isOpen: boolean;
  close(): void;
  children: ReactNode;
}) {
  return (
    <Modal opened={isOpen} onClose={close} title={title} size="md" closeButtonProps={{ 'aria-label': 'Close' }}>
      {children}
    </Modal>
  );
}
