import { html } from 'ghtml'
import { formField } from '../../core/session/sent-form.ts'
import type { Account } from './account.ts'
import { type Answer, pageAnswer } from './answer.ts'
import { type PageFrame, pageDocument } from './document.ts'
import { action, actions } from './parts.ts'
import { say } from './say.ts'
import { sendForm, withScript } from './scripts.ts'

export interface ResumePage extends PageFrame {
  /** Where the form goes: its own address, on our origin. */
  readonly to: string
  /** The link that stands for it. */
  readonly form: string
  /**
   * Whose form it was (null: it is not known what they are called), and who is signed in now, where these are not one and
   * the same; null: they are, and it is sent by itself.
   */
  readonly others: { readonly before: string | null; readonly now: Account } | null
  /** Begins a sign-in with another account, for the same form. */
  readonly otherAccountHref: string
}

/**
 * After a sign-in: sends the form that waited for it. The page posts to the form’s own address, so that this is where
 * the browser is afterwards; what it posts stands for the form, which never leaves the gateway but to the app.
 */
export function resumePage(page: ResumePage): Answer {
  const { words } = page.look
  const { others } = page
  const script = others === null ? sendForm() : null
  const before = others?.before ?? null
  const now = others === null ? '' : named(others.now)
  const names = { before: html`<b><bdi>${before ?? ''}</bdi></b>`, now }
  const question =
    before === null ? say(words, 'resume.other-unknown', { now }) : say(words, 'resume.other', names)
  const text = others === null ? say(words, 'resume.text') : question
  const label = words[others === null ? 'link.send' : 'link.send-as']
  const second =
    others === null
      ? ''
      : html`<a class="button second" href="${page.otherAccountHref}">${words['link.other-account']}</a>`
  const document = pageDocument({
    ...page,
    script,
    title: words[others === null ? 'resume.title' : 'resume.other-title'],
    gate: 'open',
    content: html`<p>!${text}</p>
<form method="post" action="${page.to}" enctype="text/plain">
<input type="hidden" name="${formField}" value="${page.form}">
<p class="actions"><button class="button" type="submit">${label}</button>!${second}</p>
</form>`,
  })
  return withScript(postingAnywhere(pageAnswer(200, document)), script)
}

/** With several providers two people may be called the same. */
function named({ name, providerLabel }: Account): string {
  const by = providerLabel === null ? '' : html` (<bdi>${providerLabel}</bdi>)`
  return html`<b><bdi>${name}</bdi></b>!${by}`
}

/**
 * The app may answer the form with a redirect to anywhere, which Chromium holds against `form-action` (see `look`). And the
 * browser has to say which origin the form is from: with `no-referrer` it would say `null`.
 */
function postingAnywhere(answer: Answer): Answer {
  const { 'content-security-policy': policy = '' } = answer.headers
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'content-security-policy': policy.replace("form-action 'self'", "form-action 'self' https: http:"),
      'referrer-policy': 'same-origin',
    },
  }
}

/** There is nothing to send: it was sent, or it waited too long. */
export function formGonePage(page: PageFrame & { readonly continueHref: string }): Answer {
  const { words } = page.look
  const document = pageDocument({
    ...page,
    title: words['resume.gone-title'],
    gate: 'closed',
    content: html`<p>${words['resume.gone']}</p>
!${actions([action(page.continueHref, words['link.continue'])])}`,
  })
  return pageAnswer(404, document)
}
