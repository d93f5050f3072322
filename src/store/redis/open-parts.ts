import { randomBytes } from 'node:crypto'
import type { RedisSettings } from '../../core/session-store-settings.ts'
import type { StoreContext } from '../context.ts'
import { createChanges } from './changes.ts'
import { usualAnswerMs } from './client.ts'
import { createConfirmation } from './confirmation.ts'
import { keysOf } from './keys.ts'
import { openServers } from './open-servers.ts'
import type { Parts } from './parts.ts'

/** Connects, and gives what the parts of the store work with. Whoever opens it closes `servers` and `changes`. */
export function openParts(
  settings: RedisSettings,
  context: StoreContext,
  answerMs: number = usualAnswerMs,
  streamOf: (keys: Parts['keys']) => string = ({ changes }) => changes,
): Parts {
  const servers = openServers(settings, answerMs)
  const keys = keysOf(settings.keyPrefix)
  const nonce = () => randomBytes(12).toString('base64url')
  const { clock, report } = context
  const changes = createChanges({ servers, stream: streamOf(keys), clock, self: nonce(), nonce, report })
  const confirmation = createConfirmation(servers, report, answerMs)
  return { servers, keys, context, changes, confirmation, nonce }
}
