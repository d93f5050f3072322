import type { Access } from '../../core/gateway.ts'
import type { ResponseHeaders } from '../../core/headers/form.ts'
import { saysWhoMayKeep } from '../../core/headers/response.ts'
import type { ConfigPath } from '../node.ts'
import type { ResponseHeaderKeys } from '../schema/response-headers.ts'
import { faultAt, faultAtKey, type Scope } from './scope.ts'

/** Undefined where nothing is changed. */
export function buildResponseHeaders({ set, remove }: ResponseHeaderKeys): ResponseHeaders | undefined {
  const headers = Object.entries(set).map(([name, value]) => ({ name, value }))
  if (headers.length + remove.length === 0) return undefined
  return { set: headers, remove: remove.map((name) => name.toLowerCase()) }
}

/** Each name once, be it set or removed. */
export function checkResponseHeaders(
  scope: Scope,
  at: ConfigPath,
  { set, remove }: ResponseHeaderKeys,
): void {
  const seen = new Set<string>()
  const check = (name: string, report: (message: string) => void) => {
    if (seen.has(name.toLowerCase())) report(`"${name}" stands here twice: header names have no case`)
    seen.add(name.toLowerCase())
  }
  for (const name of Object.keys(set))
    check(name, (message) => faultAtKey(scope, [...at, 'set', name], message))
  for (const [index, name] of remove.entries()) {
    check(name, (message) => faultAt(scope, [...at, 'remove', index], message))
  }
}

/** Where an answer depends on who asks, the gateway says who may keep it, and nobody else. */
export function checkWhoMayKeep(
  scope: Scope,
  at: ConfigPath,
  { set, remove }: ResponseHeaderKeys,
  access: Access,
): void {
  if (access.kind !== 'rule' && access.kind !== 'maybe_signed_in') return
  const message =
    'only where an answer is the same for everybody (`require: anyone`): here it depends on who asks'
  for (const name of Object.keys(set)) {
    if (saysWhoMayKeep(name.toLowerCase())) faultAtKey(scope, [...at, 'set', name], message)
  }
  for (const [index, name] of remove.entries()) {
    if (saysWhoMayKeep(name.toLowerCase())) faultAt(scope, [...at, 'remove', index], message)
  }
}
