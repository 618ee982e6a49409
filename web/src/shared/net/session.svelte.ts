import { memory } from "../memory.ts";

const KEY = "token";

interface Question {
  readonly wasWrong: boolean;
  readonly reason: string;
}

/** The server's token, where it has one: asked for once, kept for the tab or, if the person says so, for the browser. */
class Session {
  #token = $state(memory.read(KEY, "tab") ?? memory.read(KEY) ?? "");
  #question = $state.raw<Question | null>(null);
  #waiting: (() => void)[] = [];

  get token(): string {
    return this.#token;
  }

  /** What the dialog has to ask; null while there is nothing to ask. */
  get question(): Question | null {
    return this.#question;
  }

  /** Headers that show the token. */
  get headers(): Record<string, string> {
    return this.#token ? { authorization: `Bearer ${this.#token}` } : {};
  }

  /**
   * Wait until the person gave a token other than `refused`, which the server did not accept. reason: what it said,
   * where that is more than that the token is wrong.
   */
  async ask(refused: string, reason = ""): Promise<void> {
    if (refused !== this.#token) return; // a better one came meanwhile
    this.#question = { wasWrong: refused !== "", reason: reason || (this.#question?.reason ?? "") };
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Take the person's answer; whoever waited goes on. */
  give(token: string, isKept: boolean): void {
    this.#token = token;
    memory.write(KEY, token, "tab");
    memory.write(KEY, isKept ? token : null);
    this.#question = null;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  forget(): void {
    this.#token = "";
    memory.write(KEY, null, "tab");
    memory.write(KEY, null);
  }
}

export const session = new Session();
