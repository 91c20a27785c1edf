/** Whose check failed last: the same login over and over does not pause the app for everybody. */
export const up = `
alter table app_pauses add column failed_login uuid;
`;

export const down = `
alter table app_pauses drop column failed_login;
`;
