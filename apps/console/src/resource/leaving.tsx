import { useBlocker } from '@tanstack/react-router';
import { confirm } from './confirm.tsx';
import { wouldLose } from './unsaved.ts';

/** Asks where something would be lost. @returns whether to go on */
export async function mayLeave(): Promise<boolean> {
  if (!wouldLose()) return true;
  return await confirm({
    title: 'Leave without saving?',
    detail: 'What you typed here is not saved, and what is shown once is not shown again.',
    yes: 'Leave',
    no: 'Stay',
    isGrave: true,
  });
}

/** Asks before what is typed is lost with its page. Another tab or filter of the same page takes nothing away. */
export function AskBeforeLeaving(): null {
  useBlocker({
    shouldBlockFn: async ({ current, next }) => current.pathname !== next.pathname && !(await mayLeave()),
    enableBeforeUnload: wouldLose,
  });
  return null;
}
