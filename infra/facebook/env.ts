import { serviceVariables } from '@pagekeeper/domain/environment';
import { readEnvironment } from '@pagekeeper/runtime/environment';

const schema = serviceVariables.pick({
  FACEBOOK_APP_ID: true,
  FACEBOOK_APP_SECRET: true,
  FACEBOOK_VERIFY_TOKEN: true,
  FACEBOOK_GRAPH_URL: true,
  FACEBOOK_GRAPH_VERSION: true,
  PUBLIC_URL: true,
});

/** The variables of api and worker that say who we are at Facebook. */
export const readFacebookEnvironment = () => readEnvironment(schema, process.env);
