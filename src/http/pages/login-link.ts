import { limits } from '../../core/limits/table.ts'
import { type AuthorizationWish, plainWish } from '../../core/session/authorization-wish.ts'
import type { Sealed } from '../../core/session/seal.ts'
import { keyOfPage, type StorageKey } from '../../core/session/storage-key.ts'

export interface LinkedSignIn {
  /** As it stands: whatever a link or the storage says is read as a stranger's word when it comes back. */
  readonly page: { readonly returnTo: string; readonly isWhole?: boolean; readonly keptAs: StorageKey | null }
  /** Whether the page that shows the link stands at the wanted page's own address, and what follows the `#` is kept. */
  readonly keepsFragment?: boolean
  readonly wish?: AuthorizationWish
  /** By name; without one the person may have to choose. */
  readonly provider?: string
  /** It stands in place of an attempt that came to nothing: see `isSecondAttempt`. */
  readonly isSecond?: boolean
  /** It is for a form that waits: see `form-links`. */
  readonly form?: Sealed | null
  /** What it asks for, sealed: see `core/session/sealed-wish`. Null: nothing. */
  readonly stepUp?: Sealed | null
}

/** An address of ours that begins a sign-in. */
export interface LoginLink {
  readonly href: string
  /** What the page that shows the link has to put into the browser's storage for it; null: the link says it all. */
  readonly keep: KeptPage | null
}

export interface KeptPage {
  readonly key: StorageKey
  readonly page: string
  /** Whether what follows the `#` of the address where the page with the link stands belongs to it. */
  readonly takesFragment: boolean
}

/** Servers and proxies take an address of 8 KiB, with the words around it. */
const mostBytes = limits.requestTargetBytes - 1024

/** For a page that would make it too long the link names the key under which the browser's storage has it. */
export function loginLink(authPrefix: string, linked: LinkedSignIn): LoginLink {
  const { page, keepsFragment = false } = linked
  const href = addressOf(authPrefix, linked)
  if (page.keptAs !== null) return { href, keep: null }
  if (href.length > mostBytes) return keptLink(authPrefix, { ...linked, page: page.returnTo })
  if (!keepsFragment) return { href, keep: null }
  const { returnTo } = page
  const key = keyOfPage(returnTo)
  const withKey = addressOf(authPrefix, { ...linked, page: { returnTo, isWhole: true, keptAs: key } })
  return { href: withKey, keep: { key, page: returnTo, takesFragment: true } }
}

/** The same, however short the page is. */
export function keptLink(
  authPrefix: string,
  { page, keepsFragment = false, ...linked }: Omit<LinkedSignIn, 'page'> & { readonly page: string },
): { readonly href: string; readonly keep: KeptPage } {
  const key = keyOfPage(page)
  const wanted = { returnTo: pathOf(page), isWhole: false, keptAs: key }
  const href = addressOf(authPrefix, { ...linked, page: wanted })
  return { href, keep: { key, page, takesFragment: keepsFragment } }
}

function addressOf(
  authPrefix: string,
  { page, wish = plainWish, provider, isSecond, stepUp = null, form = null }: LinkedSignIn,
): string {
  const { returnTo, isWhole = false, keptAs } = page
  const parameters = [
    ...(provider === undefined ? [] : [['provider', provider]]),
    ['return_to', returnTo],
    ...(keptAs === null ? [] : [[isWhole ? 'fragment' : 'kept', keptAs]]),
    ...(isSecond ? [['attempt', 'second']] : []),
    ...(form === null ? [] : [['form', form]]),
    ...(stepUp === null ? [] : [['step_up', stepUp]]),
    ...(wish.otherAccount ? [['account', 'other']] : []),
    ...wish.passed,
  ]
  const query = parameters.map(
    ([name = '', value = '']) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  return `${authPrefix}/login?${query.join('&')}`
}

/** Enough to know which providers could help there; where it is too long for an address too, nothing. */
function pathOf(page: string): string {
  const [path = ''] = page.split('?')
  return encodeURIComponent(path).length > limits.linkedPathBytes ? '/' : path
}
