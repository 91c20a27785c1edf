import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  /** Whether the body is the expected one, byte by byte. */
  matches: boolean;
}

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');

/**
 * One kept-alive HTTP/1.1 connection that sends prebuilt requests and knows just enough to tell where an answer ends.
 * Lean, since it shares the machine with what it measures: one write and no object per request.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #onAnswer: (answer: Answer) => void;
  #expected: Buffer = lastChunk;
  #head: Buffer | null = null;
  #status = 0;
  #inBody = false;
  #isChunked = false;
  #bodyLength = 0;
  #received = 0;
  #chunks: Buffer[] = [];
  #matches = true;

  private constructor(socket: Socket, onAnswer: (answer: Answer) => void) {
    this.#socket = socket;
    this.#onAnswer = onAnswer;
    socket.on('data', (data: Buffer) => this.#read(data));
  }

  static open(port: number, onAnswer: (answer: Answer) => void, onError: (error: Error) => void): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.off('error', reject);
        socket.on('error', onError);
        socket.on('close', () => onError(new Error('The server closed a connection.')));
        resolve(new Connection(socket, onAnswer));
      });
      socket.setNoDelay(true);
      socket.once('error', reject);
    });
  }

  /** Only when the answer to the request before has come. */
  send(request: Buffer, expectedBody: Buffer): void {
    this.#expected = expectedBody;
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    if (this.#inBody) {
      this.#readBody(data);
      return;
    }
    const head = this.#head ? Buffer.concat([this.#head, data]) : data;
    const end = head.indexOf(headEnd);
    if (end < 0) {
      this.#head = head;
      return;
    }
    this.#head = null;
    this.#readHead(head.toString('latin1', 0, end));
    this.#readBody(head.subarray(end + 4));
  }

  #readHead(head: string): void {
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: (\d+)/i.exec(head);
    this.#isChunked = length === null;
    this.#bodyLength = length ? Number(length[1]) : 0;
    this.#received = 0;
    this.#matches = true;
    this.#inBody = true;
  }

  #readBody(data: Buffer): void {
    if (this.#isChunked) {
      this.#chunks.push(data);
      const body = this.#chunks.length === 1 ? data : Buffer.concat(this.#chunks);
      if (body.subarray(-lastChunk.length).equals(lastChunk)) this.#finish(unchunk(body).equals(this.#expected));
      return;
    }
    const end = this.#received + data.length;
    if (end > this.#expected.length || data.compare(this.#expected, this.#received, end) !== 0) this.#matches = false;
    this.#received = end;
    if (end >= this.#bodyLength) this.#finish(this.#matches && end === this.#expected.length);
  }

  #finish(matches: boolean): void {
    this.#inBody = false;
    this.#chunks = [];
    this.#onAnswer({ status: this.#status, matches });
  }
}

/** The body within `Transfer-Encoding: chunked`. */
export function unchunk(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
