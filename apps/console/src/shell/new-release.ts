import { useEffect } from 'react';
import { tell } from '../resource/act.tsx';
import { hasUnsaved } from '../resource/unsaved.ts';

/** A release may be rolled out for minutes, and answer with files of both until then. */
const pauseMs = 10_000;
const key = 'pagekeeper.reloaded';

/** A file that a page needs later may be gone with its release: then the page is loaded anew, and drafts are spared. */
export function useNewRelease(): void {
  useEffect(() => {
    const look = () => void reloadIfNew();
    addEventListener('vite:preloadError', look);
    return () => removeEventListener('vite:preloadError', look);
  }, []);
}

async function reloadIfNew(): Promise<void> {
  if (!(await isThereAnother())) return;
  if (hasUnsaved()) {
    tell('There is a new release of this console. Save what you typed, then load the page again.');
  } else if (Date.now() - Number(sessionStorage.getItem(key)) > pauseMs) {
    sessionStorage.setItem(key, String(Date.now()));
    location.reload();
  }
}

/** Without a network, or with an api that is down, a reload would take away the page that is there. */
async function isThereAnother(): Promise<boolean> {
  const own = document.querySelector('script[type="module"]')?.getAttribute('src');
  try {
    const answer = await fetch('/', { headers: { Accept: 'text/html' } });
    return answer.ok && Boolean(own) && !(await answer.text()).includes(own!);
  } catch {
    return false;
  }
}
