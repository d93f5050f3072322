import { parseArgs } from 'node:util'
import { measureRequests } from './requests.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
})

const costs = options.quick ? await measureRequests(5, 1) : await measureRequests(9, 3)
if (options.json) console.log(JSON.stringify(costs))
else console.table(costs)
