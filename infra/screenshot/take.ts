import { fileURLToPath } from 'node:url';
import { chromiumPath } from '@pagekeeper/testing/chromium';
import { demoLogins, demoPassword } from '@pagekeeper/testing/demo';
import { chromium } from 'playwright-core';

// npm run screenshot: the README's pictures, of the demo as `npm start` made it. It must be running.

const url = process.argv[2] ?? 'http://localhost:4000';
const size = { width: 1280, height: 960 };

const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport: size, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${url}/sign-in?next=/organizations/acme`);
    await page.getByLabel('E-mail address').fill(demoLogins[0].email);
    await page.getByRole('textbox', { name: 'Password' }).fill(demoPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Logins that end' }).waitFor();
    await page.locator('.recharts-bar-rectangle path').first().waitFor();
    await page.mouse.move(0, 0);
    const name = colorScheme === 'light' ? 'overview.png' : 'overview-dark.png';
    await page.screenshot({ path: fileURLToPath(new URL(name, import.meta.url)) });
    await context.close();
  }
} finally {
  await browser.close();
}
