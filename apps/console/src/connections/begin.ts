import { api, ask } from '../api.ts';

interface Begin {
  organization: string;
  business: string;
  /** The integration that is to work again. */
  reconnect?: string;
  ask_again?: 'pages' | 'permissions';
}

/** Goes to Facebook's login dialog; it ends at /organizations/…?connection=…, which leads to ConnectionPage. */
export async function goToFacebook({ organization, business, ...body }: Begin): Promise<void> {
  const path = '/v1/organizations/{organization}/businesses/{business}/facebook/connections';
  const { authorize_url } = await ask(api.POST(path, { params: { path: { organization, business } }, body }));
  location.assign(authorize_url);
}
