/** Checks leave what is left of the app's allowance to answers. */
export const up = `
-- checks_until: until then no check calls Facebook, and answers go on. until binds both.
alter table app_pauses add column checks_until timestamptz;
`;

export const down = `
alter table app_pauses drop column checks_until;
`;
