/** What went wrong without an error of Node's or of Redis's. */

/** Nothing came back in time. */
export class Timeout extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
  }
}

/** No TLS came about: a server that speaks none waits for the end of what it takes for a command. */
export class TlsTimeout extends Timeout {}

/** TLS came about, and the first word on it was not answered: the server says only then that it wants a certificate. */
export class TlsRefused extends Error {
  constructor(cause: unknown) {
    super('it was closed as soon as TLS stood', { cause })
  }
}

/** A Sentinel answers, and knows no primary of this name. */
export class UnknownPrimary extends Error {
  constructor(name: string) {
    super(`no primary is called ${name}`)
  }
}

/** What Sentinels call the primary is a replica: they have not told it yet, or not us. */
export class NotPrimary extends Error {
  constructor() {
    super('it is a replica')
  }
}

/** No node of the cluster serves this slot. */
export class Unserved extends Error {
  constructor(slot: number) {
    super(`slot ${slot} is served by no node`)
  }
}

/** It answers, with what such a command is not answered with. */
export class Unreadable extends Error {
  constructor() {
    super('the answer cannot be read')
  }
}
