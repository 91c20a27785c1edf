import type { Page, Person } from '../state/state.ts';
import type { Asked } from './asked.ts';

/** Markup whose values were escaped when they were put in. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Builds markup; everything put in that is not markup itself is escaped. */
function html(parts: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  const rendered = parts.map((part, index) => part + (index < values.length ? render(values[index]!) : ''));
  return new Html(rendered.join(''));
}

function render(value: string | Html | Html[]): string {
  if (Array.isArray(value)) return value.map(item => item.text).join('');
  return value instanceof Html ? value.text : escapeText(value);
}

function escapeText(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, character => entities[character]!);
}

/** First step: as whom to log in. */
export function peoplePage(asked: Asked, appName: string, people: Person[]): string {
  const links = people.map(person => {
    const query = new URLSearchParams(parametersOf({ ...asked, person_id: person.id }));
    return html`<li><a class="choice" href="?${query.toString()}">${person.name}<small>${person.id}</small></a></li>`;
  });
  const nobody = html`<p class="empty">Nobody lives here yet. Create a person with POST /__sim/people.</p>`;
  return layout(
    `Log in to ${appName}`,
    links.length > 0 ? html`<p>Continue as</p><ul class="choices">${links}</ul>` : nobody,
  );
}

/** Second step: which permissions and Pages. */
export function choicePage(choice: {
  asked: Asked;
  appName: string;
  person: Person;
  scopes: string[];
  pages: Page[];
  keepsPages: boolean;
}): string {
  const { asked, person, scopes, pages } = choice;
  const hidden = parametersOf({ ...asked, person_id: person.id }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const pageBoxes = pages.map(page => checkbox('page_ids', page.id, page.name));
  const pagePart = choice.keepsPages
    ? html`<p class="note">The Pages picked last time are used again. An app that wants others asks with auth_type=reauthorize.</p>`
    : html`<fieldset><legend>Pages</legend>${pageBoxes}</fieldset>`;
  return layout(
    `${choice.appName} wants to manage Pages for ${person.name}`,
    html`<form method="post">${hidden}<input type="hidden" name="chosen" value="1">
${pagePart}<fieldset><legend>Permissions</legend>${scopes.map(scope => checkbox('scopes', scope, scope))}</fieldset>
<div class="actions"><button name="decision" value="approve">Continue</button><button class="quiet" name="decision" value="deny">Not now</button></div></form>`,
  );
}

/** A dialog that cannot be shown. */
export function faultPage(sentence: string): string {
  return layout('This login does not work', html`<p>${sentence}</p>`);
}

function checkbox(name: string, value: string, label: string): Html {
  return html`<label class="tick"><input type="checkbox" name="${name}" value="${value}" checked><span>${label}</span></label>`;
}

function parametersOf(asked: Asked): [string, string][] {
  return Object.entries(asked).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
}

function layout(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="/assets/icon.svg"><link rel="stylesheet" href="/assets/style.css"><link rel="stylesheet" href="/assets/dialog.css"></head>
<body class="dialog"><main class="card"><p class="stamp">Simulated login</p><h1>${title}</h1>${content}</main></body></html>
`.text;
}
