/**
 * Lets operations run side by side, or one act alone. C_Finalize while another thread is inside the module ends the process,
 * so it waits here until all have left, and newcomers wait until it is done.
 */
export class UsageGate {
  private inside = 0;
  private closed = false;
  private readonly waiting: (() => void)[] = [];

  /** Runs `work` beside others. It must not call the gate again: an act that waits would block both. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed) await this.change();
    this.inside += 1;
    try {
      return await work();
    } finally {
      this.inside -= 1;
      this.wake();
    }
  }

  /** Runs `act` alone, after all that runs now has ended. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    while (this.closed) await this.change();
    this.closed = true;
    try {
      while (this.inside > 0) await this.change();
      return await act();
    } finally {
      this.closed = false;
      this.wake();
    }
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }
}
