import type { Customer } from '../state/entities.ts';
import { nextDraw, nextId } from '../state/sequence.ts';
import type { State } from '../state/state.ts';

export interface CustomerInput {
  id?: string | undefined;
  name?: string | undefined;
  reachable?: Customer['reachable'] | undefined;
  app_role?: boolean | undefined;
}

const firstNames = [
  'Ana',
  'Zoë',
  'Jürgen',
  'Amélie',
  'Noor',
  'Kenji',
  'Olu',
  'Siobhán',
  'Mateo',
  'Iris',
  '陈伟',
  'Łukasz',
];
const lastNames = [
  'Silva',
  'Okafor',
  'Nguyễn',
  'Müller',
  'Haddad',
  'Tanaka',
  'O’Neill',
  'García',
  'Kowalska',
  'Larsen',
];

/**
 * The customer of a Page with this id (the one in comments, or the PSID), else with this name, else a new one. An
 * unknown id becomes the id of the kind that is needed.
 */
export function putCustomer(state: State, pageId: string, input: CustomerInput, unknownIdIs: 'id' | 'psid'): Customer {
  const known = input.id ? findCustomer(state, pageId, input.id) : byName(state, pageId, input.name);
  const customer = known ?? addCustomer(state, pageId, input, unknownIdIs);
  customer.reachable = input.reachable ?? customer.reachable;
  customer.hasAppRole = input.app_role ?? customer.hasAppRole;
  return customer;
}

function addCustomer(state: State, pageId: string, input: CustomerInput, unknownIdIs: 'id' | 'psid'): Customer {
  // Both longer than 2^53, so that whoever reads them as numbers reads others.
  const id = nextId(state, 'customer', '24817');
  const psid = nextId(state, 'psid', '67803');
  const own = input.id ? { [unknownIdIs]: input.id } : {};
  const name = input.name ?? drawName(state);
  const customer: Customer = { id, psid, ...own, pageId, name, reachable: 'yes', hasAppRole: false };
  state.customers.set(`${pageId} id ${customer.id}`, customer);
  state.customers.set(`${pageId} psid ${customer.psid}`, customer);
  if (!byName(state, pageId, customer.name)) state.customers.set(`${pageId} name ${customer.name}`, customer);
  return customer;
}

/** A new customer of their own, also if someone of that name is known. */
export function newCustomer(state: State, pageId: string): Customer {
  return addCustomer(state, pageId, { name: drawName(state) }, 'id');
}

/** By the id in comments or by PSID. */
export function findCustomer(state: State, pageId: string, id: string): Customer | undefined {
  return state.customers.get(`${pageId} id ${id}`) ?? state.customers.get(`${pageId} psid ${id}`);
}

/** By PSID only: the other id is no recipient. */
export function findByPsid(state: State, pageId: string, psid: string): Customer | undefined {
  return state.customers.get(`${pageId} psid ${psid}`);
}

function byName(state: State, pageId: string, name: string | undefined): Customer | undefined {
  return name === undefined ? undefined : state.customers.get(`${pageId} name ${name}`);
}

function drawName(state: State): string {
  const pick = (names: string[]) => names[Math.floor(nextDraw(state, 'name') * names.length)]!;
  return `${pick(firstNames)} ${pick(lastNames)}`;
}
