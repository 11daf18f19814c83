/**
 * Draws the recording as an SVG that is animated by CSS, without scripts or external files.
 *
 * Each row of a terminal is drawn once for each of its texts, and is visible for the time of that text:
 *
 *     frames ──▶ sightings: what, in which row, from when, until when ──▶ one <text> each, and one @keyframes for each span
 *
 * Where animation is off, the SVG shows the last frame.
 */
import type { Frame } from "./play.ts";
import { rowsOf, type Look, type Piece } from "./screen.ts";
import { columns, panes, rows as paneRows, type Pane } from "./script.ts";

const letter = { widthPx: 8.4, heightPx: 18, sizePx: 14 };
const marginPx = 12;
const titlePx = 24;

/** A text in one row, with the time that it is visible. */
interface Sighting {
  readonly row: number;
  readonly markup: string;
  readonly fromMs: number;
  untilMs: number;
}

export function drawing(frames: readonly Frame[]): string {
  const lengthMs = frames.reduce((sum, { holdMs }) => sum + holdMs, 0);
  const keyframes = new Map<string, string>();
  let topPx = 0;
  const drawn = panes.map((pane) => {
    const heightPx = titlePx + paneRows[pane] * letter.heightPx + marginPx;
    const texts = sightings(frames, pane).map((sighting) => {
      const shown = spanClass(sighting, lengthMs, keyframes);
      const y = titlePx + (sighting.row + 1) * letter.heightPx - 5;
      return `<text${shown} y="${y}">${sighting.markup}</text>`;
    });
    const group = [
      `<g transform="translate(0 ${topPx})">`,
      `<rect width="100%" height="${heightPx}" rx="8"/>`,
      `<g transform="translate(${marginPx} 0)">`,
      `<text class="z c" y="17">${pane}</text>`,
      ...texts,
      "</g></g>",
    ];
    topPx += heightPx + marginPx / 2;
    return group.join("\n");
  });
  const widthPx = Math.ceil(columns * letter.widthPx) + 2 * marginPx;
  const heightPx = topPx - marginPx / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}" role="img" xml:space="preserve">`,
    "<title>Portcall on real terminals: a server, a client, and nc</title>",
    `<style>${[...styles(lengthMs), ...keyframes.values()].join("\n")}</style>`,
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

/** The texts of a terminal over time, without empty rows. */
function sightings(frames: readonly Frame[], pane: Pane): Sighting[] {
  const all: Sighting[] = [];
  const present: (Sighting | undefined)[] = [];
  let nowMs = 0;
  for (const { screens, typing, holdMs } of frames) {
    const rows = rowsOf(screens[pane]);
    const typed = typing === pane ? rows.findLastIndex((pieces) => pieces.length > 0) : -1;
    for (let row = 0; row < paneRows[pane]; row++) {
      const cursor = row === typed ? `<tspan class="c">█</tspan>` : "";
      const markup = (rows[row] ?? []).map(markupOf).join("").trimEnd() + cursor;
      if (present[row]?.markup !== markup) {
        const sighting = { row, markup, fromMs: nowMs, untilMs: nowMs };
        present[row] = sighting;
        if (markup !== "") all.push(sighting);
      }
      (present[row] as Sighting).untilMs = nowMs + holdMs;
    }
    nowMs += holdMs;
  }
  return all;
}

/** The CSS class for a time span; nothing for a text that is always visible. */
function spanClass({ fromMs, untilMs }: Sighting, lengthMs: number, keyframes: Map<string, string>): string {
  if (fromMs === 0 && untilMs === lengthMs) return ` class="z"`;
  const key = `${fromMs}-${untilMs}`;
  const name = keyframes.has(key) ? [...keyframes.keys()].indexOf(key) : keyframes.size;
  const percent = (ms: number): string => `${Number(((ms / lengthMs) * 100).toFixed(2))}%`;
  const before = fromMs === 0 ? "" : "0%{opacity:0}";
  const behind = untilMs === lengthMs ? "" : `${percent(untilMs)}{opacity:0}`;
  keyframes.set(
    key,
    `.k${name}{animation-name:k${name}}@keyframes k${name}{${before}${percent(fromMs)}{opacity:1}${behind}}`,
  );
  return ` class="${untilMs === lengthMs ? "z " : ""}k${name}"`;
}

function markupOf({ text, look }: Piece): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const classes = classesOf(look);
  return classes === "" ? escaped : `<tspan class="${classes}">${escaped}</tspan>`;
}

function classesOf({ colour, bold, dim }: Look): string {
  return [colour !== undefined && `f${colour}`, bold && "b", dim && "d"].filter(Boolean).join(" ");
}

/** The eight colours, for a dark background. */
const colours = ["#484f58", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#e6edf3"];

function styles(lengthMs: number): string[] {
  const fonts = `ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace`;
  return [
    "rect{fill:#0d1117;stroke:#30363d}",
    `text{font:${letter.sizePx}px ${fonts};fill:#c9d1d9;white-space:pre;opacity:0;animation:${lengthMs / 1000}s step-end infinite}`,
    // The last frame; animations override it.
    ".z{opacity:1}",
    ".b{font-weight:bold}.d{opacity:.6}.c{fill:#8b949e}",
    ...colours.map((colour, index) => `.f${index}{fill:${colour}}`),
    "@media(prefers-reduced-motion:reduce){text{animation:none!important}}",
  ];
}
