import { memory } from "../memory.ts";
import { type Acceptance, type Credentials, type Door, door, type SignedIn, type Standing } from "./door.ts";
import { ApiError } from "./request.ts";
import { inTurn } from "./turn.ts";

const KEY = "token";
/** Changes whenever somebody signs out in this browser. A tab counts its token only while this is as it was then. */
const ENDED = "signed-out";
/**
 * Changes whenever somebody signs in to an account in this browser: its cookies are those of all tabs. Where it is
 * missing there is no session to renew.
 */
const BEGUN = "signed-in";

const RENEW_BEFORE_MS = 60_000;
const RENEW_AGAIN_MS = 10_000;

const NO_COOKIES = "Your browser did not keep the sign-in. Allow cookies for this site, then try again.";

interface Question {
  readonly wasWrong: boolean;
  /** The page has shown what somebody may see, until the session ended. */
  readonly isAgain: boolean;
  readonly reason: string;
}

/**
 * Who is signed in: to an account, whose cookies only the server reads, or by the server's token, which is kept for the
 * tab or, if the person says so, for the browser. The server is asked first, before anything else is.
 */
export class Session {
  #token = $state(ofThisTab() ?? memory.read(KEY) ?? "");
  #who = $state.raw<SignedIn | null>(null);
  #question = $state.raw<Question | null>(null);
  #isOver = false;
  #waiting: (() => void)[] = [];
  #endings: (() => void)[] = [];
  /** As ENDED and BEGUN were when this tab learned who is signed in. */
  #ended = memory.read(ENDED);
  #begun = memory.read(BEGUN);
  /** Sessions that this tab has had; each renewal makes another. */
  #count = 0;
  #renewedAt = -Infinity;
  #reading: Promise<void> | null = null;
  #renewing: Promise<boolean> | null = null;
  #recovering: Promise<void> | null = null;
  /** Whose things the page shows: the account that was signed in last. */
  #shown: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #door: Door;

  constructor(entrance: Door = door) {
    this.#door = entrance;
    addEventListener("storage", () => this.#look());
    addEventListener("pageshow", () => this.#look()); // the way back may lead to a page that slept meanwhile
  }

  get token(): string {
    return this.#token;
  }

  /** What the server said of who is signed in; null until it has, and where it cannot say. Reactive. */
  get who(): SignedIn | null {
    return this.#who;
  }

  /** There is something to sign out of. Reactive. */
  get isSignedIn(): boolean {
    return this.#token !== "" || this.#who?.via === "session";
  }

  /** As far as this browser remembers, somebody has signed in here. */
  get isRemembered(): boolean {
    return this.#token !== "" || memory.read(BEGUN) !== null;
  }

  /** What the dialog has to ask; null while there is nothing to ask. */
  get question(): Question | null {
    return this.#question;
  }

  /** Headers that show the token; the browser shows an account's cookies by itself. */
  get headers(): Record<string, string> {
    return this.#token ? { authorization: `Bearer ${this.#token}` } : {};
  }

  /** Names what requests show now, to be given to `prove` should the server refuse it. */
  get proof(): string {
    return `${this.#count} ${this.#token}`;
  }

  /** Wait until it is known who is signed in, and somebody is, where that is needed. Throws ApiError. */
  async known(): Promise<void> {
    this.#reading ??= this.#read().catch((error: unknown) => {
      this.#reading = null; // the next one tries again
      throw error;
    });
    await this.#reading;
  }

  /** As `known`, for pages that ask nobody: say whether the server lets this browser in as it is. Throws ApiError. */
  async found(): Promise<boolean> {
    await this.#readAnyhow();
    return !this.#isStranger || (await this.#revived());
  }

  /**
   * Wait until there is something else to show than `refused`, which the server did not accept: a session that was
   * renewed, or what the person gave. reason: what the server said, where that is more than that it is wrong.
   */
  async prove(refused: string, reason = ""): Promise<void> {
    if (refused !== this.proof) return; // a better one came meanwhile
    if (this.#token === "") {
      this.#recovering ??= this.#recover().finally(() => (this.#recovering = null));
      await this.#recovering;
    }
    if (refused === this.proof) await this.#ask(reason);
  }

  /** Learn anew who is signed in and what that person may do: it was changed. Throws ApiError. */
  async reread(): Promise<void> {
    this.#take(await this.#door.read(this.headers));
    await this.#settle("");
  }

