import type { Clock } from '../../src/core/ports.ts'

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /** Seconds that have really passed; the wall clock shows them too, from wherever the test begins. */
  time: number
  /** How far the wall clock is wrong: set by hand, or by NTP after a start without a battery. */
  wallErrorSeconds: number
}

export function createTestClock(time: number): TestClock {
  return {
    time,
    wallErrorSeconds: 0,
    now() {
      return this.time + this.wallErrorSeconds
    },
    monotonicMs() {
      return this.time * 1000
    },
  }
}

/** How many timers keep this process alive: those that only wait do not. */
export function timersThatHold(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}
