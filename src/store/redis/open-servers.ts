import type { RedisSettings } from '../../core/session-store-settings.ts'
import { usualAnswerMs } from './client.ts'
import { openCluster } from './cluster.ts'
import { openSentinel, openSingle } from './primary.ts'
import type { Servers } from './servers.ts'

/** Connects to what the configuration names. Never fails: whoever asks is told. */
export function openServers(settings: RedisSettings, answerMs: number = usualAnswerMs): Servers {
  switch (settings.kind) {
    case 'redis':
      return openSingle(settings, answerMs)
    case 'redis-sentinel':
      return openSentinel(settings, answerMs)
    case 'redis-cluster':
      return openCluster(settings, answerMs)
  }
}
