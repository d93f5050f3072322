import { html } from 'ghtml'

/**
 * Marks for the chooser and the pages, drawn here: letters and plain shapes in the text colour, so that no
 * company's artwork is copied. An operator who may use a provider's logo gives it as a file (`icon`).
 */
const monograms: ReadonlyMap<string | null, string> = new Map([
  ['google', 'G'],
  ['microsoft', 'M'],
  ['salesforce', 'S'],
  ['cognito', 'C'],
  ['okta', 'O'],
  ['auth0', 'A'],
  ['keycloak', 'K'],
])

const shapes: ReadonlyMap<string | null, string> = new Map([
  ['person', '<circle cx="16" cy="12.5" r="4"/><path d="M8.5 24.5c.8-4.2 3.6-6.3 7.5-6.3s6.7 2.1 7.5 6.3"/>'],
  [
    'building',
    '<path d="M10 24.5V8.5h12v16M7.5 24.5h17M14 12.5h.01M18 12.5h.01M14 16.5h.01M18 16.5h.01M14.5 24.5v-4h3v4"/>',
  ],
  ['key', '<circle cx="12" cy="16" r="4"/><path d="M16 16h9v3.5M21.5 16v2.5"/>'],
])

/**
 * The icon of one choice as markup: a data: URL of the operator's file, a shape, or a monogram; a provider
 * without a known icon gets the first letter of its label. Decoration only: the label beside it is the name.
 */
export function providerIcon(icon: string | null, label: string): string {
  if (icon?.startsWith('data:image/')) return html`<img src="${icon}" alt="" width="32" height="32">`
  const shape = shapes.get(icon)
  if (shape !== undefined) return tile(shape)
  const letter = monograms.get(icon) ?? initial(label)
  return tile(html`<text x="16" y="21.5" text-anchor="middle" font-size="15" font-weight="650"
    font-family="system-ui, sans-serif" fill="currentColor" stroke="none">${letter}</text>`)
}

/** The first letter or digit of a name in upper case, by whole characters (a surrogate pair is one). */
export function initial(name: string): string {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toLocaleUpperCase('en') ?? '?'
}

function tile(inner: string): string {
  return html`<svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.75"
    stroke-linecap="round" stroke-linejoin="round"><rect x="1" y="1" width="30" height="30" rx="7"
    stroke-width="1.25" opacity="0.45"/>!${inner}</svg>`
}

/** What the gate shows: open, closed, or nobody answering behind it. */
export type GateState = 'open' | 'closed' | 'away'

const arch = 'M5 25V14a9 9 0 0 1 18 0v11'
const gates: Readonly<Record<GateState, string>> = {
  open: `<path d="${arch}"/><path d="M2 25h24M14 25v-7" opacity="0.6"/>`,
  closed: `<path d="${arch}"/><path d="M2 25h24M9.5 25V7.5M14 25V5.5M18.5 25V7.5M5.5 13.5h17M5.5 19.5h17"/>`,
  away: `<path d="${arch}" stroke-dasharray="3 3.6"/><path d="M2 25h24"/>`,
}

/** The gate beside the app's name. */
export function gateMark(state: GateState): string {
  return html`<svg viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" fill="none" stroke="currentColor"
    stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">!${gates[state]}</svg>`
}

/** The same gate as the tab's icon: a data: URL, so that no page asks the app for /favicon.ico. */
export const tabIcon = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" fill="none" stroke="#2f8a74" stroke-width="2.5" stroke-linecap="round">${gates.open}</svg>`,
)}`
