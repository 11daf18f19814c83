/**
 * Holds a terminal in another mode than the shell's. The terminal is restored when the process ends, whichever signal
 * ends it (signals.ts), and while the process is stopped (F105).
 */
export interface LeaseHolder {
  leave(): void;
  /** Takes it back after another program may have changed its mode. */
  comeBack(): void;
  release(): void;
}

export class TerminalLease {
  readonly #holder: LeaseHolder;

  constructor(holder: LeaseHolder) {
    this.#holder = holder;
  }

  begin(): void {
    process.on("SIGTSTP", this.#stopped).on("SIGCONT", this.#continued);
    process.on("exit", this.#exiting);
  }

  end(): void {
    process.off("SIGTSTP", this.#stopped).off("SIGCONT", this.#continued);
    process.off("exit", this.#exiting);
  }

  /** Stops the whole job, as the terminal does for Ctrl-Z. */
  suspend(): void {
    this.#holder.leave();
    process.off("SIGTSTP", this.#stopped);
    process.kill(0, "SIGTSTP");
    process.on("SIGTSTP", this.#stopped);
    // The process was continued, or not stopped because there is no shell.
    this.#holder.comeBack();
  }

  readonly #stopped = (): void => {
    this.suspend();
  };

  readonly #continued = (): void => {
    this.#holder.comeBack();
  };

  readonly #exiting = (): void => {
    this.#holder.release();
  };
}
