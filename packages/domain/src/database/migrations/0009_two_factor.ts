/** The second factor: better-auth's table, named in our way. */
export const up = `
alter table auth.users add column two_factor_enabled boolean not null default false;
grant select (two_factor_enabled) on auth.users to pagekeeper_app;

-- One a person. better-auth encrypts secret and backup codes with a key made of AUTH_SECRET.
create table auth.two_factors (
  id uuid primary key,
  user_id uuid not null unique references auth.users (id) on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);
grant select, insert, update, delete on auth.two_factors to pagekeeper_auth;

-- All of a person's: links for a new password, second steps under way.
create index verifications_value on auth.verifications (value);
`;

export const down = `
drop index auth.verifications_value;
drop table auth.two_factors;
alter table auth.users drop column two_factor_enabled;
`;
