import type { Command } from './client.ts'

/** Where the keys are: one server, whichever is the primary just now, or the nodes of a cluster. */
export interface Servers {
  /** For messages. */
  readonly place: string
  /**
   * Commands on keys of one slot, that of `key`, in order and in one round trip. Rejects with a Failure: some of them
   * may have been done all the same.
   */
  send(key: string, commands: readonly Command[]): Promise<readonly unknown[]>
  /** Commands on keys of any slot, each for itself, together in as few round trips as it takes. Rejects when one fails. */
  sendEach(commands: readonly KeyedCommand[]): Promise<readonly unknown[]>
  /** The same commands at each server that has keys. Rejects when one of them fails. */
  everywhere(commands: readonly Command[]): Promise<readonly (readonly unknown[])[]>
  /** Names that match, piece by piece, from every server; one may come twice. */
  scan(pattern: string): AsyncIterable<readonly string[]>
  /** Where a key that was just written is kept: how its replicas are asked (`confirmation.ts`). */
  confirming(key: string): Confirming
  close(): void
}

export interface KeyedCommand {
  readonly key: string
  readonly command: Command
}

/** A connection of its own: whoever waits for a replica there holds up no request. */
export interface Confirming {
  /** What tells one server from another. */
  readonly place: string
  /** Whether replicas are expected, though none may be connected. */
  readonly replicated: boolean
  send(commands: readonly Command[], withinMs: number): Promise<readonly unknown[]>
}
