import { connect } from 'node:net';

/** One command over a connection of its own, so that no Redis client is needed here. @returns the answer as it came */
export function askRedis(port: number, ...words: string[]): Promise<string> {
  const command = `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(command));
    socket.setTimeout(5_000, () => socket.destroy(new Error('Redis does not answer.')));
    socket.once('error', reject);
    socket.once('data', data => {
      socket.end();
      const text = data.toString('utf8');
      if (text.startsWith('-')) reject(new Error(text.slice(1).trim()));
      else resolve(text);
    });
  });
}
