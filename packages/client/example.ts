// Lists every page that is not healthy, with what to do about it.
//   PAGEKEEPER_API_KEY=pgk_live_… node --conditions=source --import tsx packages/client/example.ts
import { createPagekeeper, everyRow } from '@pagekeeper/client';

const { PAGEKEEPER_URL: baseUrl = 'http://localhost:4000', PAGEKEEPER_API_KEY: apiKey = '' } = process.env;
const pagekeeper = createPagekeeper({ baseUrl, apiKey });

const { data: organizations, error } = await pagekeeper.GET('/v1/organizations');
if (error) throw new Error(error.detail);

for (const { id: organization, name } of organizations.data) {
  const integrations = everyRow(cursor =>
    pagekeeper.GET('/v1/organizations/{organization}/integrations', {
      params: { path: { organization }, query: { limit: 100, ...(cursor && { cursor }) } },
    }),
  );
  for await (const { facebook_page: page } of integrations) {
    if (!page || page.status === 'healthy') continue;
    process.stdout.write(`${name}: ${page.page_name} is ${page.status}. ${page.status_reason?.fix ?? ''}\n`);
  }
}
