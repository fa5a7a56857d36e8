/**
 * Colours with the contrast they were chosen for (text on white ≥ 4.5:1 in both schemes) and the type scale.
 * Red and amber cannot be told apart by everyone: a colour always comes with a word and a shape.
 */
export const light = {
  page: '#F2F4F7',
  plate: '#FFFFFF',
  text: '#1D2939',
  muted: '#475467',
  rule: '#D5DAE1',
  link: '#0B5CAD',
  worse: '#B42318',
  worseTint: '#FEF3F2',
  warning: '#8A4B00',
  warningTint: '#FFF6E5',
  good: '#0A6B45',
  goodTint: '#ECFDF3',
  track: '#E3E8EF',
  code: '#F2F4F7',
} as const;

export const dark: Readonly<Record<keyof typeof light, string>> = {
  page: '#0B111D',
  plate: '#101828',
  text: '#F2F4F7',
  muted: '#B3BCC9',
  rule: '#344054',
  link: '#7CB8F5',
  worse: '#FDA29B',
  worseTint: '#2A1719',
  warning: '#FEC84B',
  warningTint: '#2A2112',
  good: '#6CE9A6',
  goodTint: '#10251D',
  track: '#344054',
  code: '#1B2434',
};

/** No name that the mail renderer would fetch as a web font (Roboto, Lato, Open Sans, Ubuntu). */
export const sans = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";
export const mono = "ui-monospace, SFMono-Regular, Consolas, Menlo, 'Liberation Mono', monospace";

/** What a mark means: shape and word first, colour last. */
export const signs = {
  worse: { shape: '▲', colour: 'worse', tint: 'worseTint' },
  warning: { shape: '●', colour: 'warning', tint: 'warningTint' },
  good: { shape: '✔', colour: 'good', tint: 'goodTint' },
  neutral: { shape: '–', colour: 'muted', tint: 'code' },
} as const;

export type Sign = keyof typeof signs;
