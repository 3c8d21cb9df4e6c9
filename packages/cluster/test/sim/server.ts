import type { Random } from '@dkron/runtime';
import type { Description } from '../../src/describe/description.ts';
import { FormationCore } from '../../src/formation/core.ts';
import type { FoundingRecord } from '../../src/formation/record.ts';
import type { FormationEffect, PledgeAnswer, PledgeRequest, SeenServer } from '../../src/formation/types.ts';
import type { Checks } from './checks.ts';
import { clusterIdOf, emptyFolder, type Folder, stateOf } from './folder.ts';
import type { Network } from './network.ts';
import type { ServerPlan } from './plan.ts';
import type { Events } from './events.ts';

/** What happened how often, to see that a simulation reaches all there is. */
export type Marks = Record<string, number>;

export interface World {
  readonly events: Events;
  readonly network: Network;
  readonly checks: Checks;
  readonly random: Random;
  readonly syncMs: number;
  readonly marks: Marks;
  server(name: string): SimServer | undefined;
}

const TICK_MS = 50;
const ASK_MS = 1000;

/** One life of a process. */
interface Process {
  readonly core: FormationCore;
  readonly replies: Map<number, (answer: PledgeAnswer) => void>;
  lastReply: number;
  /** What a write under way would leave on disk. */
  pending: (() => void)[];
}

/** A server: data folder, process, and what a driver does with the effects of the state machine. */
export class SimServer {
  readonly plan: ServerPlan;
  folder: Folder;
  #world: World;
  #births = 0;
  #process: Process | undefined;
  #started = false;
  #down = 0;

