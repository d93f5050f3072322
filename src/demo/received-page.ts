import { html } from 'ghtml'
import { look } from './look.ts'

/** As on the wire, duplicates included. */
export type HeaderPair = readonly [name: string, value: string]

export interface Received {
  readonly method: string
  readonly target: string
  readonly headers: readonly HeaderPair[]
}

const links: readonly (readonly [href: string, label: string])[] = [
  ['/', 'Start'],
  ['/admin', 'Admin'],
  ['/public', 'Public'],
  ['/whoami', 'Who am I (JSON)'],
  ['/.auth/me', 'My session (JSON)'],
  ['/.auth/logout', 'Sign out'],
]

const groups: readonly { readonly title: string; readonly holds: (name: string) => boolean }[] = [
  {
    title: 'Who it is, says the gateway',
    holds: (name) => /^x-forwarded-(user|email|groups|preferred-username)$/.test(name),
  },
  { title: 'That it is the gateway who says so', holds: (name) => name === 'x-gateway-secret' },
  { title: 'How it came', holds: (name) => name.startsWith('x-forwarded-') || name === 'host' },
  { title: 'Cookies', holds: (name) => name === 'cookie' },
  { title: 'Everything else', holds: () => true },
]

/** The sample app's page: the request as it arrived, header by header. */
export function receivedPage(received: Received): string {
  const path = received.target.split('?')[0] ?? ''
  const user = received.headers.find(([name]) => name.toLowerCase() === 'x-forwarded-user')?.[1]
  const items = links.map(([href, label]) =>
    href === path
      ? html`<a href="${href}" aria-current="page">${label}</a>`
      : html`<a href="${href}">${label}</a>`,
  )
  const title = user === undefined ? 'Hello, whoever you are' : `Hello, ${user}`
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title} · Sample app</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>!${look}</style></head>
<body><main>
<p class="who">Sample app, unmodified, behind the gateway</p>
<h1>${title}</h1>
<nav aria-label="Pages">!${items}</nav>
<h2>The request</h2>
<table><tr><th scope="row">${received.method}</th><td>${received.target}</td></tr></table>
!${sections(received.headers)}
</main></body>
</html>
`
}

/** Each header in the first group that holds it, so that none is shown twice and none is left out. */
function sections(headers: readonly HeaderPair[]): string {
  const groupOf = ([name]: HeaderPair) => groups.findIndex((group) => group.holds(name.toLowerCase()))
  return groups
    .map(({ title }, index) => {
      const rows = headers.filter((pair) => groupOf(pair) === index).map(row)
      const table = rows.length === 0 ? html`<tr><td class="note">nothing</td></tr>` : rows.join('')
      return html`<h2>${title}</h2><table>!${table}</table>`
    })
    .join('')
}

function row([name, value]: HeaderPair): string {
  const shown =
    name.toLowerCase() === 'x-gateway-secret'
      ? html`<span class="good">right</span>, ${'•'.repeat(12)} (${value.length} characters)`
      : html`${value}`
  return html`<tr><th scope="row">${name}</th><td>!${shown}</td></tr>`
}
