// A process that draws from one counter, as often as it is told, and says how many were let in: beside another one.
import { openLimitStore } from '../../../src/store/limits/open.ts'
import { storeContext } from '../../support/store-context.ts'
import { patient, singleSettings } from '../redis/redis-store.ts'
import { counterOf, midnight } from './contract.ts'

const { dataFolder, port, keyPrefix, kind, count, tries } = JSON.parse(process.argv[2] ?? '')
const store = openLimitStore(
  dataFolder === undefined
    ? { kind: 'redis', settings: singleSettings(port, { keyPrefix }), seal: storeContext().seal }
    : { kind: 'local', dataFolder, shared: true },
  patient.answerMs,
)
const counter = counterOf('customer', { kind, count, windowSeconds: 86_400 })
let taken = 0
let begun = 0
/** Several at once, as requests come. */
async function draw(): Promise<void> {
  while (begun < tries) {
    begun += 1
    if ((await store.take(counter, midnight)).kind === 'taken') taken += 1
  }
}
await Promise.all(Array.from({ length: 20 }, draw))
await store.close()
console.log(taken)
