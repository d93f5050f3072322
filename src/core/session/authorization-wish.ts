import { limits } from '../limits/table.ts'
import { decodePairs } from '../pairs.ts'
import type { StepUp } from '../step-up.ts'
import { decodeStepUp, encodeStepUp } from './sealed-step-up.ts'

/** What the person asked for beyond signing in. */
export interface AuthorizationWish {
  /** To be asked who they are, though the provider knows: `prompt` (OIDC Core 3.1.2.1). */
  readonly otherAccount: boolean
  /** What the link to `/.auth/login` brought, of what the provider's `pass_parameters` lists. */
  readonly passed: ReadonlyMap<string, string>
  /** What the sign-in has to bring; null: nothing. */
  readonly stepUp: StepUp | null
  /**
   * Whose account has to come back (core/session/account-hash), for a step-up; or whose page the form's is, for which
   * nobody else gets in. Null: anybody's.
   */
  readonly account: string | null
  /** The form that waits for the sign-in; null: none does. */
  readonly form: string | null
  /**
   * What was filled in on the page of one's own keys, to which the sign-in comes back; absent: it is for another page. The
   * provider is told to ask the person: see core/keys/recent-sign-in.
   */
  readonly keyForm?: string
}

/** Nothing beyond signing in. */
export const plainWish: AuthorizationWish = {
  otherAccount: false,
  passed: new Map(),
  stepUp: null,
  account: null,
  form: null,
}

/**
 * What is kept of a wish, for an attempt that has to begin again; null where nothing was asked for. Parameters that
 * take more than a cookie has room for are left out, all of them.
 */
export function keptWish(wish: AuthorizationWish): AuthorizationWish | null {
  const fits = Buffer.byteLength(JSON.stringify([...wish.passed])) <= limits.transactionPassedBytes
  const kept = { ...wish, passed: fits ? wish.passed : plainWish.passed }
  return kept.otherAccount || kept.passed.size > 0 || isBound(kept) ? kept : null
}

/** Whether it is for one account, strength or form. */
function isBound({ stepUp, account, form, keyForm }: AuthorizationWish): boolean {
  return stepUp !== null || account !== null || form !== null || keyForm !== undefined
}

/** As it is sealed. What it is bound to stands in a list of its own, where there is any. */
export function encodeWish(wish: AuthorizationWish): readonly unknown[] {
  const { otherAccount, passed, stepUp, account, form, keyForm } = wish
  const ofKeys = keyForm === undefined ? [] : [keyForm]
  const bound = [stepUp === null ? null : encodeStepUp(stepUp), account, form, ...ofKeys]
  return [otherAccount, ...(isBound(wish) ? [bound] : []), ...[...passed].flat()]
}

/** Null: it is none. */
export function decodeWish(value: unknown): AuthorizationWish | null {
  if (!Array.isArray(value)) return null
  const [otherAccount, second, ...others]: unknown[] = value
  const isFirstText = value.length > 1 && !Array.isArray(second)
  const bound = Array.isArray(second) ? decodeBound(second) : unbound
  const passed = decodePairs(isFirstText ? [second, ...others] : others)
  if (typeof otherAccount !== 'boolean' || bound === null || passed === null) return null
  return { otherAccount, passed, ...bound }
}

type Bound = Pick<AuthorizationWish, 'stepUp' | 'account' | 'form' | 'keyForm'>

const unbound: Bound = { stepUp: null, account: null, form: null }

function decodeBound(value: readonly unknown[]): Bound | null {
  const [sealedStepUp, account, form, ...more] = value
  const stepUp = sealedStepUp === null ? null : decodeStepUp(sealedStepUp)
  if (value.length < 3 || value.length > 4 || (stepUp === null && sealedStepUp !== null)) return null
  if (!isTextOrNull(account) || !isTextOrNull(form)) return null
  const [keyForm] = more
  if (more.length === 0) return { stepUp, account, form }
  return typeof keyForm === 'string' ? { stepUp, account, form, keyForm } : null
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
