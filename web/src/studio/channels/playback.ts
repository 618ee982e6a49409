/** Who may watch a channel, in the words of people. Pure. */
import type { Playback } from "../../shared/types.ts";
import type { Choice } from "../../shared/ui/choice.ts";

/** Each says what it means for pages of other sites and for TV apps. */
export const CHOICES: readonly Choice<Playback>[] = [
  {
    value: "public",
    title: "Everyone",
    text: "Anyone can watch: here, embedded in other pages, and in TV apps.",
  },
  {
    value: "link",
    title: "People with a link",
    text: "Whoever has a link that you made under Share, and people who sign in; embeds need a link, and TV app links include the channel.",
  },
  {
    value: "signed_in",
    title: "Only people who sign in",
    text: "Whoever has an account that includes this channel; other sites cannot embed it, and TV app links leave it out.",
  },
];

export const titleOf = (playback: Playback): string => CHOICES.find((choice) => choice.value === playback)?.title ?? "";

/** What stands among the facts of a channel; "" for a channel that everybody may watch. */
export const NOTES: Readonly<Record<Playback, string>> = { public: "", link: "only by link", signed_in: "sign-in only" };