  /** Renew the session of an account, once for all who want it; say whether there is one. Throws ApiError. */
  async renew(): Promise<boolean> {
    this.#renewing ??= inTurn("session", () => this.#renewed()).finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  /** Take the person's token; whoever waited goes on. */
  give(token: string, isKept: boolean): void {
    this.#token = token;
    this.#ended = memory.read(ENDED);
    memory.write(KEY, token, "tab");
    memory.write(ENDED, this.#ended, "tab");
    memory.write(KEY, isKept ? token : null);
    this.#goOn();
    void this.#door.read(this.headers).then(
      (standing) => this.#take(standing),
      () => undefined, // the requests that waited hear the same, and say it
    );
  }

  /** Sign in to an account; whoever waited goes on. Throws ApiError. */
  async enter(credentials: Credentials): Promise<void> {
    this.#arrive(await this.#kept(await this.#door.enter(credentials)));
  }

  /** Choose a password by an invitation, and be signed in. Throws ApiError. */
  async accept(invitation: Acceptance): Promise<void> {
    this.#arrive(await this.#kept(await this.#door.accept(invitation)));
  }

  /** The person has signed out: nothing of what was opened is shown any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Be told once when the person signs out, here or in another tab of the browser. */
  whenOver(act: () => void): void {
    this.#endings.push(act);
  }

  /** Sign out, in all tabs of this browser. Throws ApiError where the server could not be told to end the session. */
  async end(): Promise<void> {
    if (this.#who?.hasAccounts) await this.#door.leave();
    memory.write(KEY, null);
    memory.write(BEGUN, null);
    memory.write(ENDED, String(Date.now()));
    this.#forget();
  }

  async #read(): Promise<void> {
    const reason = await this.#readAnyhow();
    await this.#settle(reason);
  }

  /** Learn who is signed in, also where the token is of no use: then what else there is. Return what was said of that. */
  async #readAnyhow(): Promise<string> {
    try {
      this.#take(await this.#door.read(this.headers));
      return "";
    } catch (error) {
      if (!(error instanceof ApiError) || error.isPassing || this.#token === "") throw error;
      this.#take(await this.#door.read({}));
      if (this.#who?.via === "session") this.#dropToken();
      return error.code === "too_many_tokens" ? error.message : "";
    }
  }

  async #settle(reason: string): Promise<void> {
    if (this.#isStranger && !(await this.#revived())) await this.#ask(reason);
  }

  /** A browser that was asleep or closed can often renew its session. */
  async #revived(): Promise<boolean> {
    const mayBe = this.#who?.hasAccounts === true && this.#token === "" && memory.read(BEGUN) !== null;
    return mayBe && (await this.renew());
  }

  /** Find something else to show, without a question. */
  async #recover(): Promise<void> {
    if (this.#who?.via === "session") {
      // Once is enough: what is refused with a session that is as good as new is refused with the next one as well.
      if (Date.now() - this.#renewedAt >= RENEW_AGAIN_MS) await this.renew();
    } else if (this.#question === null) {
      const found = await this.#door.read({}); // a server that was open to all may be so no more
      if (found.via === "session") this.#take(found);
      else this.#who = found;
    }
  }

  get #isStranger(): boolean {
    return this.#who?.signInNeeded === true && this.#who.via === "nothing";
  }

  /** Another tab may have renewed it: a second renewal with what that one used up would end the session. */
  async #renewed(): Promise<boolean> {
    const found = await this.#door.read(this.headers);
    const isFresh = found.via === "session" && (found.lifeMs ?? 0) > RENEW_BEFORE_MS;
    try {
      this.#take(isFresh ? found : await this.#door.renew());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      return false;
    }
    this.#renewedAt = Date.now();
    return true;
  }

  #take(standing: Standing): void {
    clearTimeout(this.#timer);
    this.#who = standing;
    this.#shown = standing.account?.id ?? this.#shown;
    this.#count += 1;
    if (standing.via !== "session" || standing.lifeMs === null) return;
    if (memory.read(BEGUN) === null) this.#begin(); // by way of another service
    this.#renewIn(Math.max(standing.lifeMs - RENEW_BEFORE_MS, standing.lifeMs / 2));
  }

  /** Where that fails, it is tried again; where the session is over, the next request hears so and asks. */
  #renewIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.renew().catch(() => this.#renewIn(RENEW_AGAIN_MS)), ms);
  }

  async #ask(reason: string): Promise<void> {
    const [wasWrong, isAgain] = [this.#token !== "", this.#shown !== null];
    this.#question = { wasWrong, isAgain, reason: reason || (this.#question?.reason ?? "") };
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Return what the server said of a sign-in. Throws ApiError where the browser shows nothing of it afterwards. */
  async #kept(standing: Standing): Promise<Standing> {
    if ((await this.#door.read({})).via !== "session") throw new ApiError(NO_COOKIES, "no_cookies", 0);
    return standing;
  }

  /** Go on with the session that the server has just begun. What was shown to somebody else must go. */
  #arrive(standing: Standing): void {
    const before = this.#shown;
    this.#dropToken();
    memory.write(KEY, null);
    this.#begin();
    if (before !== null && before !== standing.account?.id) return this.#forget();
    this.#ended = memory.read(ENDED);
    this.#take(standing);
    this.#goOn();
  }

  #begin(): void {
    this.#begun = String(Date.now());
    memory.write(BEGUN, this.#begun);
  }

  #dropToken(): void {
    this.#token = "";
    memory.write(KEY, null, "tab");
  }

  #goOn(): void {
    this.#count += 1;
    this.#question = null;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Another tab may have signed out, or in. */
  #look(): void {
    if (this.isSignedIn && memory.read(ENDED) !== this.#ended) return this.#forget();
    if (this.#token === "" && memory.read(BEGUN) !== this.#begun) void this.#follow();
  }

  /** Go on as whoever signed in in another tab. What was shown to somebody else must go. */
  async #follow(): Promise<void> {
    this.#begun = memory.read(BEGUN);
    const before = this.#shown;
    const found = await this.#door.read({}).catch(() => null);
    if (found?.via !== "session") return;
    if (before !== null && before !== found.account?.id) return this.#forget();
    this.#ended = memory.read(ENDED);
    this.#take(found);
    this.#goOn();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#dropToken();
    this.#who = null;
    this.#isOver = true;
    for (const act of this.#endings.splice(0)) act();
  }
}

/** The token that this tab was given; null where somebody has signed out since, while the tab slept or was closed. */
function ofThisTab(): string | null {
  return memory.read(ENDED, "tab") === memory.read(ENDED) ? memory.read(KEY, "tab") : null;
}

export const session = new Session();
