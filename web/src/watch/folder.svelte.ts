import { Admission } from "../shared/net/admission.svelte.ts";
import { ApiError, readPublic } from "../shared/net/api.ts";
import { send } from "../shared/net/request.ts";
import { session } from "../shared/net/session.svelte.ts";
import { folder as linked, gallery } from "../shared/root.ts";

/** What the server says where it shows something, if at all, in another folder only. */
const ELSEWHERE = new Set(["not_public", "link_over"]);

/**
 * The folder in which a viewer finds documents, streams and pictures: that of the link by which the page was opened;
 * else none, until the server shows something to some people only, and whoever is signed in may be one of them.
 */
export class Folder {
  readonly #admission = new Admission(askAsVisitor);
  /** As whom it was in vain to ask. */
  #vain = "";

  /** The page was opened by a link, and nothing else counts. */
  get isLink(): boolean {
    return linked !== "";
  }

  /** The folder of that link, "/t/{token}", or "". */
  get link(): string {
    return this.isLink ? `/${linked.replace(/\/$/, "")}` : "";
  }

  /** Whoever is signed in in this browser has been let in. Reactive. */
  get isVisited(): boolean {
    return this.#admission.isGiven;
  }

  /** The folder's own address. Reactive. */
  get base(): string {
    return this.isLink ? gallery.href : this.#admission.at("");
  }

  /** Return the full address of a path of a stream or of media. Reactive. */
  at(path: string): string {
    return this.base + path;
  }

  /** Find, before anything is refused, what only those see who are signed in. */
  async enter(): Promise<void> {
    if (this.isLink || this.isVisited || !session.isRemembered || this.#vain === session.proof) return;
    try {
      await this.#admission.renew();
    } catch {
      return; // the documents for everybody may be there all the same
    }
    if (!this.isVisited) this.#vain = session.proof;
  }

  /** Read a document for viewers, in whichever folder it is. Throws ApiError. */
  async read<Data>(path: string): Promise<Data> {
    const { base } = this;
    try {
      return await readPublic<Data>(base + path);
    } catch (error) {
      if (!(error instanceof ApiError && ELSEWHERE.has(error.code) && (await this.#leaves(base, error.code)))) throw error;
      return readPublic<Data>(this.at(path));
    }
  }

  /** Look for another folder than the one that something was refused in; return whether there is one. */
  async #leaves(base: string, code: string): Promise<boolean> {
    if (this.isLink) return false;
    if (this.base !== base) return true; // somebody else looked meanwhile
    if (code === "not_public" && this.#vain === session.proof) return false;
    await this.#admission.renew();
    if (this.base !== base) return true;
    this.#vain = session.proof;
    return false;
  }
}

const REFUSALS = new Set([401, 403]);

/** Ask for the folder of whoever is signed in in this browser; null for nobody. Throws ApiError. */
async function askAsVisitor(): Promise<Response | null> {
  if (!(await session.found())) return null;
  const reply = await send("GET", "api/playback", { headers: session.headers });
  return REFUSALS.has(reply.status) ? null : reply;
}

export const folder = new Folder();
