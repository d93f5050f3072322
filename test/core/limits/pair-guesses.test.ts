// Wrong secrets for an id, by network.
import t from 'tap'
import { createPairGuesses } from '../../../src/core/limits/pair-guesses.ts'
import { limits } from '../../../src/core/limits/table.ts'

const [here, there] = [
  { key: '192.0.2.1', hidden: false },
  { key: '198.51.100.1', hidden: false },
]

t.test('so many a minute for one id and network, counted before anybody is asked', async (t) => {
  const guesses = createPairGuesses()
  for (let count = 0; count < limits.guessedPairs; count += 1) t.equal(guesses.begin(here, 'ada', count), 0)
  t.equal(guesses.begin(here, 'ada', 100), limits.guessedPairsMs - 100)
  t.equal(guesses.begin(there, 'ada', 100), 0, 'another network is not held up')
  t.equal(guesses.begin(here, 'bob', 100), 0, 'another id is not')
  t.equal(guesses.begin(here, 'ada', limits.guessedPairsMs), 0, 'then they begin anew')
})

t.test('what was right, or of what nobody could tell, counts no more', async (t) => {
  const guesses = createPairGuesses()
  for (let count = 0; count < limits.guessedPairs; count += 1) guesses.begin(here, 'ada', 0)
  guesses.takeBack(here, 'ada')
  t.equal(guesses.begin(here, 'ada', 1), 0)
  t.equal(guesses.begin(here, 'ada', 1), limits.guessedPairsMs - 1)
  guesses.takeBack(there, 'nobody')
})

t.test('a network behind which many may be has a hundredfold', async (t) => {
  const guesses = createPairGuesses()
  const hidden = { key: '10.0.0.1', hidden: true }
  for (let count = 0; count < 100 * limits.guessedPairs; count += 1)
    if (guesses.begin(hidden, 'ada', 0) !== 0) t.fail(`refused after ${count}`)
  t.not(guesses.begin(hidden, 'ada', 0), 0)
})

t.test('those that began first are forgotten', async (t) => {
  const guesses = createPairGuesses()
  for (let count = 0; count < limits.guessedPairs; count += 1) guesses.begin(here, 'ada', 0)
  for (let count = 0; count < limits.guessedPairIds; count += 1) guesses.begin(here, `id-${count}`, 0)
  t.equal(guesses.begin(here, 'ada', 0), 0)
})
