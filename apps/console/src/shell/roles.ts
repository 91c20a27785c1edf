export type Role = 'OWNER' | 'ADMIN' | 'MEMBER';

/** Roles as people read them. */
export const roleWords = { OWNER: 'Owner', ADMIN: 'Admin', MEMBER: 'Member', STAFF: 'Staff' } as const;

export const roleOptions: { value: Role; label: string }[] = [
  { value: 'MEMBER', label: 'Member: sees everything, changes nothing' },
  { value: 'ADMIN', label: 'Admin: connects pages, invites people' },
  { value: 'OWNER', label: 'Owner: may do everything' },
];
