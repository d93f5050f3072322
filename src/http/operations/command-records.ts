import { type CommandRecord, decodeCommandRecord } from '../../core/command-record.ts'
import { decodeKeyCommandRecord, type KeyCommandRecord } from '../../core/key-command-record.ts'
import type { SessionStore } from '../../core/ports.ts'
import type { Log } from './log.ts'

export interface CommandRecordWatch {
  /** Looks now; a timer does this. Never rejects. */
  look(): Promise<void>
  stop(): void
}

/** What a command did is in the log within this time. */
const lookEveryMs = 1_000

/**
 * Writes what commands left in the store to the log. Of several processes on one store the one that takes a record
 * writes it, and no other. A record that is none is removed and counted, and nothing of it is written.
 */
export function watchCommandRecords(
  log: Log,
  { commands }: Pick<SessionStore, 'commands'>,
): CommandRecordWatch {
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    try {
      tell(log, await commands.take())
    } catch {
      // Nobody asked; whoever needs the store is told. What was left stays there.
    } finally {
      looking = false
    }
  }
  const timer = setInterval(() => void look(), lookEveryMs).unref()
  return { look, stop: () => clearInterval(timer) }
}

function tell(log: Log, texts: readonly string[]): void {
  let count = 0
  for (const text of texts) {
    const [revocation, key] = [decodeCommandRecord(text), decodeKeyCommandRecord(text)]
    if (revocation !== null) tellOfRevocation(log, revocation)
    else if (key !== null) tellOfKey(log, key)
    else count += 1
  }
  if (count > 0) log.event('warn', 'command.unreadable', { count })
}

function tellOfKey(log: Log, { event, at, operator, machine, key, name, user }: KeyCommandRecord): void {
  log.event('info', event, { key, name, by: 'command', subject: user, operator, machine, ran_at: at })
}

function tellOfRevocation(log: Log, record: CommandRecord): void {
  const { event, at, operator, machine, which, user, claim, provider, session, revoked, keys } = record
  log.event('info', event, {
    operator,
    machine,
    ran_at: at,
    which,
    subject: user ?? undefined,
    claim: claim ?? undefined,
    provider: provider ?? undefined,
    session: session ?? undefined,
    revoked,
    keys,
  })
}
