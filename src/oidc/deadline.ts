import { ProviderFault } from '../core/fault.ts'

/** The promise, or `ProviderFault` PROVIDER_UNREACHABLE when the deadline comes first. What is late is not cancelled here. */
export async function within<T>(deadline: AbortSignal, promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const expire = () => reject(new ProviderFault('PROVIDER_UNREACHABLE', `${what}: no answer in time`))
  if (deadline.aborted) expire()
  deadline.addEventListener('abort', expire, { once: true })
  try {
    return await Promise.race([promise, late])
  } finally {
    deadline.removeEventListener('abort', expire)
  }
}

/** Waits until the promise has settled either way, but not longer than this. */
export async function settledWithin(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  await Promise.race([Promise.allSettled([promise]), late])
  clearTimeout(timer)
}
