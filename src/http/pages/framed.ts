import { html } from 'ghtml'
import { type PageFrame, pageDocument } from './document.ts'
import { pageHeaders } from './pages.ts'

export interface FramedPage extends PageFrame {
  readonly signInHref: string
}

/** In a frame whose session ended: no sign-in would fit in there, so the link opens in place of everything. */
export function framedPage(page: FramedPage): string {
  return pageDocument({
    ...page,
    title: 'You are not signed in',
    gate: 'closed',
    content: html`<p>Sign in to see what stands here. You come back to this page.</p>
<p class="actions"><a class="button" href="${page.signInHref}" target="_top">Sign in</a></p>`,
  })
}

/** The same for what stands in a frame of the same origin, and nowhere else. */
export function framedPageHeaders(): Readonly<Record<string, string>> {
  return framedHeaders
}

const framedHeaders = Object.freeze<Record<string, string>>({
  ...pageHeaders(),
  'content-security-policy': String(pageHeaders()['content-security-policy']).replace(
    "frame-ancestors 'none'",
    "frame-ancestors 'self'",
  ),
  'x-frame-options': 'SAMEORIGIN',
})
