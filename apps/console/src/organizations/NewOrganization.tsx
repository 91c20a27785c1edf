import { Paper } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { api, ask } from '../api.ts';
import { refresh } from '../query-client.ts';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';
import { PageHead } from '../shell/PageHead.tsx';

export function NewOrganization() {
  const navigate = useNavigate();
  return (
    <>
      <PageHead
        title="New organization"
        lead="An organization is your company or team: its people, businesses and pages are kept apart from everybody else's."
      />
      <Paper withBorder radius="lg" p="lg" maw={520}>
        <ResourceForm
          fields={[{ name: 'name', label: 'Name', required: true, maxLength: 200, autoComplete: 'organization' }]}
          submitLabel="Make it"
          submit={async (values, once) => {
            const body = { name: textIn(values, 'name') };
            const { slug } = await ask(api.POST('/v1/organizations', { params: { header: once }, body }));
            await refresh();
            await navigate({ to: '/organizations/$organization', params: { organization: slug } });
          }}
        />
      </Paper>
    </>
  );
}
