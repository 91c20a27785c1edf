/** In the queue's schema, where Postgres carries the queue. The library's columns. */
export const limitTable = 'rate_limits';

export const limitTableSql = `create table if not exists ${limitTable} (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
)`;
