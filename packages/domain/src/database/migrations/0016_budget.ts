/** Routine checks leave what is left of the app's allowance to others. */
export const up = `
-- routine_until: until then no routine check calls Facebook; answers and what people ask for go on. until binds all.
alter table app_pauses add column routine_until timestamptz;
`;

export const down = `
alter table app_pauses drop column routine_until;
`;
