import { html } from 'ghtml'
import type { Page, PageFrame } from './document.ts'
import { pageDocument } from './document.ts'
import { action, actions } from './parts.ts'
import type { PageScript } from './scripts.ts'

export interface MadeKeyPage extends PageFrame {
  readonly title: 'keys.made-title' | 'keys.rotated-title'
  readonly name: string
  readonly id: string
  readonly secret: string
  /** The key as one text. */
  readonly whole: string
  /** A command that uses it; null: no app takes keys. */
  readonly curl: string | null
  readonly script: PageScript
  readonly keysHref: string
}

/** The one page with a secret on it. It is whole without its script: what is shown can be selected and copied. */
export function madeKeyPage(page: MadeKeyPage): Page {
  const { words } = page.look
  const copied = words['keys.copied']
  const shown = (id: string, value: string) =>
    html`<code class="secret" id="${id}" data-secret tabindex="0">${value}</code>
<p class="copy"><button class="button second" type="button" hidden id="copy-${id}" aria-labelledby="copy-${id} of-${id}" data-copies="${id}" data-copied="${copied}">${words['keys.copy']}</button></p>
`
  const curl =
    page.curl === null ? '' : html`<h2 id="of-curl">${words['keys.curl']}</h2>!${shown('curl', page.curl)}`
  return pageDocument({
    ...page,
    title: words[page.title],
    gate: 'open',
    content: html`<p class="notice">${words['keys.once']}</p>
<dl><dt>${words['keys.name']}</dt><dd><bdi>${page.name}</bdi></dd></dl>
<h2 id="of-whole">${words['keys.whole']}</h2>
!${shown('whole', page.whole)}<h2>${words['keys.pair']}</h2>
<dl><dt>${words['keys.id']}</dt><dd><code>${page.id}</code></dd><dt id="of-secret">${words['keys.secret']}</dt></dl>
!${shown('secret', page.secret)}!${curl}<p role="status" class="quiet"></p>
!${actions([action(page.keysHref, words['keys.back'])])}`,
  })
}

export interface SignInForKeysPage extends PageFrame {
  readonly signInHref: string
}

/** Before a key is made or rotated: the sign-in is not young enough. */
export function signInForKeysPage(page: SignInForKeysPage): Page {
  const { words } = page.look
  return pageDocument({
    ...page,
    title: words['keys.confirm-title'],
    gate: 'closed',
    content: html`<p>${words['keys.confirm-text']}</p>
!${actions([action(page.signInHref, words['link.sign-in-again'])])}`,
  })
}
