import { parseJson } from '../json.ts'
import {
  fingerprint,
  type KeyRing,
  open,
  openUnder,
  type Random,
  type Sealed,
  type SealScope,
  seal,
  sealUnder,
} from './seal.ts'
import type { SessionKey } from './session.ts'
import type { SessionOwner } from './session-owner.ts'

/** A form as it was sent, which waits for a sign-in and is then sent again, to the byte. */
export interface SentForm {
  readonly origin: string
  readonly method: string
  /** Path and query, as the gate read them. */
  readonly target: string
  readonly contentType: string | null
  readonly referer: string | null
  readonly body: Buffer
  /** The session that had ended, or was not enough. */
  readonly session: SessionKey
  /** Whose it was; null: nobody knows. */
  readonly owner: SessionOwner | null
}

/** What stands for a form in an attempt and a link: 256 random bits. The store knows its hash alone. */
export type FormToken = string

export function newFormToken(random: Random): FormToken {
  return random(32).toString('base64url')
}

/** What the store knows a form by. */
export function formId(token: FormToken): string {
  return fingerprint(token, 'base64url')
}

/** Sealed for its origin and by this very token: nobody who has the store, and be it with the secret, can open it. */
export function sealForm(ring: KeyRing, token: FormToken, form: SentForm, random: Random): string {
  const { origin, method, target, contentType, referer, body, session, owner } = form
  const whose = owner === null ? null : [owner.account, owner.name]
  const parts = [origin, method, target, contentType, referer, session, whose, body.toString('base64')]
  return sealUnder(ring, scopeOf(origin), token, JSON.stringify(parts), random)
}

/** Null: it is none of this token and origin. Never throws. */
export function openForm(ring: KeyRing, token: FormToken, origin: string, sealed: string): SentForm | null {
  const opened = openUnder(ring, scopeOf(origin), token, sealed)
  return opened.ok ? decodeForm(opened.text, origin) : null
}

function decodeForm(text: string, origin: string): SentForm | null {
  const parts = parseJson(text)
  if (!Array.isArray(parts) || parts.length !== 8) return null
  const [of, method, target, contentType, referer, session, whose, body]: unknown[] = parts
  const owner = readOwner(whose)
  if (of !== origin || !isText(method) || !isText(target) || !isText(session) || !isText(body)) return null
  if (!isTextOrNull(contentType) || !isTextOrNull(referer) || owner === undefined) return null
  const bytes = Buffer.from(body, 'base64')
  return { origin, method, target, contentType, referer, session, owner, body: bytes }
}

/** Undefined: it is none. */
function readOwner(value: unknown): SessionOwner | null | undefined {
  if (value === null) return null
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [account, name]: unknown[] = value
  return isText(account) && isTextOrNull(name) ? { account, name } : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value)
}

function scopeOf(origin: string): SealScope {
  return { purpose: 'form', context: [origin] }
}

/** What an address says of a form: of no use to anybody but its holder. */
export interface FormLink {
  readonly form: FormToken
  /** Who may use it: by `page` whoever signed in for it (`account-hash`), by `login` the session that had ended. */
  readonly holder: string
}

/** Where a link leads: to the page that sends the form, or to a sign-in for it. */
export type FormLinkKind = 'page' | 'login'

export function sealFormLink(
  ring: KeyRing,
  { origin, kind }: { readonly origin: string; readonly kind: FormLinkKind },
  { form, holder }: FormLink,
  random: Random,
): Sealed {
  return seal(ring, linkScope(origin, kind), JSON.stringify([form, holder]), random)
}

/** Null: it is none of this origin and kind. Never throws. */
export function openFormLink(
  ring: KeyRing,
  { origin, kind }: { readonly origin: string; readonly kind: FormLinkKind },
  value: string,
): FormLink | null {
  const opened = open(ring, linkScope(origin, kind), value)
  const parts = opened.ok ? parseJson(opened.text) : null
  if (!Array.isArray(parts) || parts.length !== 2) return null
  const [form, holder]: unknown[] = parts
  return isText(form) && isText(holder) ? { form, holder } : null
}

function linkScope(origin: string, kind: FormLinkKind): SealScope {
  return { purpose: 'form-link', context: [kind, origin] }
}

/** The one field of the form on our page, as `text/plain` writes it (HTML, 4.10.22.7): with it a browser’s POST stands for a kept one. */
export const formField = 'claimgate-resume'

/** The link in such a body; null: it is another one. */
export function readFormField(body: Buffer): string | null {
  const text = body.toString('latin1')
  const value = text.startsWith(`${formField}=`) ? text.slice(formField.length + 1) : ''
  return /^[\w.-]+\r\n$/.test(value) ? value.slice(0, -2) : null
}
