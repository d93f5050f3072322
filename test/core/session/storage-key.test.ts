import t from 'tap'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { keyOfAttempt, keyOfPage, readStorageKey } from '../../../src/core/session/storage-key.ts'
import { stateHash } from '../../../src/core/session/transaction-cookie.ts'

const page = '/deep?a=1' as ReturnTo

t.test('a page has one key, and no state has the same', async (t) => {
  t.equal(keyOfPage(page), keyOfPage(page))
  t.not(keyOfPage(page), keyOfPage('/deep?a=2' as ReturnTo))
  t.not(keyOfAttempt(stateHash(page)), keyOfPage(page))
  t.not(keyOfAttempt(stateHash(keyOfPage(page))), keyOfPage(page))
  t.notMatch(keyOfPage(page), /deep/)
})

t.test('what a link names is a key, or none', async (t) => {
  for (const key of [keyOfPage(page), keyOfAttempt(stateHash('x'))]) t.equal(readStorageKey(key), key)
  const hash = stateHash('x')
  for (const wrong of [
    null,
    '',
    'x',
    hash.slice(1),
    `${hash}A`,
    `page-${hash}A`,
    `Page-${hash}`,
    `page-page-${hash}`,
    `${hash.slice(1)}"`,
    `${hash}\n`,
    ` ${hash}`,
  ])
    t.equal(readStorageKey(wrong), null, String(wrong))
})
