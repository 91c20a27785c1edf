import type { TokenInfo } from '@pagekeeper/facebook/graph-client';

/** Scopes without which a promised feature fails, and for what. */
export const neededScopes: Readonly<Record<string, string>> = {
  pages_manage_metadata: 'receiving events',
  pages_messaging: 'answering messages and writing private replies',
  pages_manage_engagement: 'answering comments',
};

const scopeNames = Object.keys(neededScopes);

/** Tasks that we need on a page, any one of each group, and for what. */
const neededTasks: readonly { anyOf: readonly string[]; for: string }[] = [
  { anyOf: ['MESSAGING'], for: 'answering messages' },
  { anyOf: ['MODERATE', 'CREATE_CONTENT', 'MANAGE'], for: 'receiving events and answering comments' },
];

/** Needed scopes that are not granted. */
export const missingScopes = ({ scopes }: TokenInfo): string[] => scopeNames.filter(scope => !scopes.includes(scope));

/** Needed scopes that are granted for other pages. Without target ids a scope holds for all of the person's pages. */
export const withheldScopes = ({ granularScopes }: TokenInfo, pageId: string): string[] =>
  scopeNames.filter(scope => {
    const targets = granularScopes.find(granular => granular.scope === scope)?.targetIds;
    return targets ? !targets.includes(pageId) : false;
  });

/** Groups of tasks of which the person has none on the page. */
export const missingTasks = (tasks: readonly string[]) =>
  neededTasks.filter(({ anyOf }) => !anyOf.some(task => tasks.includes(task)));
