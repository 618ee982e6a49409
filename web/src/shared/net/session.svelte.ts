import { memory } from "../memory.ts";

const KEY = "token";
/** Changes whenever somebody signs out in this browser. A tab counts its token only while this is as it was then. */
const ENDED = "signed-out";

interface Question {
  readonly wasWrong: boolean;
  readonly reason: string;
}

/** The server's token, where it has one: asked for once, kept for the tab or, if the person says so, for the browser. */
export class Session {
  #token = $state(ofThisTab() ?? memory.read(KEY) ?? "");
  #question = $state.raw<Question | null>(null);
  #isOver = false;
  #waiting: (() => void)[] = [];
  #endings: (() => void)[] = [];
  /** As ENDED was when the token was taken. */
  #ended = memory.read(ENDED);

  constructor() {
    addEventListener("storage", () => this.#look());
    addEventListener("pageshow", () => this.#look()); // the way back may lead to a page that slept meanwhile
  }

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
    this.#ended = memory.read(ENDED);
    memory.write(KEY, token, "tab");
    memory.write(ENDED, this.#ended, "tab");
    memory.write(KEY, isKept ? token : null);
    this.#question = null;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The person has signed out: nothing of what the token opened is shown any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Be told once when the person signs out, here or in another tab of the browser. */
  whenOver(act: () => void): void {
    this.#endings.push(act);
  }

  /** Sign out: forget the token, in all tabs of this browser. */
  end(): void {
    memory.write(KEY, null);
    memory.write(ENDED, String(Date.now()));
    this.#forget();
  }

  /** Another tab may have signed out. */
  #look(): void {
    if (this.#token !== "" && memory.read(ENDED) !== this.#ended) this.#forget();
  }

  #forget(): void {
    this.#token = "";
    this.#isOver = true;
    memory.write(KEY, null, "tab");
    for (const act of this.#endings.splice(0)) act();
  }
}

/** The token that this tab was given; null where somebody has signed out since, while the tab slept or was closed. */
function ofThisTab(): string | null {
  return memory.read(ENDED, "tab") === memory.read(ENDED) ? memory.read(KEY, "tab") : null;
}

export const session = new Session();
