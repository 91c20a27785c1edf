/** What the audit log calls a change of a page's status. It has an index of its own. */
export const statusChanged = 'integration.status_changed';
