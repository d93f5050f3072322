import type { Timing } from '../timing.ts'

export function pause(timing: Timing, ms: number): Promise<void> {
  return new Promise((resolve) => void timing.after(ms, resolve))
}
