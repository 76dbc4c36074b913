import type { Deployment, Environment, Person, Project } from '../model.ts'
import { type Page, type PageArgs, page } from '../pages.ts'
import type { Masked } from '../patches.ts'
import { notAuthorized, PlatformError } from '../platform-error.ts'
import type { PlatformModel } from '../platform-model.ts'
import type { Requester } from '../tokens.ts'

/**
 * What a platform can deny apart from all the rest. `patches`: staging, committing, and reading either. `backups`: making and listing
 * them. `workflows`: asking how far one is. `rollback`: rolling back, whatever the platform offers.
 */
export type DeniedPart = 'patches' | 'config' | 'backups' | 'workflows' | 'rollback'

interface Options {
  masked: Masked
  pageCap: number
  denied: readonly DeniedPart[]
}

/** What every resolver gets: the world, who asks, and what that one may reach. Each refusal is in the platform's words. */
export class RequestContext {
  readonly model: PlatformModel
  readonly masked: Masked
  readonly #requester: Requester
  readonly #pageCap: number
  readonly #denied: readonly DeniedPart[]

  constructor(model: PlatformModel, requester: Requester, options: Options) {
    this.model = model
    this.masked = options.masked
    this.#requester = requester
    this.#pageCap = options.pageCap
    this.#denied = options.denied
  }

  /** Refuses what is denied to everybody. */
  mayUse(part: DeniedPart): void {
    if (this.#denied.includes(part)) throw notAuthorized()
  }

  /** An environment whose patches may be used. */
  patchable(environmentId: string): Environment {
    this.mayUse('patches')
    return this.environment(environmentId)
  }

  /** A volume whose backups may be listed and made. */
  backedUp(volumeInstanceId: string): ReturnType<PlatformModel['volumeInstance']> {
    this.requester()
    this.mayUse('backups')
    const found = this.model.volumeInstance(volumeInstanceId)
    this.environment(found.environment.id)
    return found
  }

  /** Any valid token. */
  requester(): Exclude<Requester, { kind: 'nobody' }> {
    if (this.#requester.kind === 'nobody') throw new PlatformError(this.#requester.message)
    return this.#requester
  }

  /** Who asks; undefined where the token is nobody's own. */
  person(): Person | undefined {
    if (this.#requester.kind !== 'account') return undefined
    return { id: this.model.workspace.id, name: 'Rehearsal operator' }
  }

  /** Account tokens only. */
  personal(): void {
    if (this.requester().kind !== 'account') throw notAuthorized()
  }

  /** Anything that reaches past one environment. */
  workspaceWide(): void {
    if (this.requester().kind === 'project') throw notAuthorized()
  }

  project(id: string): Project {
    const requester = this.requester()
    if (requester.kind === 'project' && requester.environment.project.id !== id) throw notAuthorized()
    return this.model.project(id)
  }

  environment(id: string, projectId?: string | null): Environment {
    const requester = this.requester()
    if (requester.kind === 'project' && requester.environment.id !== id) throw notAuthorized()
    const environment = this.model.environment(id)
    if (projectId != null && environment.project.id !== projectId) throw new PlatformError('Environment not found')
    return environment
  }

  deployment(id: string): Deployment {
    const deployment = this.model.deployment(id)
    this.environment(deployment.instance.environment.id)
    return deployment
  }

  canAccess(environment: Environment): boolean {
    const requester = this.requester()
    return requester.kind !== 'project' || requester.environment === environment
  }

  page<Row extends { id: string }>(rows: Iterable<Row>, args: PageArgs): Page<Row> {
    return page([...rows], args, this.#pageCap)
  }
}
