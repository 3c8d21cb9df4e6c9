import { readFileSync } from 'node:fs';

export interface RecordedCommand {
  readonly name: string;
  readonly args: readonly string[];
  /** null: it was still running and was told to end. */
  readonly exit_code: number | null;
  readonly exit_code_after_SIGTERM?: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly files?: readonly string[];
  readonly front_matter?: readonly string[];
}

export interface RecordedFlag {
  readonly flag: string;
  readonly type: string;
  readonly short?: string;
  readonly default: string | number | boolean | readonly string[];
  readonly env?: string;
  readonly config_key?: string;
}

export interface RecordedSetting {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly effect: Effect;
}

export interface Effect {
  readonly http: boolean;
  readonly exit_code: number;
  readonly node_name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly log?: readonly string[];
  readonly 'GET /ui/'?: number;
  readonly 'GET /metrics'?: number;
  readonly 'GET /v1/leader'?: number;
}

export interface Recording {
  readonly commands: readonly RecordedCommand[];
  readonly agent_flags: readonly RecordedFlag[];
  readonly settings: readonly RecordedSetting[];
}

export const recording = JSON.parse(readFileSync(new URL('testdata/cli.json', import.meta.url), 'utf8')) as Recording;
