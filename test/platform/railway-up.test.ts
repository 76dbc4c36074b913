import { describe, expect, it } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import type { ProcessEnding } from '../../src/kit/run-process.ts'
import { upAnswer, upArguments } from '../../src/platform/railway-up.ts'
import { exited, place } from './railway-on-the-path.ts'

const failed = (code: string, error: string) => `${JSON.stringify({ error, code, hint: null })}\n`

it('names the place by ids and waits for nothing: what becomes of it is asked of the API', () => {
  expect(upArguments({ place, directory: '/a b/$(id)' })).toEqual(
    'up|/a b/$(id)|--path-as-root|--project|p|--environment|e|--service|s|--detach|--json'.split('|'),
  )
})

it('reads the deployment off the line that names it', () => {
  const said = 'a word\n{"deploymentId":"d","logsUrl":"https://x"}\n'
  expect(upAnswer(exited(0), { said, complaint: '' })).toEqual({ kind: 'started', deploymentId: 'd' })
})

describe('what is not certain not to have happened is unknown', () => {
  it.each<[string, ProcessEnding, string, string]>([
    ['ended by a signal', { kind: 'killed', by: 'SIGKILL' }, '', 'ended by SIGKILL'],
    ['ended well without a word', exited(0), '', 'named no deployment'],
    ['a connection that broke', exited(1), failed('ERROR', 'error sending request'), 'error sending request'],
    ['a 502', exited(1), failed('UPLOAD_FAILED', 'Failed to upload code with status code 502 Bad Gateway'), '502'],
    ['no word at all', exited(1), '', 'ended with 1'],
  ])('%s', (_what, ending, said, why) => {
    const answer = upAnswer(ending, { said, complaint: '' })
    expect(answer).toEqual({ kind: 'unknown', why: expect.stringContaining(why) })
  })
})

describe('what did not happen fails, and says why', () => {
  it.each<[string, ProcessEnding, string, string, string]>([
    ['no railway', { kind: 'not-found' }, '', '', 'railway-cli-missing'],
    ['one that does not start', { kind: 'not-started', why: 'EACCES' }, '', '', 'railway-cli-failed'],
    ['an old one', exited(2), '', 'error: unexpected argument\n\nUsage: railway up\n', 'railway-cli-failed'],
    ['a token that is none', exited(1), failed('UNAUTHORIZED', 'Unauthorized.'), '', 'not-authorized'],
    ['403', exited(1), failed('UPLOAD_FAILED', 'Failed to upload code with status code 403'), '', 'not-authorized'],
    [
      '413',
      exited(1),
      failed('UPLOAD_FAILED', 'Failed to upload code. File too large (9 bytes): no'),
      '',
      'upload-too-large',
    ],
    ['400', exited(1), failed('UPLOAD_FAILED', 'Service not found'), '', 'upload-refused'],
    ['a place that is none', exited(1), failed('PROJECT_NOT_FOUND', 'Project not found'), '', 'upload-refused'],
  ])('%s', (_what, ending, said, complaint, code) => {
    const answer = () => upAnswer(ending, { said, complaint })
    expect(answer).toThrow(OperatorError)
    expect(answer).toThrow(expect.objectContaining({ code }))
  })
})
