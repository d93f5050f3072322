import { type CertificateEnd, certificateEndText, certificateState } from '../../core/certificate.ts'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { certificatesOf, isInUse } from '../../runtime/certificates.ts'
import type { Editions } from '../../runtime/editions.ts'
import type { Log } from './log.ts'

export interface CertificateWatch {
  /** One that a connection to a provider or an app was made with. */
  seen(certificate: CertificateEnd): void
  /** Seconds until the end of each, the first of those of one role and host; below zero when it has ended. */
  left(): readonly CertificateLeft[]
  /** Says what is due. A timer does this; tests do it themselves. */
  look(): void
  stop(): void
}

export interface CertificateLeft extends Pick<CertificateEnd, 'role' | 'host'> {
  readonly seconds: number
}

interface Certificate extends CertificateEnd {
  readonly inFile: boolean
}

/** What was said of one, and for which of its days: for that day it is not said again. */
interface Told {
  /** Where that one was shown. */
  readonly by: string
  readonly endsAt: EpochSeconds
  readonly inFile: boolean
  readonly day: number
}

const daySeconds = 24 * 60 * 60
/** In the last week it is said daily: what is said once is not read in time. */
const lastDays = 7
const lookEveryMs = 60 * 60 * 1000

/**
 * Follows when certificates end: those of the file, and those that providers and apps showed. What of the file ends
 * within 30 days is told when the file is read; of the others once they are seen; in the last week each is told daily,
 * and daily after its end.
 */
export function watchCertificates(editions: Editions, log: Log): CertificateWatch {
  const shown = new Map<string, CertificateEnd>()
  const told = new Map<string, Told>()

  /** All that are in use now, each with whether it stands in the file. */
  function all(): readonly Certificate[] {
    const { gateway } = editions.current()
    for (const [key, one] of shown) if (!isInUse(gateway, one)) shown.delete(key)
    return [
      ...certificatesOf(gateway).map((one) => ({ ...one, inFile: true })),
      ...[...shown.values()].map((one) => ({ ...one, inFile: false })),
    ]
  }

  function countOf(by: string): number {
    return [...told.values()].filter((one) => one.by === by).length
  }

  function look(): void {
    const now = editions.current().clock.now()
    // Not by what is shown just now: servers behind one name may take turns with several certificates.
    for (const [key, { endsAt, inFile, day }] of told)
      if (dueDay(endsAt, now, inFile) !== day) told.delete(key)
    for (const one of all()) {
      const { role, host, endsAt, inFile } = one
      const day = dueDay(endsAt, now, inFile)
      const by = placeOf(one)
      const key = `${role} ${host} ${endsAt}`
      if (day === null || told.get(key)?.day === day) continue
      if (!inFile && countOf(by) >= limits.shownCertificates) continue
      told.set(key, { by, endsAt, inFile, day })
      const warning = `${roleTexts[role]} ${host} ${certificateEndText(endsAt, now)}: renew it`
      const level = endsAt <= now ? 'error' : 'warn'
      log.event(level, 'certificate.ending', { role, host, ends_at: endsAt, warning })
    }
  }

  const timer = setInterval(look, lookEveryMs).unref()
  return {
    seen: (certificate) => {
      const place = placeOf(certificate)
      if (shown.get(place)?.endsAt === certificate.endsAt) return
      shown.set(place, certificate)
      look()
    },
    left: () => firstToEnd(all(), editions.current().clock.now()),
    look,
    stop: () => clearInterval(timer),
  }
}

function placeOf({ role, host, place = host }: CertificateEnd): string {
  return `${role} ${place}`
}

function firstToEnd(certificates: readonly Certificate[], now: EpochSeconds): readonly CertificateLeft[] {
  const first = new Map<string, CertificateLeft>()
  for (const { role, host, endsAt } of certificates) {
    const key = `${role} ${host}`
    const seconds = endsAt - now
    if (seconds < (first.get(key)?.seconds ?? Number.POSITIVE_INFINITY))
      first.set(key, { role, host, seconds })
  }
  return [...first.values()]
}

/** For which day before its end something is to be said; null: nothing. */
function dueDay(endsAt: number, now: number, inFile: boolean): number | null {
  const days = Math.floor((endsAt - now) / daySeconds)
  if (days < lastDays) return days
  return !inFile && certificateState(endsAt, now) === 'ends-soon' ? lastDays : null
}

const roleTexts = {
  listener: 'the certificate that is shown for',
  upstream: 'the certificate of the app at',
  provider: 'the certificate of the provider at',
  client: 'the certificate that is shown to',
  ca: 'an authority that is trusted for',
} as const satisfies Record<CertificateEnd['role'], string>
