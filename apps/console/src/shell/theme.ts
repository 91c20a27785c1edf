import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

// The colours of the pages that mails and Facebook lead to (apps/api/src/http/result-page.ts).
const accent: MantineColorsTuple = [
  '#e6f6f3',
  '#d0ebe6',
  '#a5d8cf',
  '#78c5b8',
  '#5eceba',
  '#2b9c8d',
  '#17877a',
  '#0f766e',
  '#0b5f59',
  '#074a45',
];

const dark: MantineColorsTuple = [
  '#eaf2ef',
  '#c8d4cf',
  '#a3b1ac',
  '#7d8c87',
  '#2f3d39',
  '#25312e',
  '#1d2825',
  '#16201d',
  '#111918',
  '#0e1413',
];

export const theme = createTheme({
  colors: { accent, dark },
  primaryColor: 'accent',
  primaryShade: 7,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.625rem', lineHeight: '1.25' } } },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    InputWrapper: { defaultProps: { withAsterisk: false } },
    Modal: { styles: { title: { fontSize: '1.125rem', fontWeight: 650, overflowWrap: 'anywhere' } } },
  },
});

/** Text that is less important still has a contrast of 4.5 on every ground. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-text': '#16201d',
    '--mantine-color-dimmed': '#56625e',
    '--mantine-color-placeholder': '#66726e',
    '--mantine-color-error': '#a31d1d',
    '--mantine-color-default-border': '#d5dad6',
  },
  dark: {
    '--mantine-color-error': '#ff9d94',
    '--mantine-color-placeholder': '#8d9b96',
  },
});
