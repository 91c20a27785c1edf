import { Skeleton } from '@mantine/core';
import type { Business } from '@pagekeeper/client';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, ask, askTagged } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { opened, refresh } from '../query-client.ts';
import { tell } from '../resource/act.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import type { Field } from '../resource/FormField.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { ProblemNotice } from '../shell/Problem.tsx';

const fields: Field[] = [
  { name: 'name', label: 'Name', required: true, maxLength: 200 },
  { name: 'slug', label: 'Short name', description: 'In addresses. Left empty, it is made of the name.' },
  { name: 'description', label: 'Description', kind: 'textarea', maxLength: 2_000 },
];

/** Makes a business, or changes the one that is given. */
export function BusinessDialog({ business, close }: { business?: Business; close(): void }) {
  return (
    <FormDialog title={business ? 'Change the business' : 'New business'} isOpen close={close}>
      {business ? <ChangeForm id={business.id} close={close} /> : <NewForm close={close} />}
    </FormDialog>
  );
}

function NewForm({ close }: { close(): void }) {
  const organization = useSlug();
  const navigate = useNavigate();
  return (
    <ResourceForm
      fields={fields}
      submitLabel="Make it"
      cancel={close}
      submit={async (values, once) => {
        const slug = textIn(values, 'slug');
        const body = {
          name: textIn(values, 'name'),
          description: textIn(values, 'description'),
          ...(slug && { slug }),
        };
        const path = '/v1/organizations/{organization}/businesses';
        const { id } = await ask(api.POST(path, { params: { path: { organization }, header: once }, body }));
        await refresh();
        tell('The business is there. Connect its pages next.');
        close();
        await navigate({
          to: '/organizations/$organization/businesses/$business',
          params: { organization, business: id },
        });
      }}
    />
  );
}

function ChangeForm({ id, close }: { id: string; close(): void }) {
  const organization = useSlug();
  const at = { path: { organization, business: id } };
  const path = '/v1/organizations/{organization}/businesses/{business}';
  // Read anew each time it is opened, and not meanwhile: what is changed is what is seen (If-Match).
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    queryKey: [opened, organization, 'businesses', id],
    queryFn: () => askTagged(api.GET(path, { params: at })),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error && !data) return <ProblemNotice error={error} />;
  if (!data) return <Skeleton height={220} />;
  const { name, slug, description } = data.data;
  return (
    <ResourceForm
      key={dataUpdatedAt}
      fields={fields.map(field => ({ ...field, required: field.name !== 'description' }))}
      initial={{ name, slug, description }}
      submitLabel="Save"
      cancel={close}
      reload={() => void refetch()}
      submit={async values => {
        const body = {
          name: textIn(values, 'name'),
          slug: textIn(values, 'slug'),
          description: textIn(values, 'description'),
        };
        const header = { 'If-Match': data.etag ?? undefined } as { 'If-Match'?: string };
        await ask(api.PATCH(path, { params: { ...at, header }, body }));
        await refresh();
        tell('Saved.');
        close();
      }}
    />
  );
}
