import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@pagekeeper/domain/context';
import { parsePublicId, type Uuid } from '@pagekeeper/domain/ids';
import { addMember } from '@pagekeeper/domain/members/add-member';
import type { UserActor } from '@pagekeeper/domain/tenancy/actor';
import type { Role, Scope } from '@pagekeeper/domain/tenancy/tenant-tx';
import type { StartedProcess } from '../processes.ts';
import type { Persona } from './persona.ts';
import type { SimulatedPage, SimulatorControl } from './simulator-control.ts';

/** The network that a tenant lives in. */
export interface Home {
  readonly simulator: SimulatorControl;
  readonly worker: StartedProcess | null;
  persona(name: string): Persona;
  program(name: string, secret: string): Persona;
  contextOf(actor: UserActor): Context<UserActor>;
}

export interface ConnectedPage {
  integration: any;
  id: string;
  page: SimulatedPage;
}

/** A program, and what was answered when its key was made: id, secret, role, scopes. */
export type Program = Persona & { key: any };

/** An organization with its people and a business, made through the API. */
export class Tenant {
  readonly network: Home;
  readonly organization: { id: string; slug: string };
  readonly business: { id: string; slug: string };
  readonly owner: Persona;
  readonly admin: Persona;
  readonly member: Persona;

  constructor(
    network: Home,
    people: { owner: Persona; admin: Persona; member: Persona },
    organization: { id: string; slug: string },
    business: { id: string; slug: string },
  ) {
    this.network = network;
    this.organization = organization;
    this.business = business;
    this.owner = people.owner;
    this.admin = people.admin;
    this.member = people.member;
  }

  get path(): string {
    return `/v1/organizations/${this.organization.id}`;
  }

  get uuid(): Uuid {
    return parsePublicId('organization', this.organization.id)!;
  }

  /** Creates an integration with a simulated page; checked, so that it is healthy and subscribed. */
  async connectPage(options: { config?: object; page?: SimulatedPage; name?: string } = {}): Promise<ConnectedPage> {
    const page = options.page ?? (await this.network.simulator.createPages(1, options.name))[0]!;
    const { id } = await this.owner.expect(
      201,
      this.owner.post(`${this.path}/businesses/${this.business.id}/integrations`, {
        integration_type: 'FACEBOOK_PAGE',
        name: page.page_name,
        config: options.config ?? { auto_reply: true },
        facebook_page: {
          page_id: page.page_id,
          access_token: page.userToken,
          page_access_token: page.page_access_token,
        },
      }),
    );
    return { id, page, integration: await this.#firstChecked(id) };
  }

  /** A check of the api's beside the worker's would have the worker look again 2 s later. */
  async #firstChecked(id: string): Promise<any> {
    const deadline = Date.now() + 3_000;
    while (this.network.worker?.isRunning() && Date.now() < deadline) {
      const integration = await this.owner.expect(200, this.owner.get(`${this.path}/integrations/${id}`));
      if (integration.facebook_page.last_checked_at) return integration;
      await sleep(30);
    }
    return (await this.refresh(id)).integration;
  }

  /** A program with an API key of this tenant's; all scopes unless told. */
  async program(key: { role: Role; scopes?: readonly Scope[]; name?: string }): Promise<Program> {
    const body = { name: `${key.role} key`, ...key };
    const made = await this.owner.expect(201, this.owner.post(`${this.path}/api-keys`, body));
    const program = this.network.program(`${this.organization.slug}.${key.role}`, made.secret);
    return Object.assign(program, { key: made });
  }

  /** Checks an integration's tokens now and gives the answer. */
  async refresh(integration: string): Promise<any> {
    return await this.owner.expect(200, this.owner.post(`${this.path}/integrations/${integration}/refresh?wait=true`));
  }
}

let made = 0;

/** A fresh tenant: owner, admin and member signed up, one business made. */
export async function createTenant(network: Home, name: string): Promise<Tenant> {
  made += 1;
  const unique = `${name}-${process.pid}-${made}`;
  const [owner, admin, member] = await Promise.all(
    ['owner', 'admin', 'member'].map(role => network.persona(`${unique}.${role}`).signUp()),
  );
  const people = { owner: owner!, admin: admin!, member: member! };
  const organization = await people.owner.expect(201, people.owner.post('/v1/organizations', { name: unique }));
  await join(network, people.owner, organization.id, people.admin, 'ADMIN');
  await join(network, people.owner, organization.id, people.member, 'MEMBER');
  const business = await people.owner.expect(
    201,
    people.owner.post(`/v1/organizations/${organization.id}/businesses`, { name: 'E-commerce Store' }),
  );
  return new Tenant(network, people, organization, business);
}

// Without the mails of an invitation: the verb does.
async function join(network: Home, owner: Persona, organization: string, person: Persona, role: Role): Promise<void> {
  const actor = { type: 'user', userId: owner.userId as Uuid } as const;
  await addMember(network.contextOf(actor), { organization, user_id: person.userId as Uuid, role });
}
