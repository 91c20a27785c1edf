import { AppShell, Burger, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { ConfirmDialog } from '../resource/confirm.tsx';
import { Brand } from './Brand.tsx';
import { Navigation } from './Navigation.tsx';
import { OrganizationSwitcher } from './OrganizationSwitcher.tsx';
import { PersonMenu } from './PersonMenu.tsx';
import style from './shell.module.css';

/** The frame around every page of somebody who is signed in. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { organization } = useParams({ strict: false });
  const path = useRouterState({ select: state => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new page closes the menu.
  useEffect(close, [path]);

  return (
    <AppShell
      header={{ height: { base: 56, sm: 0 } }}
      navbar={{ width: 256, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={0}
    >
      <a className={style.skip} href="#main">
        Skip to the page
      </a>
      <AppShell.Header hiddenFrom="sm" className={style.header}>
        <Group h="100%" px="md" justify="space-between">
          <Brand />
          <Burger opened={isOpen} onClick={toggle} aria-label={isOpen ? 'Close the menu' : 'Open the menu'} size="sm" />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={style.navbar} aria-label="Pagekeeper">
        <AppShell.Section visibleFrom="sm" px={10} pt={6} pb="md">
          <Brand />
        </AppShell.Section>
        <AppShell.Section pb="sm">
          <OrganizationSwitcher />
        </AppShell.Section>
        <AppShell.Section grow className={style.links}>
          <Navigation organization={organization} />
        </AppShell.Section>
        <AppShell.Section pt="sm">
          <PersonMenu />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1} className={style.main}>
        <div className={style.page}>
          <Outlet />
        </div>
      </AppShell.Main>
      <ConfirmDialog />
    </AppShell>
  );
}
