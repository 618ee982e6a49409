/** What a password has to be; the server has the last word. Pure. */

const LEAST = 10;

export const PASSWORD_RULE = `At least ${LEAST} characters, and not your name.`;

/** Return what is wrong with a new password; "" where nothing is. */
export function passwordFault(password: string, name: string): string {
  if (password.length < LEAST) return `Use at least ${LEAST} characters. A few words in a row are easy to remember.`;
  if (password.toLowerCase() === name.toLowerCase()) return "Your name is not a good password. Choose another one.";
  return "";
}
