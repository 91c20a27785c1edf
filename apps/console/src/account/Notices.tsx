import { Stack, Switch } from '@mantine/core';
import { api, ask } from '../api.ts';
import { act } from '../resource/act.tsx';
import { type Me, useMe } from './me.ts';
import { Part } from './Part.tsx';

const notices: { name: keyof Me['notices']; label: string; description: string }[] = [
  {
    name: 'token_dead',
    label: 'A page stops working',
    description: 'Its login ended, or Facebook took something away.',
  },
  { name: 'token_expiring', label: 'A login expires soon', description: 'Days ahead, so that nothing stops.' },
  { name: 'page_moved', label: 'A page moves', description: 'Another organization took one over, or yours did.' },
  { name: 'staff_entered', label: 'Staff of Pagekeeper enter', description: 'To help; with the reason they gave.' },
];

export function Notices() {
  const me = useMe();
  const set = (name: keyof Me['notices'], value: boolean) =>
    act(() => ask(api.PATCH('/v1/me', { body: { notices: { [name]: value } } })), { done: 'Saved.' });
  return (
    <Part title="Mails" lead="What Pagekeeper writes to you about.">
      <Stack gap="md">
        {notices.map(({ name, label, description }) => (
          <Switch
            key={name}
            label={label}
            description={description}
            checked={me.notices[name]}
            onChange={event => void set(name, event.currentTarget.checked)}
          />
        ))}
      </Stack>
    </Part>
  );
}
