import type { Agenda } from '../state/agenda.ts';
import { nowMs } from '../state/clock.ts';
import type { Alert } from '../state/entities.ts';
import type { State } from '../state/state.ts';

const minuteMs = 60_000;
const alertAfterMinutes = 15;
const greatestAlerts = 1000;

/**
 * Watches the messaging deliveries of each Page. When they have failed for a quarter of an hour its developers are
 * alerted; after an hour (a knob) webhooks are disabled: the app is unsubscribed from the Page.
 */
export class Health {
  readonly #state: () => State;
  readonly #agenda: Agenda;
  /** By Page: since when nothing has arrived, in virtual milliseconds. */
  readonly #failing = new Map<string, { sinceMs: number }>();
  readonly #underWay = new Map<string, Set<Promise<unknown>>>();

  constructor(state: () => State, agenda: Agenda) {
    this.#state = state;
    this.#agenda = agenda;
  }

  /** Follows an attempt that carries messaging of these Pages. */
  follow(pageIds: Iterable<string>, attempt: Promise<boolean>): void {
    for (const pageId of pageIds) {
      const others = this.#underWay.get(pageId) ?? new Set();
      this.#underWay.set(pageId, others.add(attempt));
      void attempt.then(isAccepted => {
        others.delete(attempt);
        if (others.size === 0) this.#underWay.delete(pageId);
        if (isAccepted) this.#failing.delete(pageId);
        else this.#failed(pageId);
      });
    }
  }

  clear(): void {
    this.#failing.clear();
  }

  #failed(pageId: string): void {
    if (this.#failing.has(pageId)) return;
    const state = this.#state();
    const spell = { sinceMs: nowMs(state) };
    this.#failing.set(pageId, spell);
    const later = (minutes: number, act: () => void) =>
      this.#agenda.at(spell.sinceMs + minutes * minuteMs, () => void this.#ifStill(pageId, spell, act));
    later(alertAfterMinutes, () => this.#alert('messaging_failing', pageId));
    later(state.app.knobs.messaging_disabled_after_minutes, () => this.#disable(pageId));
  }

  /** What is under way may yet succeed, also when the clock was moved far ahead meanwhile. */
  async #ifStill(pageId: string, spell: { sinceMs: number }, act: () => void): Promise<void> {
    await Promise.all(this.#underWay.get(pageId) ?? []);
    if (this.#failing.get(pageId) === spell) act();
  }

  #disable(pageId: string): void {
    this.#failing.delete(pageId);
    const page = this.#state().pages.get(pageId);
    if (!page?.subscribedFields) return;
    page.subscribedFields = null;
    this.#alert('webhooks_disabled', pageId);
  }

  #alert(type: Alert['type'], pageId: string): void {
    const state = this.#state();
    state.alerts.push({ type, page_id: pageId, virtual_at: new Date(nowMs(state)).toISOString() });
    if (state.alerts.length > greatestAlerts) state.alerts.shift();
  }
}
