/** Markup whose values were escaped when they were put in. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Builds markup; everything put in that is not markup itself is escaped. */
export function html(parts: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
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
