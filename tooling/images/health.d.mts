export function rpcPort(commandLine: string, env: Readonly<Record<string, string | undefined>>): number;
export function check(port: number, service: string): Promise<boolean>;
