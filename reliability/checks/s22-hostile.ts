/** S22: each kind of hostile client against each kind of server, on each engine. */
import type { EngineChoice } from "../../src/index.ts";
import { enginesHere } from "../engines.ts";
import { goodClients, measureAttack, startClients, type AttackFigures } from "../hostile/attack.ts";
import { kinds, type HostileKind, type ServiceName } from "../hostile/kinds.ts";
import { p99Of } from "../latency.ts";
import { cannotRun } from "../../test/failures/support/needs.ts";
import type { Figure, Run, Check } from "../check.ts";

export const hostileClients: Check = {
  name: "S22",
  title: "each kind of hostile client",
  how:
    `${kinds.length} kinds of hostile clients attack a server, one kind after the other. The server is the library with a codec and ` +
    `\`for await\`, on each engine that works here. Where the kind makes sense for them, it is also the library with a raw handler, ` +
    `\`portcall serve echo --frame\` and \`portcall serve chat\`, each on one engine in turn. ` +
    `In the quick form each kind attacks one service on one engine, with a fifth of the attackers. Attackers run in a ` +
    `process of their own at a low priority. Beside them ${goodClients} good clients send a message ten times a second each, at a ` +
    `steady pace that does not wait for answers. A latency runs from when the message was due. Memory is the peak of the resident set during the ` +
    `attack, less what was resident before. Its limit is 64 MB, and for each attacker the default limits of what is read ahead and what waits to be ` +
    `sent, three times its largest message, and 16 KiB. Then all attackers reset, and the server has five seconds to close their connections.`,
  missing: () => cannotRun("this needs nice", "nice", "-n", "10", "true"),
  async measure(run) {
    const clients = startClients(1, run);
    const measured: Measured[] = [];
    for (const cell of cellsOf(run, enginesHere())) {
      const attackers = Math.ceil(cell.kind.attackers / run.size(1, 5));
      const { kind } = cell;
      const attack = {
        ...cell,
        framing: kind.framing,
        ranks: [{ kind, attackers }],
        seconds: run.size(1, 0.5),
        ...(kind.fillsTheServer && { connectionsMax: goodClients + Math.ceil(attackers / 2) }),
      };
      measured.push({ ...cell, attackers, figures: await measureAttack(attack, clients, run) });
    }
    run.table({ head: tableHead, rows: measured.map((one) => rowOf(one, p99Max(run))) });
    return enginesHere().flatMap((engine) =>
      figuresOf(
        engine,
        measured.filter((one) => one.engine === engine),
        run,
      ),
    );
  },
};

interface Cell {
  readonly engine: EngineChoice;
  readonly kind: HostileKind;
  readonly service: ServiceName;
}
interface Measured extends Cell {
  readonly attackers: number;
  readonly figures: AttackFigures;
}

const p99Max = (run: Run): number => run.size(50, 250);

/**
 * Each kind against the library with a codec on each engine, and against each other service on one of them, in turn. In
 * the quick form each kind attacks one service on one engine. The seed chooses where the turns begin.
 */
function cellsOf(run: Run, engines: readonly EngineChoice[]): readonly Cell[] {
  let turn = run.prng.below(engines.length);
  const nextEngine = (): EngineChoice => engines[turn++ % engines.length] as EngineChoice;
  if (run.quick)
    return kinds.map((kind) => ({ engine: nextEngine(), kind, service: run.prng.oneOf(kind.services) }));
  return kinds.flatMap((kind) =>
    kind.services.flatMap((service) =>
      (service === "for await" ? engines : [nextEngine()]).map((engine) => ({ engine, kind, service })),
    ),
  );
}

const tableHead = [
  "hostile clients",
  "server",
  "engine",
  "attackers",
  "memory grown",
  "each",
  "limit",
  "peak RSS",
  "p99",
  "wrong",
  "left",
  "verdict",
];

function rowOf({ engine, kind, service, attackers, figures }: Measured, p99MsMax: number): readonly string[] {
  const { grownBytes, peakBytes, limitBytes, latenciesMs, wrong, descriptorsLeft, closeWait } = figures;
  const left = descriptorsLeft + closeWait;
  const p99 = p99Of(latenciesMs);
  const passes = p99 <= p99MsMax && grownBytes <= limitBytes && wrong === 0 && left === 0;
  return [
    kind.name,
    service,
    engine,
    String(attackers),
    `${(grownBytes / 1e6).toFixed(1)} MB`,
    `${Math.round(grownBytes / 1e3 / attackers)} KB`,
    `${(limitBytes / 1e6).toFixed(0)} MB`,
    `${(peakBytes / 1e6).toFixed(0)} MB`,
    `${p99.toFixed(1)} ms`,
    String(wrong),
    String(left),
    passes ? "pass" : "MISS",
  ];
}

/** The worst of one engine's cells. */
function figuresOf(engine: EngineChoice, cells: readonly Measured[], run: Run): readonly Figure[] {
  if (cells.length === 0) return [];
  const worst = (value: (figures: AttackFigures) => number): { value: number; where: string } =>
    cells
      .map(({ kind, service, figures }) => ({ value: value(figures), where: `${kind.name}, ${service}` }))
      .reduce((one, other) => (other.value > one.value ? other : one));
  const sum = (value: (figures: AttackFigures) => number): number =>
    cells.reduce((total, { figures }) => total + value(figures), 0);
  const slowest = worst(({ latenciesMs }) => p99Of(latenciesMs));
  const largest = worst(({ grownBytes, limitBytes }) => (grownBytes / limitBytes) * 100);
  return [
    {
      what: `${engine}: worst p99 of ${goodClients} good clients (${slowest.where})`,
      value: slowest.value,
      unit: "ms",
      target: { atMost: p99Max(run) },
    },
    {
      what: `${engine}: worst memory, of its limit (${largest.where})`,
      value: largest.value,
      unit: "%",
      target: { atMost: 100 },
    },
    {
      what: `${engine}: answers to good clients wrong or missing`,
      value: sum(({ wrong }) => wrong),
      target: { atMost: 0 },
    },
    {
      what: `${engine}: attackers that could not connect`,
      value: sum(({ failed }) => failed),
      target: { atMost: 0 },
    },
    {
      what: `${engine}: descriptors left`,
      value: sum(({ descriptorsLeft }) => descriptorsLeft),
      target: { atMost: 0 },
    },
    {
      what: `${engine}: sockets in CLOSE_WAIT`,
      value: sum(({ closeWait }) => closeWait),
      target: { atMost: 0 },
    },
  ];
}
