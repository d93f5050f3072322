/** What went wrong without an error of Node's or of Redis's. */

/** Nothing came back in time. */
export class Timeout extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
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
