import type { ParsedMail } from 'mailparser';

/** A caught mail, in the words of maildev's API. */
export interface CaughtMail {
  id: string;
  time: string;
  from: { address: string; name: string }[];
  to: { address: string; name: string }[];
  subject: string;
  text: string;
  html: string;
}

const maxMails = 1_000;

/** The last mails, newest last, in memory. */
export class Mailbox {
  #mails: CaughtMail[] = [];
  #taken = 0;

  add(mail: ParsedMail, recipients: readonly string[]): void {
    this.#taken += 1;
    this.#mails.push({
      id: String(this.#taken),
      time: new Date().toISOString(),
      from: (mail.from?.value ?? []).map(({ address = '', name }) => ({ address, name })),
      to: recipients.map(address => ({ address, name: '' })),
      subject: mail.subject ?? '',
      text: mail.text ?? '',
      html: mail.html || '',
    });
    if (this.#mails.length > maxMails) this.#mails.shift();
  }

  /** @param to only those for this address */
  list(to?: string): CaughtMail[] {
    const address = to?.toLowerCase();
    return address === undefined
      ? this.#mails
      : this.#mails.filter(mail => mail.to.some(recipient => recipient.address.toLowerCase() === address));
  }

  find(id: string): CaughtMail | undefined {
    return this.#mails.find(mail => mail.id === id);
  }

  clear(): void {
    this.#mails = [];
  }
}
