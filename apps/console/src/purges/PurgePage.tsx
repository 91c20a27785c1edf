import { Group, Loader, Paper, Stack, Text } from '@mantine/core';
import type { components } from '@pagekeeper/client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ButtonLink } from '../shell/AppLink.tsx';
import { formatDuration, plural } from '../shell/format.ts';
import { Icon } from '../shell/Icon.tsx';
import { Notice } from '../shell/Notice.tsx';
import { PageHead } from '../shell/PageHead.tsx';
import style from './purge.module.css';
import { purgeQuery } from './purge.ts';

type Purge = components['schemas']['Purge'];

/** How an organization goes away. It does so by itself: nobody has to wait here. */
export function PurgePage() {
  const { purge: id } = useParams({ from: '/in/purges/$purge' });
  const { data: purge } = useSuspenseQuery(purgeQuery(id));
  const isFinished = purge.state === 'finished';
  return (
    <>
      <PageHead
        title={isFinished ? 'Everything is erased' : 'Being erased'}
        lead={isFinished ? 'Nothing of it is left but this page.' : 'You may leave this page: it goes on by itself.'}
      />
      <Stack gap="lg" maw={680}>
        <Paper withBorder radius="lg" p="lg">
          <ol className={style.steps} aria-label="What happens">
            {stepsOf(purge).map(({ title, detail, state }) => (
              <li key={title} aria-current={state === 'now' ? 'step' : undefined}>
                <span className={style.mark} data-state={state}>
                  {state === 'done' ? <Icon name="check" size={16} /> : state === 'now' ? <Loader size={18} /> : null}
                </span>
                <div>
                  <Text fw={600}>{title}</Text>
                  <Text size="sm" c="dimmed">
                    {detail}
                  </Text>
                </div>
              </li>
            ))}
          </ol>
        </Paper>
        <div role="status">
          {isFinished && (
            <Notice tone="good" title={`Done in ${formatDuration(purge.asked_at, purge.finished_at ?? undefined)}`}>
              Your own account stays as it is.
            </Notice>
          )}
        </div>
        {isFinished && (
          <Group>
            <ButtonLink to="/organizations">Your organizations</ButtonLink>
          </Group>
        )}
      </Stack>
    </>
  );
}

interface Step {
  title: string;
  detail: string;
  state: 'done' | 'now' | 'next';
}

const order: readonly Purge['state'][] = ['unsubscribing', 'erasing', 'finished'];

function stepsOf({ state, pages_left, rows_erased }: Purge): Step[] {
  const at = order.indexOf(state);
  const stateOf = (index: number): Step['state'] => (index < at ? 'done' : index === at ? 'now' : 'next');
  return [
    { title: 'Closed', detail: 'Nobody can come in any more.', state: 'done' },
    {
      title: 'Off its pages',
      detail:
        pages_left > 0 ? `Our app is being taken off ${plural(pages_left, 'page')}.` : 'Our app is on none of them.',
      state: stateOf(0),
    },
    {
      title: 'Erased',
      detail: `${plural(rows_erased, 'row')} erased${state === 'finished' ? '' : ' so far'}.`,
      state: stateOf(1),
    },
    {
      title: 'Keys destroyed',
      detail: 'Whatever a backup still holds of it cannot be read.',
      state: state === 'finished' ? 'done' : 'next',
    },
  ];
}
