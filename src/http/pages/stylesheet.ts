import { createHash } from 'node:crypto'
import type { Accent, AccentColours } from '../../core/pages/accent.ts'

/**
 * The one stylesheet of all pages. It stands inline in each page and the Content-Security-Policy names its hash,
 * so that no page loads anything and nothing else can style it. Colours are variables: a test reads them from
 * here and holds every pair of text and ground against WCAG AA, in both schemes.
 */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --paper: #f4f2ec; --card: #fffdf8; --ink: #1c2420; --quiet: #58625c; --line: #d9d4c7;
  --accent: #12594a; --accent-ink: #ffffff; --accent-soft: #e3ede6; --focus: #b0490c;
  --link: var(--accent);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121614; --card: #1a201d; --ink: #e8ebe6; --quiet: #a2ada6; --line: #323b36;
    --accent: #7fd0b8; --accent-ink: #0b1f19; --accent-soft: #20332c; --focus: #f0a060;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { height: 100%; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100%; padding: 2rem 1rem; display: grid; grid-template-rows: 1fr auto 1.6fr; justify-items: center;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main {
  grid-row: 2; width: 100%; max-width: 29rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; overflow: hidden; overflow-wrap: anywhere;
}
.banner { display: flex; align-items: center; gap: .75rem; padding: .875rem 2rem; border-bottom: 1px solid var(--line); }
.banner svg { flex: none; color: var(--accent); }
.banner .logo { flex: none; max-width: 50%; max-height: 2rem; object-fit: contain; }
.banner p { margin: 0; font-weight: 600; font-size: .9375rem; }
.content { padding: 2rem; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.012em; text-wrap: balance; }
p { margin: 0 0 1rem; text-wrap: pretty; }
.content > :last-child, .content > form > :last-child { margin-bottom: 0; }
.quiet { color: var(--quiet); font-size: .9375rem; }
.more { margin-top: 1.25rem; }
a { color: var(--link); text-underline-offset: .18em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: .25rem; }
.account {
  display: flex; align-items: center; gap: .75rem; margin: 1.25rem 0; padding: .75rem .875rem;
  background: var(--accent-soft); border-radius: .5rem;
}
.account .initial {
  flex: none; width: 2.25rem; height: 2.25rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--accent); color: var(--accent-ink); font-weight: 650;
}
.account p { margin: 0; line-height: 1.35; }
.account b { font-weight: 600; }
.account small { display: block; font-size: .875rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0; padding: 0; }
.button {
  display: inline-block; padding: .625rem 1.125rem; border: 1px solid var(--accent); border-radius: .5rem;
  background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
.button:hover { filter: brightness(1.1); }
.button.second { background: transparent; color: var(--link); }
.button.second:hover { background: var(--accent-soft); filter: none; }
.choices { list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: .625rem; }
.choices a {
  display: flex; align-items: center; gap: .875rem; padding: .75rem .875rem; border: 1px solid var(--line); border-radius: .5rem;
  color: var(--ink); font-weight: 600; text-decoration: none;
}
.choices a:hover { border-color: var(--accent); background: var(--accent-soft); }
.choices svg, .choices img { flex: none; width: 2rem; height: 2rem; object-fit: contain; }
.choices .arrow { margin-inline-start: auto; width: 1rem; height: 1rem; color: var(--quiet); }
h2 { margin: 1.5rem 0 .75rem; font-size: 1rem; font-weight: 650; }
h2 + .choices { margin-top: 0; }
dl { margin: 0 0 1rem; font-size: .9375rem; line-height: 1.45; }
dt { color: var(--quiet); }
dd { margin: 0 0 .625rem; }
.sessions { list-style: none; margin: 0 0 1rem; padding: 0; display: grid; gap: .625rem; }
.sessions li { padding: .875rem; border: 1px solid var(--line); border-radius: .5rem; }
.sessions h2 { margin: 0 0 .375rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: .125rem .625rem; }
.sessions h2 small { padding: 0 .5rem; border-radius: 1rem; background: var(--accent-soft); font-size: .8125rem; font-weight: 600; }
.sessions dl { margin: 0; display: grid; grid-template-columns: fit-content(40%) 1fr; gap: .125rem .75rem; }
.sessions dd { margin: 0; }
.sessions .actions { margin: .75rem 0 0; }
.sessions .quiet { margin: 0 0 .5rem; }
.sessions h3 { margin: 0 0 .375rem; font-size: .9375rem; }
.sessions h3 small { color: var(--quiet); font-weight: 400; }
.sessions h2 bdi { min-width: 0; }
code { font: .875em/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.notice { padding: .75rem .875rem; border: 1px solid var(--line); border-inline-start: .25rem solid var(--focus); border-radius: .5rem; }
.field { margin: 0 0 1rem; }
.field label { display: block; font-weight: 600; font-size: .9375rem; }
.field small { display: block; margin: 0 0 .375rem; color: var(--quiet); font-size: .875rem; line-height: 1.4; }
.field input, .field select, .field textarea {
  display: block; width: 100%; padding: .5rem .625rem; border: 1px solid var(--quiet); border-radius: .375rem;
  background: var(--card); color: var(--ink); font: inherit;
}
.field textarea { resize: vertical; }
summary { padding: .25rem 0; color: var(--link); font-weight: 600; font-size: .9375rem; cursor: pointer; }
details { margin: .5rem 0 1rem; }
.sessions details { margin: .5rem 0 0; }
details form { margin: .75rem 0 0; padding: .75rem 0 0; border-top: 1px solid var(--line); }
details .actions { margin: .5rem 0 0; }
.secret { display: block; padding: .75rem .875rem; background: var(--accent-soft); border-radius: .5rem; user-select: all; }
.copy { margin: .5rem 0 1rem; }
.button[hidden] { display: none; }
.reference { margin: 0; padding: .875rem 2rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .8125rem; }
.reference code { font: .8125rem/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; color: var(--ink); user-select: all; }
@media (max-width: 26rem) {
  body { padding: 1rem .75rem; grid-template-rows: auto; align-content: start; }
  main { grid-row: 1; }
  .banner, .content, .reference { padding-left: 1.25rem; padding-right: 1.25rem; }
  .content { padding-top: 1.5rem; padding-bottom: 1.5rem; }
  h1 { font-size: 1.3125rem; }
  .actions .button { flex: 1 1 100%; text-align: center; }
  .sessions dl { display: block; }
  .sessions dd { margin: 0 0 .375rem; }
}
@media (forced-colors: active) { .button, .account, .sessions small { border: 1px solid; } }
@media print { body { background: none; display: block; } }
`

/** For `style-src` (CSP Level 3, 2.3.1): the hash of exactly what stands between the tags. */
export const stylesheetHash = styleHash(stylesheet)

export function styleHash(style: string): string {
  return `sha256-${createHash('sha256').update(style).digest('base64')}`
}

/**
 * An operator's accent, in place of ours. Links keep the colour of the text: an accent is told from its ground, and may
 * not stand out enough to be read.
 */
export function accentStyleOf({ light, dark }: Accent): string {
  return `:root { ${variables(light)} --link: var(--ink); }
@media (prefers-color-scheme: dark) { :root { ${variables(dark)} } }`
}

function variables({ accent, ink, soft }: AccentColours): string {
  return `--accent: ${accent}; --accent-ink: ${ink}; --accent-soft: ${soft};`
}
