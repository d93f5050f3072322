/**
 * How the demo's own pages look: the provider's and the sample app's. Other colours and another face than the
 * gateway's pages, so that one sees at once who speaks.
 */
export const look = `
:root { color-scheme: light dark; --ground: #eef1f6; --sheet: #fff; --ink: #1a2130; --quiet: #566075; --line: #d5dbe6; --mark: #2b4fa8; --good: #17663b; --code: #f4f6fa; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #10141c; --sheet: #181e29; --ink: #e6eaf2; --quiet: #9ba6ba; --line: #2e3748; --mark: #9db7ff; --good: #7fd3a2; --code: #121722; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.75rem 2rem 2rem; background: var(--sheet); border: 1px solid var(--line); border-top: 4px solid var(--mark); overflow-wrap: anywhere; }
main.small { max-width: 28rem; }
.who { margin: 0 0 .25rem; color: var(--quiet); font-size: .875rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; padding: .75rem 0; border-block: 1px solid var(--line); }
a { color: var(--mark); text-underline-offset: .18em; }
a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .375rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { width: 15rem; font-weight: 500; color: var(--quiet); }
td { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: .875rem; }
td.note { font-family: inherit; color: var(--quiet); }
.good { color: var(--good); font-weight: 600; }
button.person { display: block; width: 100%; margin: 0 0 .625rem; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .25rem; background: var(--code); color: var(--ink); font: inherit; text-align: left; cursor: pointer; }
button.person:hover { border-color: var(--mark); }
button.person b { display: block; color: var(--mark); }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
@media (max-width: 34rem) { main { padding: 1.25rem; } th, td { display: block; width: auto; } th { border: 0; padding-bottom: 0; } }
`
