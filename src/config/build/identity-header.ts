import type { ElementChoice, IdentityHeader } from '../../core/headers/form.ts'
import { isTokenName } from '../../core/headers/token-headers.ts'
import { type ConfigNode, type ConfigPath, nodeAt } from '../node.ts'
import type { IdentityKeys } from '../schema/identity-header.ts'
import { isCredentialWord } from './credential-headers.ts'
import { faultAt, isWritten, type Scope } from './scope.ts'

/** `identity_headers` as it stands at one place: those with claims. */
export function buildIdentityHeaders(keys: IdentityKeys): readonly IdentityHeader[] {
  return Object.entries(keys).flatMap(([name, value]): readonly IdentityHeader[] => {
    if (typeof value === 'string')
      return isTokenName(value) || isCredentialWord(value) ? [] : [{ name, from: value }]
    const { claim: from, only, join, encoding, lower_case: lowerCase } = value
    const form = { only: only === undefined ? null : choiceOf(only), join, encoding, lowerCase }
    return [{ name, from, form }]
  })
}

function choiceOf(only: readonly string[]): ElementChoice {
  return {
    texts: only.filter((text) => !text.includes('*')),
    patterns: only.filter((text) => text.includes('*')).map((text) => text.split('*')),
  }
}

/** Each is tried on each element of a claim. */
const mostPatterns = 100

/** What the schema cannot tell of one place's `identity_headers`: keys that do not go together. */
export function checkIdentityHeaders(scope: Scope, at: ConfigPath, keys: IdentityKeys): void {
  for (const [name, value] of Object.entries(keys)) {
    if (typeof value === 'string') continue
    const path = [...at, name]
    const written = (key: string) => isWritten(scope, [...path, key])
    if (value.lower_case && value.claim === 'user') {
      faultAt(scope, [...path, 'lower_case'], 'not for `user`: accounts that differ by case would become one')
    }
    if (value.encoding === 'base64' && written('join')) {
      faultAt(scope, [...path, 'join'], 'is not used with `encoding: base64`: leave it out')
    }
    if (value.only !== undefined) checkOnly(scope, path, value.claim, value.only)
  }
}

function checkOnly(scope: Scope, header: ConfigPath, claim: string, only: readonly string[]): void {
  const path = [...header, 'only']
  if (claim === 'user' || claim === 'provider') {
    faultAt(scope, path, `chooses among the elements of a claim, and \`${claim}\` is none`)
  }
  if (only.filter((text) => text.includes('*')).length > mostPatterns) {
    faultAt(scope, path, `at most ${mostPatterns} entries with "*": each is tried on each element`)
  }
  const node = nodeAt(scope.root, path)
  if (node?.kind === 'list' && node.items.length === 0) faultAt(scope, path, 'must not be empty')
  for (const one of node?.kind === 'list' ? node.items : [node]) noteEntry(scope, path, one)
}

function noteEntry(scope: Scope, path: ConfigPath, node: ConfigNode | undefined): void {
  if (node?.kind === 'lines' && node.entries.length === 0) {
    scope.emptyLists.set(node.file, { position: node.at, path })
  }
  if (node?.kind === 'scalar' && node.interpolated && /[\n\r]/.test(String(node.value))) {
    faultAt(
      scope,
      path,
      `what ${node.source} yields has a line break: \${lines:FILE} takes each line of a file as one entry`,
    )
  }
}
