// For `node --import`: writes the address of each module that is loaded as a line to the file that MODULE_LIST names.
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const file = process.env.MODULE_LIST
if (file !== undefined)
  registerHooks({
    load(url, context, nextLoad) {
      appendFileSync(file, `${url}\n`)
      return nextLoad(url, context)
    },
  })
