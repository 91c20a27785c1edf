import { Cluster, type ClusterOptions, type RedisOptions } from 'ioredis';

const slotsTimeoutMs = 2_000;

/** A whole cluster, from one node's URL: its password and its TLS are the others' too. @param more how patient it is */
export function openCluster(url: string, redisOptions: RedisOptions, more: ClusterOptions): Cluster {
  const { protocol, hostname, port, username, password } = new URL(url);
  const options: ClusterOptions = {
    redisOptions: {
      ...redisOptions,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: { servername: hostname } }),
    },
    slotsRefreshTimeout: slotsTimeoutMs,
    // Names stay names: certificates have them.
    ...(protocol === 'rediss:' && { dnsLookup: (address, done) => done(null, address) }),
    ...more,
  };
  return new Cluster([{ host: hostname, port: Number(port || 6379) }], options);
}
