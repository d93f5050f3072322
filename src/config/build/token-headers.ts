import type { Access } from '../../core/gateway.ts'
import type { TokenHeader } from '../../core/headers/form.ts'
import { foldHeaderName } from '../../core/headers/names.ts'
import { isTokenName } from '../../core/headers/token-headers.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import type { IdentityKeys } from '../schema/identity-header.ts'
import { faultAt, isWritten, type Scope } from './scope.ts'

/** Those of `identity_headers` that carry a token. In a mapping, `claim` always names a claim. */
export function buildTokenHeaders(keys: IdentityKeys): readonly TokenHeader[] {
  return Object.entries(keys).flatMap(([name, value]) =>
    typeof value === 'string' && isTokenName(value) ? [{ name, token: value }] : [],
  )
}

/** What no header with a token may be, wherever it stands. */
export function checkTokenHeaders(scope: Scope, at: ConfigPath, keys: IdentityKeys, isSigned: boolean): void {
  for (const { name, token } of buildTokenHeaders(keys)) {
    const path = [...at, name]
    // Where requests are signed nothing else stands there, which is said by whoever checks that.
    if (foldHeaderName(name) === 'authorization' && !isSigned) {
      const message =
        token === 'access_token'
          ? 'write `upstream_authorization: access_token` instead: it sends the token as `Bearer`'
          : 'an ID token is for the client that asked for it, and proves nothing in `Authorization`: send it in a header of another name, such as X-Forwarded-Id-Token'
      faultAt(scope, path, message)
    }
    if (restInBrowsers(scope)) {
      faultAt(
        scope,
        path,
        `\`session.store: cookie\` keeps no tokens: choose another store, or leave the header out`,
      )
    }
  }
}

/** Whether sessions are kept by the browsers themselves, without their tokens. */
export function restInBrowsers({ root }: Scope): boolean {
  const store = nodeAt(root, ['session', 'store'])
  return store?.kind === 'scalar' && store.value === 'cookie'
}

/** A header with a token, written where nobody’s session is looked at, would be read as one that is sent. */
export function checkTokensOf(
  scope: Scope,
  at: ConfigPath,
  keys: IdentityKeys,
  places: readonly { readonly access: Access }[],
): void {
  if (!isWritten(scope, at) || places.some(({ access }) => tellsApart(access))) return
  for (const { name, token } of buildTokenHeaders(keys)) {
    faultAt(scope, [...at, name], `nobody’s session is looked at here, so there is no \`${token}\` to send`)
  }
}

/** Whether somebody may be told apart there, and so told of. */
export function tellsApart({ kind }: Access): boolean {
  return kind === 'rule' || kind === 'maybe_signed_in'
}
