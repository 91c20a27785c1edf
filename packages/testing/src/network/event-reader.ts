import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';

/** One server-sent event, its data parsed. */
export interface ReadEvent {
  event: string;
  id: string;
  data: any;
}

/** Reads a stream of server-sent events on a connection of its own. */
export class EventReader {
  /** Everything that came so far, in order. */
  readonly events: ReadEvent[] = [];
  /** How many comment lines came: heartbeats. */
  comments = 0;
  /** Status and headers; of a refusal the body too. */
  readonly answer: { status: number; body: any; text: string; headers: Record<string, string> };
  /** How it ended: cut is what broke off without a last word. */
  end: 'complete' | 'cut' | null = null;
  readonly #incoming: IncomingMessage;

  private constructor(incoming: IncomingMessage, answer: EventReader['answer']) {
    this.#incoming = incoming;
    this.answer = answer;
  }

  static async open(url: URL, headers: OutgoingHttpHeaders): Promise<EventReader> {
    const outgoing = request(url, { headers, agent: false }).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.setEncoding('utf8');
    const received = incoming.headers as Record<string, string>;
    const answer: EventReader['answer'] = { status: incoming.statusCode!, body: {}, text: '', headers: received };
    const reader = new EventReader(incoming, answer);
    // Closed by us, or cut by the api: its end says so.
    incoming.on('error', () => {});
    incoming.on('close', () => {
      reader.end = incoming.complete ? 'complete' : 'cut';
    });
    if (incoming.statusCode === 200) {
      reader.#readEvents();
    } else {
      for await (const chunk of incoming) answer.text += chunk;
      answer.body = JSON.parse(answer.text);
    }
    return reader;
  }

  close(): void {
    this.#incoming.destroy();
  }

  /** Takes nothing off the connection for now. */
  pause = () => this.#incoming.pause();
  resume = () => this.#incoming.resume();

  #readEvents(): void {
    let rest = '';
    this.#incoming.on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) this.#readBlock(block);
    });
  }

  #readBlock(block: string): void {
    if (block.startsWith(':')) this.comments += 1;
    const fields = Object.fromEntries(block.split('\n').map(line => line.split(/: (.*)/s, 2)));
    if (fields.data === undefined) return;
    this.events.push({ event: fields.event, id: fields.id, data: JSON.parse(fields.data) });
  }
}
