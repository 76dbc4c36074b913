import type { MigrationPlace } from '../config/migration-place.ts'
import type { Finding } from '../kit/finding.ts'
import type { LogLine } from '../logs/log-lines.ts'
import type { FailedMigration } from '../logs/told-migrations.ts'
import type { Plan } from '../plan/plan.ts'
import type { BackupId, DeploymentId, PatchId } from '../platform/ids.ts'
import type { DeploymentStatus, DeploymentStep } from '../platform/observed-state.ts'
import type { LogKind } from '../platform/platform.ts'
import type { AskedWay, BackupKind, MigrateAct, MigrateDirection } from './migrate-act.ts'
import type { MigrationSince } from './migrations-since.ts'
import type { ToldRollbackStep } from './rollback-steps.ts'
import type { ServingService } from './serving-now.ts'

/** One fact that an operation reports, in the past tense. Types are stable: scripts match on them. Never holds a secret. */
export type OperationEvent =
  | { type: 'target-found'; project: string; environment: string; isProtected: boolean; isRehearsal: boolean }
  /** `sameAs`: another environment whose plan has the same changes, told before. */
  | { type: 'plan-made'; plan: Plan; sameAs?: string }
  | { type: 'approval-given'; by: 'option' | 'person'; what: string }
  /** Somebody else holds the lease of the environment; for so long we wait. */
  | {
      type: 'lease-awaited'
      environment: string
      holder: string
      command: string
      since: string
      reason?: string
      forMs: number
    }
  /** Taken from somebody who held it: their command stops before its next act. */
  | { type: 'lease-taken'; environment: string; holder: string; command: string; since: string; reason?: string }
  /** The lease could not be given back; it runs out by itself. */
  | { type: 'lease-left'; environment: string; until: string }
  /** An earlier operation did not say that it was over. `goOn`: the command that goes on with it. */
  | {
      type: 'operation-unfinished'
      environment: string
      command: string
      by: string
      since: string
      commit?: string
      goOn: string
    }
  | { type: 'project-created'; project: string; environment: string }
  | { type: 'environment-created'; environment: string }
  | { type: 'service-created'; service: string }
  | { type: 'volume-created'; environment: string; service: string; mountPath: string }
  | { type: 'domain-created'; environment: string; service: string; domain: string }
  /** `direct`: without a patch, because the token may not use any. */
  | { type: 'changes-stored'; environment: string; way: 'patch' | 'direct'; patchId?: PatchId; changes: number }
  /** Only a patch could, and the token may not use any; in the words of the plan. */
  | { type: 'changes-not-stored'; environment: string; places: string[] }
  /** Stored for all services at once, by one patch, which deploys those that it touches. `back`: as it was before. */
  | {
      type: 'flags-changed'
      environment: string
      patchId: PatchId
      way: 'there' | 'back'
      /** `services`: those that read it. */
      flags: { name: string; variable: string; value: string; services: string[] }[]
      /** Those whose stored values were not so yet. */
      services: string[]
    }
  /** What was looked at before a change of flags; none of it is critical. `overridden`: what was critical and was let pass. */
  | { type: 'flags-gated'; environment: string; findings: Finding[]; overridden: string[] }
  | { type: 'flags-reverting'; environment: string; flags: string[]; because: string }
  /** Everything is as before, stored, running and answering. `elapsedMs`: since it was bad first. */
  | {
      type: 'flags-reverted'
      environment: string
      flags: string[]
      by: 'images' | 'deployments' | 'nothing'
      elapsedMs: number
    }
  /** What the outside sees of a flag. */
  | { type: 'flag-effect-seen'; environment: string; flag: string; effect: 'on' | 'off' | 'unknown' }
  /** A change of flags is watched for so long, with a sample so often. */
  | { type: 'soak-started'; environment: string; durationMs: number; intervalMs: number }
  /** One look at everything that says whether it holds. `isMissed`: the platform could not be asked, which is no sample. */
  | {
      type: 'soak-sampled'
      environment: string
      sample: number
      isMissed: boolean
      leftMs: number
      verdict: 'pass' | 'fail' | 'inconclusive'
      checks: {
        check: string
        service: string
        use: 'gating' | 'observed'
        outcome: 'good' | 'bad' | 'unknown'
        bad: number
        inARow: number
        /** The newest samples, the oldest first, a character each: `.` good, `x` bad, `?` not known. */
        row: string
        message?: string
      }[]
      limits: { failureLimit: number; consecutiveLimit: number }
    }
  /** `unjudged`: what keeps it from a verdict. */
  | {
      type: 'soak-ended'
      environment: string
      verdict: 'pass' | 'fail' | 'inconclusive'
      samples: number
      elapsedMs: number
      trigger?: { check: string; service: string; message: string }
      unjudged: string[]
    }
  /** `automatic`: of the items, those that a check proves. `open`: those that a person is asked for. */
  | { type: 'validation-started'; environment: string; flag: string; items: number; automatic: number; open: number }
  /** An item of a flag's checklist. `by`: `check`, or a person. */
  | {
      type: 'item-judged'
      environment: string
      id: string
      section: string
      text: string
      outcome: 'green' | 'red' | 'undecided'
      by: string
      why?: string
    }
  /** What people said of a checklist that is not green yet, for the next run. */
  | { type: 'answers-kept'; environment: string; flag: string; items: number }
  /** Every item is green, and the environment says so from now on. */
  | { type: 'evidence-kept'; environment: string; flag: string; value: string; items: number; isSigned: boolean }
  | { type: 'auto-deploy-set'; environment: string; services: string[]; enabled: boolean }
  /** Code that is sent from a directory. `commit`: git's, where nobody has changed it since. */
  | { type: 'code-read'; directory: string; revision: string; files: number; bytes: number; commit?: string }
  | { type: 'level-started'; environment: string; level: number; services: string[] }
  | {
      type: 'deployment-created'
      environment: string
      service: string
      deploymentId: DeploymentId
      commit?: string
    }
  /** It was on its way already, and is what was wanted: no new one is started. */
  | {
      type: 'deployment-followed'
      environment: string
      service: string
      deploymentId: DeploymentId
      commit?: string
    }
  | {
      type: 'deployment-moved'
      service: string
      deploymentId: DeploymentId
      status: DeploymentStatus
      step?: DeploymentStep
      elapsedMs: number
    }
  | { type: 'deployment-live'; service: string; deploymentId: DeploymentId; commit?: string; elapsedMs: number }
  | {
      type: 'deployment-failed'
      service: string
      deploymentId: DeploymentId
      status: DeploymentStatus
      step?: DeploymentStep
      reason?: string
      elapsedMs: number
    }
  /** The end of what a deployment printed that did not become live, or did not stay so. */
  | { type: 'log-read'; service: string; deploymentId: DeploymentId; log: LogKind; lines: LogLine[] }
  | { type: 'log-not-read'; service: string; deploymentId: DeploymentId; log: LogKind; reason: string }
  /** What a deployment did to the database, by its log. */
  | { type: 'migrations-ran'; service: string; deploymentId: DeploymentId; done: string[]; failed?: FailedMigration }
  /** All of them are live; for so long they are watched before that counts. */
  | { type: 'level-settling'; services: string[]; forMs: number }
  /** Its processes start again: the same deployment, the same image. */
  | { type: 'deployment-restarted'; environment: string; service: string; deploymentId: DeploymentId }
  | {
      type: 'instances-changed'
      service: string
      deploymentId: DeploymentId
      running: number
      instances: number
      elapsedMs: number
    }
  /** A command runs in a container of this deployment. */
  | {
      type: 'artisan-started'
      environment: string
      service: string
      deploymentId: DeploymentId
      commit?: string
      command: string
    }
  | {
      type: 'artisan-ended'
      environment: string
      service: string
      deploymentId: DeploymentId
      command: string
      exitCode: number
      elapsedMs: number
    }
  /** Where artisan is asked about migrations, and where they run up (`place`); null: the code of this directory. */
  | {
      type: 'migrations-located'
      act: MigrateAct
      project: string
      environment: string
      service: string
      place: MigrationPlace
      way: AskedWay
      commit: string | null
      deploymentId?: DeploymentId
    }
  /** What is to be run or undone, before it is approved; null where that cannot be known, with the reason. */
  | {
      type: 'migrations-planned'
      environment: string
      service: string
      direction: MigrateDirection
      place: MigrationPlace
      commit?: string
      /** `isIrreversible`: artisan tells of nothing that would undo it. */
      migrations: { name: string; batch?: number; isIrreversible?: true }[] | null
      because?: string
      /** The service has a volume, which two deployments cannot share. */
      hasDowntime?: true
      backup: BackupKind
    }
  | { type: 'backup-left-out'; environment: string; because: string }
  /** Artisan begins to run or undo them. */
  | {
      type: 'migrations-started'
      environment: string
      service: string
      way: AskedWay
      direction: MigrateDirection
      deploymentId?: DeploymentId
      commit?: string
    }
  | {
      type: 'migration-ended'
      environment: string
      direction: MigrateDirection
      name: string
      outcome: 'done' | 'failed'
    }
  /** The platform was asked for a backup of the volume of a service. */
  | { type: 'backup-started'; environment: string; service: string; name: string }
  /** It is there. */
  | {
      type: 'backup-ended'
      environment: string
      service: string
      name: string
      backupId: BackupId
      usedMB?: number
      elapsedMs: number
    }
  | { type: 'service-verified'; service: string; url: string; answers: number }
  /** It says itself that it runs the commit that was deployed. */
  | { type: 'revision-confirmed'; service: string; url: string; commit: string }
  /** `waitsFor`: services that lack secrets, where this one lacks none itself. */
  | { type: 'service-blocked'; service: string; missingSecrets: string[]; waitsFor: string[] }
  /** It was to get the newest commit, which turned out to be the one that it runs. */
  | { type: 'service-unchanged'; service: string; commit: string }
  | { type: 'services-not-started'; services: string[]; because: string }
  /**
   * What `rollback services` is to do, before it is approved. `variables` and `flags`: which would change, by name. `undoFirst`: the
   * command that undoes migrations which ran since, as long as the code that can is there; null where there is nothing to undo.
   */
  | {
      type: 'rollback-planned'
      environment: string
      commit: string
      services: ToldRollbackStep[]
      migrations: MigrationSince[]
      areMigrationsKnown: boolean
      undoFirst: string | null
    }
  /** The release failed, and what this run changed is being put back: services that go back, and how many changes. */
  | { type: 'rollback-started'; environment: string; services: string[]; changes: number; because: string }
  | { type: 'changes-put-back'; environment: string; patchId: PatchId; places: string[] }
  /** What this run changed and that is not put back. */
  | { type: 'changes-left'; environment: string; places: string[]; because: string }
  /** A new deployment of what served before (`to`): from its kept image, or built once more. */
  | {
      type: 'deployment-rolled-back'
      environment: string
      service: string
      deploymentId: DeploymentId
      to: DeploymentId
      commit?: string
      isBuilt: boolean
    }
  /** After a failure: what serves now of every service that this run touched; where a migration failed, of all that share its code. */
  | { type: 'serving-read'; environment: string; services: ServingService[] }
  | { type: 'finding'; finding: Finding }
  | { type: 'step-started'; step: string; title: string }
  | { type: 'step-command'; step: string; command: string }
  | { type: 'step-passed'; step: string; proved: string[]; elapsedMs: number; requests: number }
  | { type: 'step-failed'; step: string; reason: string; elapsedMs: number; requests: number }

/** Takes an event; the operation goes on when it is told. */
export type Report = (event: OperationEvent) => Promise<void>
