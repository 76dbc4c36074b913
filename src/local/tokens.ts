import type { IncomingHttpHeaders } from 'node:http'
import { type RehearsalAddress, rehearsalTokenPrefix } from '../kit/rehearsal-address.ts'
import type { Environment } from './model.ts'
import type { PlatformModel } from './platform-model.ts'

export type Tokens = RehearsalAddress['tokens']

/** Who asks: one of the three kinds of token, or nobody, with what nobody is told. */
export type Requester =
  | { kind: 'account' }
  | { kind: 'workspace' }
  | { kind: 'project'; environment: Environment; tokenName: string }
  | { kind: 'nobody'; message: string }

export function newTokens(projectTokens: readonly string[], hex: (bytes: number) => string): Tokens {
  const token = (kind: string) => `${rehearsalTokenPrefix}${kind}_${hex(16)}`
  return {
    account: token('account'),
    workspace: token('workspace'),
    project: Object.fromEntries(projectTokens.map((environment) => [environment, token('project')])),
  }
}

/** A project token counts in its own header only, the others only as bearer; where both are sent, the project token decides. */
export function identify(model: PlatformModel, tokens: Tokens, headers: IncomingHttpHeaders): Requester {
  const projectToken = headers['project-access-token']
  if (typeof projectToken === 'string') {
    const name = Object.keys(tokens.project).find((environment) => tokens.project[environment] === projectToken)
    const environment = name === undefined ? undefined : environmentNamed(model, name)
    return name === undefined || environment === undefined
      ? { kind: 'nobody', message: 'Project Token not found' }
      : { kind: 'project', environment, tokenName: name }
  }
  const bearer = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer === tokens.account) return { kind: 'account' }
  if (bearer === tokens.workspace) return { kind: 'workspace' }
  return { kind: 'nobody', message: 'Not Authorized' }
}

function environmentNamed(model: PlatformModel, name: string): Environment | undefined {
  for (const environment of model.environments()) if (environment.name === name) return environment
  return undefined
}
