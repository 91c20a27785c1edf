import { publicId, type Uuid } from '@pagekeeper/domain/ids';
import * as z from 'zod';

const organization = z
  .string()
  .describe('`org_…` or the slug.')
  .meta({ example: publicId('organization', example()) });
const business = z
  .string()
  .describe('`biz_…` or the slug.')
  .meta({ example: publicId('business', example()) });
const integration = z
  .string()
  .describe('`int_…`')
  .meta({ example: publicId('integration', example()) });
const key = z
  .string()
  .describe('`key_…`')
  .meta({ example: publicId('api_key', example()) });

const event = z
  .string()
  .describe('`evt_…`')
  .meta({ example: publicId('event', example()) });
const reply = z
  .string()
  .describe('`rep_…`')
  .meta({ example: publicId('reply', example()) });
const connection = z
  .string()
  .describe('`fbc_…`')
  .meta({ example: publicId('connection', example()) });
const member = z
  .string()
  .describe('`mem_…`')
  .meta({ example: publicId('member', example()) });
const invitation = z
  .string()
  .describe('`inv_…`')
  .meta({ example: publicId('invitation', example()) });
const purge = z
  .string()
  .describe('`pur_…`')
  .meta({ example: publicId('purge', example()) });
const job = z.string().describe("The queue's id of it.").meta({ example: '1024' });

export const noParams = z.object({});
export const organizationParams = z.object({ organization });
export const businessParams = z.object({ organization, business });
export const memberParams = z.object({ organization, member });
export const invitationParams = z.object({ organization, invitation });
export const connectionParams = z.object({ organization, connection });
export const apiKeyParams = z.object({ organization, key });
export const integrationParams = z.object({ organization, integration });
export const eventParams = z.object({ organization, event });
export const replyParams = z.object({ organization, reply });
export const purgeParams = z.object({ purge });
export const jobParams = z.object({ job });

function example(): Uuid {
  return '01890a5d-ac96-774b-bcce-b302099a8057' as Uuid;
}

/** The shape of a list of these. */
export const listOf = (shape: z.ZodType) =>
  z.object({ data: z.array(shape), has_more: z.boolean(), next_cursor: z.string().nullable() });