  constructor(plan: ServerPlan, world: World) {
    this.plan = plan;
    this.#world = world;
    this.folder = emptyFolder(this.#newBirth());
  }

  get name(): string {
    return this.plan.name;
  }

  get up(): boolean {
    return this.#process !== undefined;
  }

  get started(): boolean {
    return this.#started;
  }

  get status(): string {
    return JSON.stringify(this.#process?.core.status ?? 'down');
  }

  start(): void {
    if (this.#process !== undefined) return;
    this.#started = true;
    const { random, events } = this.#world;
    const { name, expect, joinRoundMs } = this.plan;
    const core = new FormationCore({ name, region: 'r', expect }, stateOf(this.folder), { clusterIdOf, random });
    const process: Process = { core, replies: new Map(), lastReply: 0, pending: [] };
    this.#process = process;
    const { pledge, clusterId, log } = this.folder;
    // As the driver does when the cluster id was written and the log was not.
    if (pledge !== undefined && clusterId === clusterIdOf(pledge) && log === undefined) {
      this.#mark('completed');
      this.folder.log = pledge;
    }
    this.#run(process, core.start(events.nowMs));
    this.#tick(process);
    this.#later(process, joinRoundMs, () => this.#run(process, core.joinRoundOver(events.nowMs)));
  }

  crash(): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    this.#down++;
    // What was being written is there, or not, or in part.
    for (const write of process.pending) {
      if (this.#world.random.nextInt(2) === 0) break;
      write();
      this.#mark('written by a crash');
    }
  }

  rebuild(): void {
    this.crash();
    this.folder = emptyFolder(this.#newBirth());
    this.#mark('rebuilt');
  }

  /** How often it has crashed; tells a planned restart from a later one. */
  get downs(): number {
    return this.#down;
  }

  sees(seen: readonly SeenServer[]): void {
    const process = this.#process;
    if (process !== undefined) this.#run(process, process.core.view(seen, this.#world.events.nowMs));
  }

  describe(): Description | undefined {
    const core = this.#process?.core;
    if (core === undefined) return undefined;
    const { name, expect } = this.plan;
    const { birth, clusterId } = this.folder;
    const own = {
      name,
      region: 'r',
      expect,
      birth,
      boot: '',
      software: '',
      featureMax: 0,
      wallMs: 0,
      leader: { name: '', address: '' },
    };
    if (core.isMember || clusterId !== '') return { ...own, state: 'member', clusterId, members: [] };
    const { pledge } = core;
    if (pledge === undefined) return { ...own, state: 'fresh', clusterId: '', members: [] };
    return { ...own, state: 'pledged', clusterId: clusterIdOf(pledge), members: pledge.members.map(({ id }) => id) };
  }

  /** A request for a pledge arrives; not answered when the process ends before. */
  pledge(request: PledgeRequest, reply: (answer: PledgeAnswer) => void): void {
    const process = this.#process;
    if (process === undefined) return;
    const replyTo = ++process.lastReply;
    process.replies.set(replyTo, reply);
    this.#run(process, process.core.pledgeAsked(request, replyTo));
  }

  /** A handshake of a member arrives that names `birth` as ours. */
  handshake(clusterId: string, birth: string): void {
    const process = this.#process;
    if (process === undefined || birth !== this.folder.birth || this.folder.clusterId !== '') return;
    const admission = process.core.admit(clusterId, this.#world.events.nowMs);
    this.#mark(`admission: ${admission.kind}`);
    if (admission.kind === 'found') this.#found(process, admission.record);
    if (admission.kind !== 'join') return;
    this.#write(process, [
      () => {
        this.#world.checks.called(this.folder, clusterId);
        this.folder.clusterId = clusterId;
      },
    ]);
  }

  /** The log of a cluster's leader arrives. */
  replicated(record: FoundingRecord): void {
    if (this.#process !== undefined && this.folder.clusterId === clusterIdOf(record)) this.folder.log = record;
  }

  #tick(process: Process): void {
    if (this.#process !== process) return;
    this.#run(process, process.core.called(this.folder.clusterId));
    this.#run(process, process.core.tick(this.#world.events.nowMs));
    this.#later(process, TICK_MS, () => this.#tick(process));
  }

  #run(process: Process, effects: readonly FormationEffect[]): void {
    for (const effect of effects) if (this.#process === process) this.#do(process, effect);
  }

  #do(process: Process, effect: FormationEffect): void {
    const { network, checks, events, marks } = this.#world;
    const { core } = process;
    switch (effect.kind) {
      case 'describe': {
        const { round, name } = effect;
        const answered = (description: Description | undefined): void => {
          const outcome =
            description === undefined
              ? ({ kind: 'silent', why: 'timeout' } as const)
              : ({ kind: 'ours', description } as const);
          this.#run(process, core.described(round, name, outcome, events.nowMs));
        };
        network.call<Description | undefined>(
          this.name,
          name,
          (server, reply) => reply(server.describe()),
          answered,
          (fn) => this.#alive(process, fn),
        );
        this.#later(process, ASK_MS, () => answered(undefined));
        return;
      }
      case 'pledge': {
        const { name, request } = effect;
        marks['pledges asked'] = (marks['pledges asked'] ?? 0) + 1;
        network.call<PledgeAnswer>(
          this.name,
          name,
          (server, reply) => server.pledge(request, reply),
          (answer) => {
            if (answer === undefined) return;
            this.#mark(answer.accepted ? 'accepted' : 'refused');
            this.#run(process, core.pledgeAnswered(name, request.record.attempt, answer, events.nowMs));
          },
          (fn) => this.#alive(process, fn),
        );
        return;
      }
      case 'answer':
        process.replies.get(effect.replyTo)?.(effect.answer);
        process.replies.delete(effect.replyTo);
        return;
      case 'write': {
        const { attempt, pledge } = effect.change;
        this.#mark(pledge !== null ? 'pledge written' : core.status.kind === 'retrying' ? 'released' : 'other');
        const write = (): void => {
          checks.pledged(this.folder.birth, pledge ?? undefined);
          this.folder.pledge = pledge ?? undefined;
          if (attempt !== undefined) this.folder.attempt = attempt;
        };
        this.#write(process, [write], () => this.#run(process, core.written(events.nowMs)));
        return;
      }
      case 'found':
        this.#found(process, effect.record);
        return;
      case 'redraw': {
        const redraw = (): void => {
          this.folder = emptyFolder(this.#newBirth());
          this.#mark('redrawn');
        };
        this.#write(process, [redraw], () => this.#run(process, core.redrawn(this.folder.birth, events.nowMs)));
      }
    }
  }

  #found(process: Process, record: FoundingRecord): void {
    const identity = (): void => {
      this.#world.checks.member(this.folder.birth, record, this.folder);
      this.folder.clusterId = clusterIdOf(record);
    };
    const log = (): void => void (this.folder.log = record);
    this.#write(process, [identity, log], () => this.#run(process, process.core.founded()));
  }

  /** Steps become durable one after the other, each after a while. */
  #write(process: Process, steps: readonly (() => void)[], done?: () => void): void {
    const step = steps[0];
    if (step === undefined) return done?.();
    process.pending = [...steps];
    this.#later(process, 1 + this.#world.random.nextInt(this.#world.syncMs), () => {
      step();
      process.pending = steps.slice(1);
      this.#write(process, steps.slice(1), done);
    });
  }

  #later(process: Process, delayMs: number, fn: () => void): void {
    this.#world.events.after(delayMs, () => this.#alive(process, fn));
  }

  #alive(process: Process, fn: () => void): void {
    if (this.#process === process) fn();
  }

  #mark(name: string): void {
    this.#world.marks[name] = (this.#world.marks[name] ?? 0) + 1;
  }

  #newBirth(): string {
    return `${this.plan.name}.${++this.#births}`;
  }
}
