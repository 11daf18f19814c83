/**
 * The use of a terminal in another mode than the shell's, for a time: the terminal is given back at the end of the
 * process, whichever signal ends it (signals.ts), and for as long as the process is stopped (F105).
 */
export interface LeaseHolder {
  /** Gives the terminal back for a while. */
  leave(): void;
  /** Takes it again, after another program has set it as it likes. */
  comeBack(): void;
  /** Gives it back for good. */
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

  /** Stops the whole job, as the terminal does when it is asked to. */
  suspend(): void {
    this.#holder.leave();
    process.off("SIGTSTP", this.#stopped);
    process.kill(0, "SIGTSTP");
    process.on("SIGTSTP", this.#stopped);
    // Continued; or never stopped, where there is no shell to stop for.
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
