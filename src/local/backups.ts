import type { WorkflowStatus } from '../contract/types.ts'
import type { Agenda } from './agenda.ts'
import type { Environment, VolumeInstance } from './model.ts'

interface Backup {
  id: string
  name: string
  createdAt: number
  expiresAt: undefined
  usedMB: number
}

interface Workflow {
  environmentId: string
  startedAt: number
  status: Extract<WorkflowStatus, 'Running' | 'Complete' | 'Error'>
  error: string | undefined
}

/** How long a backup takes, and how long nobody has heard of its workflow. */
const madeMs = 2_000
const unheardMs = 100

/** The backups of volumes, and the workflows that make them. */
export class Backups {
  readonly #agenda: Agenda
  readonly #id: () => string
  readonly #byVolume = new Map<string, Backup[]>()
  readonly #workflows = new Map<string, Workflow>()

  constructor(agenda: Agenda, id: () => string) {
    this.#agenda = agenda
    this.#id = id
  }

  /** Starts one, and answers the id of its workflow where it has one to follow. It is listed when it is whole. */
  start(environment: Environment, volume: VolumeInstance, name: string): string | undefined {
    const condition = volume.serviceId === undefined ? {} : environment.instances.get(volume.serviceId)?.condition
    const { backup: trouble } = condition ?? {}
    const workflow: Workflow = {
      environmentId: environment.id,
      startedAt: this.#agenda.now(),
      status: 'Running',
      error: undefined,
    }
    const workflowId = this.#id()
    this.#workflows.set(workflowId, workflow)
    this.#agenda.in(madeMs, () => {
      workflow.status = trouble === 'fails' ? 'Error' : 'Complete'
      if (trouble === 'fails') workflow.error = 'The snapshot of the volume could not be taken'
      else this.#keep(volume, name)
    })
    return trouble === 'unfollowed' ? undefined : workflowId
  }

  /** The newest first. */
  of({ id }: VolumeInstance): readonly Backup[] {
    return this.#byVolume.get(id) ?? []
  }

  workflow(id: string): Workflow | undefined {
    return this.#workflows.get(id)
  }

  /** What is told of one: for a moment nobody knows of it. */
  told(workflow: Workflow | undefined): { status: WorkflowStatus; error: string | undefined } {
    const isUnheard = workflow === undefined || this.#agenda.now() - workflow.startedAt < unheardMs
    return isUnheard ? { status: 'NotFound', error: undefined } : { status: workflow.status, error: workflow.error }
  }

  #keep(volume: VolumeInstance, name: string): void {
    // Nothing is ever written to a simulated volume, and an empty database has a size.
    const backup = { id: this.#id(), name, createdAt: this.#agenda.moment(), expiresAt: undefined, usedMB: 48 }
    this.#byVolume.set(volume.id, [backup, ...this.of(volume)])
  }
}
