import { Button, type ButtonProps } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { tellRefusal } from '../resource/act.tsx';
import { goToFacebook } from './begin.ts';

interface FacebookButtonProps extends ButtonProps {
  begin: Parameters<typeof goToFacebook>[0];
  children: ReactNode;
}

/** Leaves for Facebook's login dialog. */
export function FacebookButton({ begin, children, ...look }: FacebookButtonProps) {
  const [busy, setBusy] = useState(false);
  async function go(): Promise<void> {
    setBusy(true);
    try {
      await goToFacebook(begin);
      // Who is asked about a draft may stay, and who comes back finds the page as it was.
      setTimeout(() => setBusy(false), 5_000);
    } catch (error) {
      setBusy(false);
      tellRefusal(error);
    }
  }
  return (
    <Button loading={busy} onClick={() => void go()} {...look}>
      {children}
    </Button>
  );
}
