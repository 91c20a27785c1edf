import type { App, LoginConfiguration } from '../app/app.ts';
import { pagesOf } from '../people/people.ts';
import { meaningOf } from '../people/scopes.ts';
import type { Page, Person } from '../state/entities.ts';
import type { State } from '../state/state.ts';
import type { Asked } from './asked.ts';
import { Html, html } from './markup.ts';
import { silentDenial } from './request.ts';

const nothing = new Html('');

/** First step: as whom to log in. */
export function peoplePage(state: State, asked: Asked, people: Person[]): string {
  const links = people.map(person => {
    const query = new URLSearchParams(parametersOf({ ...asked, person_id: person.id }));
    const pages = pagesOf(state, person).length;
    const role = pages === 1 ? '1 Page' : `${pages} Pages`;
    return html`<li><a class="choice" href="?${query.toString()}">${face(person.name)}<span class="label"><b>${person.name}</b><small>${role}</small></span></a></li>`;
  });
  const nobody = html`<p class="note">Nobody lives here yet. Create a person on the <a href="/">simulator’s page</a>.</p>`;
  return layout(
    `Log in to ${state.app.name}`,
    html`<p class="lead">Who is at the keyboard?</p>${links.length > 0 ? html`<ul class="choices">${links}</ul>` : nobody}`,
  );
}

export interface Choice {
  asked: Asked;
  app: App;
  person: Person;
  scopes: string[];
  pages: Page[];
  keepsPages: boolean;
  configuration: LoginConfiguration | undefined;
}

/** Second step: which permissions and Pages. */
export function choicePage(choice: Choice): string {
  const { asked, app, person } = choice;
  const hidden = parametersOf({ ...asked, person_id: person.id }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const others = new URLSearchParams(parametersOf({ ...asked, person_id: undefined }));
  const denial = silentDenial(app, person);
  return layout(
    `${app.name} asks for access`,
    html`<p class="self">${face(person.name)}<span class="label"><b>${person.name}</b><a href="?${others.toString()}">Not you?</a></span></p>
<form method="post">${hidden}<input type="hidden" name="chosen" value="1">
${pagesPart(choice)}${permissionsPart(choice)}
${denial ? html`<p class="note warn">${denial} Facebook shows this dialog all the same, and then denies.</p>` : nothing}
<div class="actions"><button name="decision" value="approve">Continue as ${firstName(person)}</button><button class="quiet" name="decision" value="deny">Not now</button></div></form>`,
  );
}

function pagesPart({ keepsPages, pages, person }: Choice): Html {
  if (keepsPages) {
    const kept = new Set(person.pickedPages);
    const names = pages.filter(page => kept.has(page.id)).map(page => html`<li>${page.name}</li>`);
    return html`<section><h2>Pages</h2><p class="note">The Pages picked last time are used again, without a question. An app that wants others asks with <code>auth_type=reauthorize</code>.</p><ul class="given">${names}</ul></section>`;
  }
  if (pages.length === 0)
    return html`<section><h2>Pages</h2><p class="note">This person has no role on any Page.</p></section>`;
  const boxes = pages.map(page => tick('page_ids', page.id, page.name, page.category));
  return html`<fieldset><legend>Pages</legend><div class="ticks">${boxes}</div></fieldset>`;
}

function permissionsPart({ scopes, configuration, person }: Choice): Html {
  if (scopes.length === 0) {
    return html`<section><h2>Permissions</h2><p class="note">Nothing is left to ask for: what was declined before is asked again with <code>auth_type=rerequest</code> only.</p></section>`;
  }
  if (!configuration) {
    const boxes = scopes.map(scope => tick('scopes', scope, meaningOf(scope), scope));
    return html`<fieldset><legend>Permissions</legend><div class="ticks">${boxes}</div></fieldset>`;
  }
  // Login for Business grants all of them, or none.
  const hidden = scopes.map(scope => html`<input type="hidden" name="scopes" value="${scope}">`);
  const rows = scopes.map(scope => html`<li>${meaningOf(scope)}</li>`);
  const holder = configuration.token === 'system_user' ? `a system user of ${person.name}’s business` : person.name;
  return html`<section><h2>Permissions</h2><p class="note">${configuration.name}: all of them together, for ${holder}.</p><ul class="given">${rows}</ul>${hidden}</section>`;
}

/** A dialog that cannot be shown. */
export function faultPage(sentence: string): string {
  return layout('This login does not work', html`<p class="note warn">${sentence}</p>`);
}

function tick(name: string, value: string, label: string, detail: string): Html {
  return html`<label class="tick"><input type="checkbox" name="${name}" value="${value}" checked><span class="label"><b>${label}</b><small>${detail}</small></span></label>`;
}

function face(name: string): Html {
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map(word => [...word][0] ?? '');
  return html`<span class="face" aria-hidden="true">${initials.join('').toUpperCase()}</span>`;
}

const firstName = ({ name }: Person) => name.split(' ')[0]!;

function parametersOf(asked: Asked): [string, string][] {
  return Object.entries(asked).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
}

function layout(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title><link rel="icon" href="/assets/icon.svg"><link rel="stylesheet" href="/assets/style.css"><link rel="stylesheet" href="/assets/dialog.css"></head>
<body class="dialog"><main class="sheet"><p class="stamp"><img src="/assets/icon.svg" alt="" width="20" height="20">Simulated login</p><h1>${title}</h1>${content}</main></body></html>
`.text;
}
