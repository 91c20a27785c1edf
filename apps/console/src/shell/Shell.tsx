import { Burger, Group } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useMe } from '../account/me.ts';
import { organizationFor } from '../organizations/organization.ts';
import { ConfirmDialog } from '../resource/confirm.tsx';
import { AskBeforeLeaving } from '../resource/leaving.tsx';
import { Brand } from './Brand.tsx';
import { InsideShell } from './inside-shell.ts';
import { Navigation } from './Navigation.tsx';
import { useNewRelease } from './new-release.ts';
import { OrganizationSwitcher } from './OrganizationSwitcher.tsx';
import { PersonMenu } from './PersonMenu.tsx';
import style from './shell.module.css';

/** The frame around every page of somebody who is signed in. */
export function Shell() {
  const [isOpen, setOpen] = useState(false);
  const me = useMe();
  useNewRelease();
  // Beside the organizations' own pages, the way back to the last one stays.
  const { organization = organizationFor(me) } = useParams({ strict: false });
  const path = useRouterState({ select: state => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new page closes the menu.
  useEffect(() => setOpen(false), [path]);

  return (
    <div className={style.shell}>
      <a className={style.skip} href="#main">
        Skip to the page
      </a>
      <header className={style.header}>
        <Brand />
        <Burger
          opened={isOpen}
          onClick={() => setOpen(!isOpen)}
          aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
          aria-expanded={isOpen}
          aria-controls="menu"
          size="sm"
        />
      </header>
      <aside id="menu" className={style.navbar} data-open={isOpen || undefined} aria-label="Menu">
        <Group visibleFrom="sm" px={10} pt={6} pb="md">
          <Brand />
        </Group>
        <OrganizationSwitcher organization={organization} />
        <div className={style.links}>
          <Navigation organization={organization} />
        </div>
        <PersonMenu />
      </aside>
      <main id="main" tabIndex={-1} className={style.main}>
        <div className={style.page}>
          <InsideShell value={true}>
            <Outlet />
          </InsideShell>
        </div>
      </main>
      <ConfirmDialog />
      <AskBeforeLeaving />
      <Notifications position="bottom-right" />
    </div>
  );
}
