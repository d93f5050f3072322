import type { Gateway } from '../../core/gateway.ts'
import { createRecordSeal, type RecordSeal } from '../../core/session/record-seal.ts'
import { buildKeyRing, type Random } from '../../core/session/seal.ts'
import { isShared } from '../../core/session-store-settings.ts'
import { type LimitPlace, openLimitStore } from '../../store/limits/open.ts'
import { systemTiming } from '../timing.ts'
import { workerCount } from '../worker-count.ts'
import { createRequestLimits, type RequestLimits, type RequestLimitsSetup } from './request-limits.ts'

interface LimitMeans {
  readonly random: Random
  /** That of sessions, by the secrets in force. */
  readonly seal: RecordSeal
  readonly uncounted: RequestLimitsSetup['uncounted']
}

/** Throws a StoreFault when the configuration has limits, and what counts them cannot be used. */
export function openRequestLimits(gateway: Gateway, means: LimitMeans): RequestLimits {
  const { uncounted } = means
  const open = () => openLimitStore(placeOf(gateway, means))
  const requestLimits = createRequestLimits({ open, uncounted, timing: systemTiming })
  requestLimits.renew(gateway)
  return requestLimits
}

/** The shared store of sessions, else that of keys, else this machine. It takes a restart to change any of them. */
function placeOf(gateway: Gateway, { random, seal }: LimitMeans): LimitPlace {
  const { session, apiKeys, dataFolder } = gateway
  if (isShared(session.store)) return { kind: 'redis', settings: session.store, seal }
  if (apiKeys !== null && isShared(apiKeys.store)) {
    const ring = buildKeyRing(apiKeys.secrets)
    return { kind: 'redis', settings: apiKeys.store, seal: createRecordSeal(() => ring, random) }
  }
  return { kind: 'local', dataFolder, shared: workerCount(gateway) > 1 }
}
