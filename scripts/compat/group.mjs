/**
 * The shape of the matrix: a group is a table of docs/compatibility.md.
 *
 * @typedef {object} Cell
 * @property {string} column
 * @property {() => Promise<string> | string} run what the page says if it works; it throws if it does not
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {Cell[]} cells
 *
 * @typedef {object} Group
 * @property {string} name of `--only`
 * @property {string} title
 * @property {string} about what the cells say
 * @property {string} head of the first column
 * @property {Row[]} rows
 * @property {string} [after] what the table does not say
 */

/**
 * @param {string} name
 * @param {Record<string, () => Promise<string> | string>} cells
 * @returns {Row}
 */
export function row(name, cells) {
  return { name, cells: Object.entries(cells).map(([column, run]) => ({ column, run })) };
}
