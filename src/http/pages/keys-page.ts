import { html } from 'ghtml'
import type { SentenceName } from '../../core/pages/catalogue.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Account } from './account.ts'
import { type Page, type PageFrame, pageDocument } from './document.ts'
import { type Choice, type NewKeyForm, newKeyForm, ownKeyForms } from './key-forms.ts'
import { accountLine, helpLine } from './parts.ts'
import { timeRow } from './times.ts'

/** One of the person's keys. Its name is the person's own words. */
export interface ShownKey {
  /** `cg_8Fh2…`: names it, and opens nothing. */
  readonly id: string
  readonly name: string
  readonly state: 'active' | 'asleep' | 'over' | 'revoked'
  readonly createdAt: EpochSeconds
  readonly expiresAt: EpochSeconds | null
  /** When it ended; null: it has not. */
  readonly endedAt: EpochSeconds | null
  /** Null: nobody knows, or it sleeps already. */
  readonly sleepsAt: EpochSeconds | null
  readonly formerSecretUntil: EpochSeconds | null
  readonly lastUse: { readonly at: EpochSeconds; readonly network: string } | null
  /** Requests that it let in. */
  readonly uses: number
  readonly origins: readonly string[]
  /** Names the secret that it has now, for the form that gives it another one. */
  readonly current: string
}

export interface KeysPage extends PageFrame {
  readonly account: Account
  readonly contact: string | null
  readonly now: EpochSeconds
  /** Where the forms are posted. */
  readonly action: string
  /** What shows that a form was posted by whoever was shown this page. */
  readonly form: string
  /** Those that have not ended, the newest first. */
  readonly keys: readonly ShownKey[]
  readonly ended: readonly ShownKey[]
  /** Null: the person may make none, and only revoke. */
  readonly may: MayMake | null
  /** What came of the form that was posted, or null. */
  readonly notice: KeyNotice | null
}

export interface MayMake {
  /** Null: there is no room for another key. */
  readonly make: NewKeyForm | null
  readonly whyNot: 'keys.full' | 'keys.too-many' | null
  readonly overlaps: readonly Choice[]
  /** Of a rotation that a sign-in came back to: the key, and what was chosen. */
  readonly rotating: { readonly id: string; readonly overlap: string } | null
}

/** What is said above the keys. */
export type KeyNotice = Extract<
  SentenceName,
  | 'keys.already'
  | 'keys.changed-meanwhile'
  | 'keys.stale'
  | 'keys.gone'
  | 'keys.full'
  | 'keys.too-many'
  | 'keys.too-large'
  | `keys.bad-${string}`
>

/** One's own keys: what is known of each, and forms to make, rename, rotate and revoke them. */
export function keysPage(page: KeysPage): Page {
  const { words } = page.look
  const notice = page.notice === null ? '' : html`<p class="notice" role="alert">${words[page.notice]}</p>`
  const none =
    page.keys.length === 0 && page.may !== null ? html`<p class="quiet">${words['keys.none']}</p>` : ''
  const keys = page.keys.map((key, index) => keyItem(page, key, index))
  const list = keys.length === 0 ? none : html`<ul class="sessions">!${keys}</ul>`
  const sleeps = page.keys.some(({ sleepsAt, state }) => sleepsAt !== null || state === 'asleep')
  const about = sleeps ? html`<p class="quiet">${words['keys.sleeps-text']}</p>` : ''
  return pageDocument({
    ...page,
    title: words['keys.title'],
    gate: 'open',
    content: html`!${accountLine(words, page.account)}
!${notice}
<p>${words['keys.text']}</p>
!${list}
!${about}
!${making(page)}
!${endedKeys(page)}`,
  })
}

function making(page: KeysPage): string {
  const { may, keys, look, contact } = page
  const { words } = look
  if (may === null) {
    const still = keys.length === 0 ? '' : html`<p>${words['keys.not-allowed-yours']}</p>`
    return html`<p>${words['keys.not-allowed']}</p>!${still}!${helpLine('help.only', page, contact)}`
  }
  if (may.make !== null) return newKeyForm(page, may.make)
  return may.whyNot === null ? '' : html`<p>${words[may.whyNot]}</p>`
}

function endedKeys({ ended, look, now }: KeysPage): string {
  if (ended.length === 0) return ''
  const items = ended.map(
    ({ id, name, state, endedAt }) =>
      html`<li><h3><bdi>${name}</bdi> <small>${look.words[state === 'revoked' ? 'keys.revoked' : 'keys.over']}</small></h3>
<dl><dt>${look.words['keys.id']}</dt><dd><code>${id}</code></dd>!${endedAt === null ? '' : timeRow(look, 'keys.ended', endedAt, now)}</dl></li>
`,
  )
  return html`<details><summary>${look.words['keys.former']}</summary><ul class="sessions">!${items}</ul></details>`
}

function keyItem(page: KeysPage, key: ShownKey, index: number): string {
  const { look, now } = page
  const { words } = look
  const asleep = key.state === 'asleep'
  const mark = asleep ? html` <small>${words['keys.asleep']}</small>` : ''
  const time = (name: Parameters<typeof timeRow>[1], at: EpochSeconds | null) =>
    at === null ? '' : timeRow(look, name, at, now)
  const row = (name: SentenceName, value: string) => html`<dt>${words[name]}</dt><dd>${value}</dd>`
  const { lastUse } = key
  const used =
    lastUse === null
      ? row('keys.last-used', words['keys.never-used'])
      : time('keys.last-used', lastUse.at) + row('keys.network', lastUse.network)
  const uses = lastUse === null ? '' : row('keys.uses', new Intl.NumberFormat(look.language).format(key.uses))
  const origins = key.origins.length === 0 ? '' : row('keys.sites', key.origins.join(' '))
  const facts = [
    html`<dt>${words['keys.id']}</dt><dd><code>${key.id}</code></dd>`,
    ...[time('keys.made', key.createdAt), used, uses, time('keys.ends', key.expiresAt)],
    ...[time('keys.sleeps', key.sleepsAt), time('keys.old-secret', key.formerSecretUntil), origins],
  ]
  const sleeps = asleep ? html`<p class="quiet">${words['keys.asleep-text']}</p>` : ''
  return html`<li><h2 id="key-${index}"><bdi>${key.name}</bdi>!${mark}</h2>
!${sleeps}<dl>!${facts}</dl>
!${ownKeyForms(page, key, index)}</li>
`
}
