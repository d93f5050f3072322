import { html } from 'ghtml'
import { type Page, type PageFrame, pageDocument } from './document.ts'

export interface FramedPage extends PageFrame {
  readonly signInHref: string
  /** Somebody is signed in, but not as the page asks. */
  readonly isStepUp?: boolean
}

/**
 * In a frame whose session ended: no sign-in would fit in there, so the link opens in place of everything. It may stand
 * in a frame of the same origin, and nowhere else.
 */
export function framedPage(page: FramedPage): Page {
  const { words } = page.look
  const { html: text, headers } = pageDocument({
    ...page,
    title: words[page.isStepUp ? 'step-up.title' : '401.title'],
    gate: 'closed',
    content: html`<p>${words['framed.text']}</p>
<p class="actions"><a class="button" href="${page.signInHref}" target="_top">${words['link.sign-in']}</a></p>`,
  })
  return { html: text, headers: framed(headers) }
}

function framed(headers: Page['headers']): Page['headers'] {
  return {
    ...headers,
    'content-security-policy': String(headers['content-security-policy']).replace(
      "frame-ancestors 'none'",
      "frame-ancestors 'self'",
    ),
    'x-frame-options': 'SAMEORIGIN',
  }
}
