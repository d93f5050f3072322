import { limits } from '../core/limits/table.ts'
import type { KeptForm, KeptFormStore } from '../core/ports.ts'
import type { EpochSeconds, SessionKey } from '../core/session/session.ts'

/** Forms that wait for a sign-in, in this process alone. */
export interface MemoryForms extends KeptFormStore {
  /** Forgets those that are over by `now`. */
  purge(now: EpochSeconds): void
  /** Forgets those of a session whose person was revoked. */
  forget(session: SessionKey): void
  clear(): void
}

export function openMemoryForms(): MemoryForms {
  const forms = new Map<string, KeptForm>()
  const bySession = new Map<SessionKey, Set<string>>()
  let bytes = 0

  function remove(form: KeptForm): void {
    forms.delete(form.id)
    bytes -= bytesOf(form)
    const ids = bySession.get(form.session)
    ids?.delete(form.id)
    if (ids?.size === 0) bySession.delete(form.session)
  }

  function purge(now: EpochSeconds): void {
    for (const form of forms.values()) if (form.until <= now) remove(form)
  }

  function living(id: string, now: EpochSeconds): KeptForm | null {
    const form = forms.get(id)
    return form !== undefined && now < form.until ? form : null
  }

  return {
    keep(form) {
      // They are over in the order in which they came, but for clocks that were set; the rest is for the purge.
      for (const oldest of forms.values()) {
        if (form.at < oldest.until) break
        remove(oldest)
      }
      const ids = bySession.get(form.session) ?? new Set()
      if (forms.has(form.id) || ids.size >= limits.keptFormsOfSession) return false
      if (bytes + bytesOf(form) > limits.keptFormBytes) return false
      forms.set(form.id, form)
      bytes += bytesOf(form)
      bySession.set(form.session, ids.add(form.id))
      return true
    },
    read: (id, now) => living(id, now)?.sealed ?? null,
    take(id, now) {
      const form = living(id, now)
      if (form !== null) remove(form)
      return form?.sealed ?? null
    },
    purge,
    forget(session) {
      for (const id of bySession.get(session) ?? []) {
        const form = forms.get(id)
        if (form !== undefined) remove(form)
      }
    },
    clear() {
      forms.clear()
      bySession.clear()
      bytes = 0
    },
  }
}

function bytesOf({ sealed }: KeptForm): number {
  return Buffer.byteLength(sealed) + limits.keptFormOverheadBytes
}
