import { flaws, type Visitor } from './browser.ts';

/** How a page is looked at: on what, in which colours. */
export interface Look {
  colorScheme: 'light' | 'dark';
  width: number;
}

export const allLooks: Look[] = [1280, 375].flatMap(width =>
  (['light', 'dark'] as const).map(colorScheme => ({ colorScheme, width })),
);

/** Opposite corners, in turn: most of what is wrong with pages that are made of the same parts shows in one of them. */
export const lookInTurn = (index: number): Look[] =>
  index % 2 === 0 ? [{ colorScheme: 'light', width: 1280 }] : [{ colorScheme: 'dark', width: 375 }];

/** What is wrong with a page: for axe, on a phone, with a name that ran as a script. */
export async function look({ page, go }: Visitor, path: string, looks: readonly Look[]): Promise<string[]> {
  const found: string[] = [];
  await show(looks[0]!);
  await go(path);
  await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
  for (const each of looks) {
    await show(each);
    const name = `${path} (${each.colorScheme}, ${each.width})`;
    found.push(...(await flaws(page)).map(flaw => `${name}: ${flaw}`));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > each.width) found.push(`${name}: it is ${width} wide`);
  }
  if (await page.evaluate(() => 'owned' in globalThis)) found.push(`${path}: a name ran as a script`);
  return found;

  async function show({ colorScheme, width }: Look): Promise<void> {
    await page.setViewportSize({ width, height: 860 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours fade into each other.
    await page.waitForTimeout(200);
  }
}
