/** What to say to whom a channel, or a list of channels, is not shown. Pure. */

export interface Refusal {
  readonly title: string;
  readonly text: string;
  /** To sign in may help. */
  readonly canSignIn: boolean;
}

/** What is known of whoever is refused. */
interface Visitor {
  /** The page was opened by a link. */
  readonly hasLink: boolean;
  /** Somebody is signed in, whom the server shows other channels. */
  readonly isSignedIn: boolean;
}

/** code, message: of the server. It does not say whether a channel exists that it does not show. */
export function refusalOf(code: string, message: string, { hasLink, isSignedIn }: Visitor): Refusal {
  if (code === "link_over" && hasLink) {
    return said("This link no longer works", "It has expired or was ended. Ask whoever sent it for a new one.");
  }
  if (code === "link_for_site") {
    return said("This link works on one website only", "Open the page of that website that shows the channel.");
  }
  if (code !== "not_public" && code !== "link_over") return said("This link does not work here", message);
  if (hasLink) return said("This link does not open this channel", "It is for another one, or links to this one no longer work. Ask whoever sent it.");
  if (isSignedIn) {
    return said("Not open to you", "There is no channel here that you can watch. Ask an admin, or open the link that you were sent.");
  }
  return said(
    "You need a link, or to sign in",
    "There is no public channel at this address. Open the link that you were sent, or sign in.",
    true,
  );
}

const said = (title: string, text: string, canSignIn = false): Refusal => ({ title, text, canSignIn });
