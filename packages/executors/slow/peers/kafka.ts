/// <reference types="node" />
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PeerProcess, accepts, freePort } from '@dkron/harness';

const VERSION = '3.9.1';
const TESTDATA = join(import.meta.dirname, '../../testdata');
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>`;

/** Folder with the broker's program, kept between runs; undefined without Java, or without Maven when it is not there yet. */
export function kafkaLibraries(): string | undefined {
  const folder = join(tmpdir(), `dkron-kafka-${VERSION}-${process.getuid?.() ?? 0}`);
  const libs = join(folder, 'libs');
  if (spawnSync('java', ['-version']).status !== 0) return undefined;
  if (existsSync(libs)) return libs;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'pom.xml'), POM);
  const partial = join(folder, `partial-${process.pid}`);
  const args = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`];
  if (spawnSync('mvn', args, { cwd: folder, timeout: 90_000 }).status !== 0) return undefined;
  renameSync(partial, libs);
  return libs;
}

/** One broker of Kafka that is its own controller. */
export class KafkaBroker {
  readonly #folder = mkdtempSync(join(tmpdir(), 'dkron-kafka-data-'));
  readonly #process: PeerProcess;
  readonly #java: readonly string[];
  plain = '';
  sasl = '';
  tls = '';

  constructor(libs: string) {
    this.#java = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-cp', join(libs, '*')];
    this.#process = new PeerProcess('java', [...this.#java, 'kafka.Kafka', this.#config]);
  }

  get #config(): string {
    return join(this.#folder, 'broker.properties');
  }

  /** @param users name and password */
  async prepare([user, password]: readonly [string, string]): Promise<void> {
    const [plain, sasl, tls, controller] = [await freePort(), await freePort(), await freePort(), await freePort()];
    [this.plain, this.sasl, this.tls] = [`127.0.0.1:${plain}`, `127.0.0.1:${sasl}`, `localhost:${tls}`];
    const keyStore = join(this.#folder, 'key-store.pem');
    const pem = (name: string): string => readFileSync(join(TESTDATA, name), 'utf8');
    writeFileSync(keyStore, pem('localhost-key.pem') + pem('localhost-cert.pem'));
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    const listeners = `PLAINTEXT://${this.plain},SASL_PLAINTEXT://${this.sasl},SSL://${this.tls}`;
    writeFileSync(
      this.#config,
      `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=${listeners},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=${listeners}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_${user}="${password}";
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=${scram}
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=${scram}
ssl.keystore.type=PEM
ssl.keystore.location=${keyStore}
ssl.truststore.type=PEM
ssl.truststore.location=${join(TESTDATA, 'localhost-cert.pem')}
log.dirs=${join(this.#folder, 'logs')}
num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`,
    );
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((name) => [
      '--add-scram',
      `${name}=[name=${user},password=${password}]`,
    ]);
    const id = randomBytes(16).toString('base64url');
    const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', this.#config, ...users];
    const { status, stderr } = spawnSync('java', [...this.#java, ...format], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cannot prepare the broker's folder: ${stderr}`);
  }

  start(): Promise<void> {
    const port = Number(this.plain.split(':')[1]);
    return this.#process.start(async () => (await accepts(port)) && this.#process.log.includes('Kafka Server started'));
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  get log(): string {
    return this.#process.log;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What kcat, which is not our client, reads from a topic: key, value, headers and partition of each message. */
export function kcatRead(broker: string, topic: string): string[] {
  const args = ['-C', '-b', broker, '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k|%s|%h|%p\\n'];
  const { status, stdout, stderr } = spawnSync('kcat', args, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`kcat: ${stderr}`);
  return stdout.split('\n').filter(Boolean).sort();
}
