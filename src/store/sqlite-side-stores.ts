import type { DatabaseSync } from 'node:sqlite'
import type { CommandRecordStore, KeptFormStore, SpentStateStore } from '../core/ports.ts'
import { transaction } from './removal.ts'
import type { SqliteAccess } from './sqlite-access.ts'
import { prepareCommands } from './sqlite-commands.ts'
import type { prepareForms } from './sqlite-forms.ts'
import type { prepareStates } from './sqlite-states.ts'

/**
 * What rests in the file beside the sessions, and how long each of it waits for the disk. `refuseRemoved` throws when the
 * file was removed meanwhile.
 */

/** A spent state that a power cut forgets is refused by the provider, whose codes are used once. */
export function openStates(
  states: ReturnType<typeof prepareStates>,
  access: SqliteAccess,
  refuseRemoved: () => void,
): SpentStateStore {
  return {
    spend(hash, when) {
      refuseRemoved()
      return access.write(() => access.unhurried(() => states.spend(hash, when)))
    },
    spent: (hash) => access.read(() => states.spent(hash)),
    keepOutcome: (hash, outcome) => access.write(() => access.unhurried(() => states.keep(hash, outcome))),
  }
}

/** On the disk before a command says that it is done. */
export function openCommands(
  database: DatabaseSync,
  access: SqliteAccess,
  refuseRemoved: () => void,
): CommandRecordStore {
  const commands = prepareCommands(database)
  return {
    leave(records) {
      refuseRemoved()
      return access.write(() => transaction(database, () => commands.leave(records)))
    },
    take() {
      if (!access.read(commands.any)) return []
      return access.write(() => (database.isOpen ? transaction(database, commands.take) : []))
    },
  }
}

/** One that a power cut forgets is sent again by whoever wrote it. */
export function openForms(
  forms: ReturnType<typeof prepareForms>,
  access: SqliteAccess,
  refuseRemoved: () => void,
): KeptFormStore {
  return {
    keep(form) {
      refuseRemoved()
      return access.write(() => access.unhurried(() => forms.keep(form)))
    },
    read(id, now) {
      refuseRemoved()
      return access.read(() => forms.read(id, now))
    },
    take(id, now) {
      refuseRemoved()
      return access.write(() => access.unhurried(() => forms.take(id, now)))
    },
  }
}
