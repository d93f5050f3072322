import type { Revocation } from '../core/ports.ts'
import type { Due } from './removal.ts'
import { toDue } from './sqlite-rows.ts'
import type { Statements } from './sqlite-statements.ts'

/** For statements: null matches every one. */
export const anyProvider = { issuer: null, clientId: null }

/** Sessions of a revocation that are in the store now: ids are never given again, so whoever signs in from now on stays. */
export function dueNow(statements: Statements, which: Exclude<Revocation, { readonly by: 'key' }>): Due {
  const last = Number(statements.lastId.get()?.id) // of no session at all: null, which is 0
  switch (which.by) {
    case 'user': {
      const { issuer, clientId } = which.provider ?? anyProvider
      return () => statements.pieceOfUser.all(which.user, issuer, clientId, last).map(toDue)
    }
    case 'provider': {
      const { issuer, clientId } = which.provider
      return () => statements.pieceOfProvider.all(issuer, clientId, last).map(toDue)
    }
    case 'keys': {
      const keys = JSON.stringify(which.keys)
      return () => statements.pieceOfKeys.all(keys, last).map(toDue)
    }
    case 'all':
      return () => statements.pieceOfAll.all(last).map(toDue)
  }
}
