import { randomUUID } from 'node:crypto';
import { publicId } from '@pagekeeper/domain/ids';
import type { Arrival } from '../load/arrivals.ts';
import type { System } from '../system.ts';
import { createKey, type Tenant } from '../tenants.ts';

const v1 = '/v1/organizations/{organization}';

/** What people do in the console, and programs by their key: mostly they look. */
const steps: readonly ((customer: Customer, number: number) => Arrival)[] = [
  customer => customer.person('GET', '/v1/me'),
  customer => customer.program('GET', `${v1}/integrations?limit=50`),
  customer => customer.listEvents(),
  (customer, number) => customer.program('GET', `${v1}/integrations/${customer.page(number)}`),
  (customer, number) => customer.createBusiness(number),
  customer => customer.person('GET', `${v1}/overview`),
  customer => customer.program('GET', `${v1}/integrations?status=healthy`),
  customer => customer.openEvent(),
  customer => customer.person('GET', `${v1}/integrations?limit=50`),
  (customer, number) => customer.changeConfig(number),
  customer => customer.listEvents(),
  customer => customer.person('GET', '/v1/organizations'),
  customer => customer.program('GET', `${v1}/replies`),
  (customer, number) => customer.person('GET', `${v1}/integrations/${customer.page(number)}/health`),
  customer => customer.openEvent(),
  customer => customer.person('GET', `${v1}/businesses?include=integrations`),
  customer => customer.deactivateBusiness(),
  (customer, number) => customer.program('GET', `${v1}/integrations/${customer.page(number)}`),
  customer => customer.listEvents(),
  customer => customer.openEvent(),
];

/** Requests of all tenants by turns: everyone does all steps, then the next one does. */
export class Customers {
  readonly #customers: readonly Customer[];

  private constructor(customers: readonly Customer[]) {
    this.#customers = customers;
  }

  static async of(system: System, tenants: readonly Tenant[]): Promise<Customers> {
    const origin = `http://127.0.0.1:${system.apiPort}`;
    const customers = [];
    for (const tenant of tenants) {
      const key = await createKey(system, tenant, { role: 'ADMIN', scopes: ['read', 'write'] });
      customers.push(new Customer(tenant, key, origin));
    }
    return new Customers(customers);
  }

  readonly next = (index: number): Arrival => {
    const turn = Math.floor(index / steps.length);
    return steps[index % steps.length]!(this.#customers[turn % this.#customers.length]!, turn);
  };
}

/** A tenant's owner at the console, and their program. */
class Customer {
  readonly #tenant: Tenant;
  readonly #bySession: Readonly<Record<string, string>>;
  readonly #byKey: Readonly<Record<string, string>>;
  /** What they saw in a list and have not opened yet, and what they made and have not taken back yet. */
  #events: string[] = [];
  #businesses: string[] = [];

  constructor(tenant: Tenant, key: string, origin: string) {
    this.#tenant = tenant;
    this.#bySession = { Cookie: tenant.cookie, Origin: origin };
    this.#byKey = { Authorization: `Bearer ${key}` };
  }

  person = (method: string, path: string, more: More = {}): Arrival => this.#ask(this.#bySession, method, path, more);
  program = (method: string, path: string, more: More = {}): Arrival => this.#ask(this.#byKey, method, path, more);

  page(number: number): string {
    const { pages } = this.#tenant;
    return publicId('integration', pages[number % pages.length]!.integrationId);
  }

  listEvents(): Arrival {
    const take = (text: string) => {
      this.#events = idsIn(text);
    };
    return this.program('GET', `${v1}/events`, { take });
  }

  openEvent(): Arrival {
    const event = this.#events.pop();
    return event ? this.program('GET', `${v1}/events/${event}`) : this.listEvents();
  }

  changeConfig(number: number): Arrival {
    const config = { comment_reply: { text: `Thank you! Somebody of {page_name} will answer today. (${number})` } };
    return this.program('PATCH', `${v1}/integrations/${this.page(number)}`, { body: { config } });
  }

  createBusiness(number: number): Arrival {
    const take = (text: string) => {
      this.#businesses.push(JSON.parse(text).id);
    };
    const headers = { 'Idempotency-Key': randomUUID() };
    return this.person('POST', `${v1}/businesses`, { headers, body: { name: `Branch ${number}` }, take });
  }

  deactivateBusiness(): Arrival {
    const business = this.#businesses.pop();
    if (!business) return this.person('GET', `${v1}/businesses`);
    return this.person('DELETE', `${v1}/businesses/${business}`);
  }

  #ask(credentials: Readonly<Record<string, string>>, method: string, path: string, { body, headers, take }: More) {
    const json = body && { 'Content-Type': 'application/json' };
    return {
      endpoint: `${method} ${endpointOf(path)}`,
      method,
      path: path.replace('{organization}', this.#tenant.organization),
      headers: { ...credentials, ...json, ...headers },
      ...(body && { body: JSON.stringify(body) }),
      ...(take && { take }),
    };
  }
}

interface More {
  body?: object;
  headers?: Readonly<Record<string, string>>;
  take?: (text: string) => void;
}

const endpointOf = (path: string): string => path.replace(/\?.*/, '').replace(/\/[a-z]{3}_[^/]+/g, '/{id}');

const idsIn = (text: string): string[] => (JSON.parse(text).data as { id: string }[]).map(({ id }) => id);
