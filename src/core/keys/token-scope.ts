import type { Principal } from '../principal.ts'
import { type Claims, lookUpForRule } from '../rules/claims.ts'

/** `scope` of a token request, each word once. Null: it is not written as RFC 6749 section 3.3 has it. */
export function readScope(text: string): readonly string[] | null {
  const words = text.split(' ')
  return words.every((word) => scopeToken.test(word)) ? [...new Set(words)] : null
}

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Who a key is by a token that has some of its scopes: of `scope`, and of `scp` where the key has that, only these are
 * left. What the key itself has lost meanwhile is not brought back.
 */
export function narrowed(principal: Principal, scopes: readonly string[]): Principal {
  const { claims } = principal
  return { ...principal, claims: { ...claims, ...ofClaim(claims, 'scope'), ...ofClaim(claims, 'scp') } }

  function ofClaim(all: Claims, name: 'scope' | 'scp'): Claims {
    if (!Object.hasOwn(all, name)) return {}
    const found = lookUpForRule(all, name)
    const words = found.kind === 'list' ? found.elements : []
    const kept = words.filter((word) => typeof word === 'string' && scopes.includes(word))
    return { [name]: Array.isArray(all[name]) ? kept : kept.join(' ') }
  }
}
