import { isFault } from '../../../core/fault.ts'
import type { KeyPlace } from '../../../runtime/keys/made-key.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { ServerContext } from '../../server/context.ts'
import { checkAdminToken } from './admin-token.ts'
import type { KeyAddresses } from './key-addresses.ts'

const everyMs = 60_000

/** Null: the file has no keys. */
function placeOf({ gateway, keys, store, random, clock }: Runtime): KeyPlace | null {
  const { apiKeys } = gateway
  if (apiKeys === null || keys === null) return null
  return { gateway: { ...gateway, apiKeys }, keys: keys.store, sessions: store, random, now: clock.now() }
}

/** What `/keys` works on in a gateway: always the edition in force. */
export function keysOfGateway({ editions, log }: Pick<ServerContext, 'editions' | 'log'>): KeyAddresses {
  const nowMs = () => editions.current().clock.monotonicMs()
  let saidAtMs = Number.NEGATIVE_INFINITY
  let refused = 0
  const tell = (network: string): void => {
    refused += 1
    if (nowMs() - saidAtMs < everyMs) return
    log.event('warn', 'admin.refused', { network, count: refused })
    saidAtMs = nowMs()
    refused = 0
  }
  return {
    token: () => editions.current().gateway.admin?.token ?? null,
    place: () => placeOf(editions.current()),
    check: checkAdminToken(nowMs, tell),
    changed: (event, fields) => log.event('info', event, fields),
    failed: (thrown) => log.fault(isFault(thrown) ? 'store.failed' : 'internal.failed', thrown, {}),
  }
}
