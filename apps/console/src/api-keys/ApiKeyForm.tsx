import { api, ask } from '../api.ts';
import { useOrganization, useSlug } from '../organizations/organization.ts';
import { refresh } from '../query-client.ts';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { type Role, roleOptions } from '../shell/roles.ts';

const scopes = [
  { value: 'read', label: 'Read', description: 'Businesses, pages, events and replies' },
  { value: 'write', label: 'Write', description: 'Make and change them, check and connect pages' },
  { value: 'events', label: 'Events', description: 'Work through events again' },
  { value: 'members', label: 'Members', description: 'Members, invitations, API keys and the audit log' },
] as const;

type Scope = (typeof scopes)[number]['value'];

export function ApiKeyForm({ made, cancel }: { made(secret: string): void; cancel(): void }) {
  const organization = useSlug();
  const { isOwner } = useOrganization();
  const options = isOwner ? roleOptions : roleOptions.filter(({ value }) => value !== 'OWNER');
  return (
    <ResourceForm
      fields={[
        { name: 'name', label: 'Name', required: true, maxLength: 200, description: 'What it is for.' },
        { name: 'role', label: 'Role', kind: 'select', options },
        { name: 'scopes', label: 'It may', kind: 'checks', options: scopes },
        {
          name: 'expires_at',
          label: 'Ends on',
          kind: 'date',
          description: 'Left empty, it lasts until it is revoked.',
        },
      ]}
      initial={{ role: 'MEMBER', scopes: ['read'] }}
      submitLabel="Make the key"
      cancel={cancel}
      submit={async (values, once) => {
        const day = textIn(values, 'expires_at');
        const body = {
          name: textIn(values, 'name'),
          role: textIn(values, 'role') as Role,
          scopes: values.scopes as Scope[],
          expires_at: day ? new Date(`${day}T00:00`).toISOString() : null,
        };
        const { secret } = await ask(
          api.POST('/v1/organizations/{organization}/api-keys', {
            params: { path: { organization }, header: once },
            body,
          }),
        );
        // First: it is shown this once, and what is read anew may be refused or late.
        made(secret);
        await refresh();
      }}
    />
  );
}
