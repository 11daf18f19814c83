/**
 * The system's name for an error of Node's, as in `ECONNRESET`.
 */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "EUNKNOWN";
}
