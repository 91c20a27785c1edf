import type { Integration } from '@pagekeeper/client';
import { api, askTagged } from '../api.ts';
import { useSlug } from '../organizations/organization.ts';
import { refresh } from '../query-client.ts';
import { tell } from '../resource/act.tsx';
import { FormDialog } from '../resource/FormDialog.tsx';
import { ResourceForm, textIn } from '../resource/ResourceForm.tsx';

const path = '/v1/organizations/{organization}/integrations/{integration}';

/** What the page is called here. Its name at Facebook stays. */
export function RenameDialog({ integration, close }: { integration: Integration; close(): void }) {
  const organization = useSlug();
  const { id, name } = integration;
  return (
    <FormDialog title="Rename the page" isOpen close={close}>
      <ResourceForm
        fields={[
          {
            name: 'name',
            label: 'Name',
            description: 'In this console, in mails and in the API. Its name on Facebook stays.',
            required: true,
            maxLength: 200,
          },
        ]}
        initial={{ name }}
        submitLabel="Save"
        cancel={close}
        submit={async values => {
          const params = { path: { organization, integration: id } };
          await askTagged(api.PATCH(path, { params, body: { name: textIn(values, 'name') } }));
          await refresh();
          tell('Saved.');
          close();
        }}
      />
    </FormDialog>
  );
}
