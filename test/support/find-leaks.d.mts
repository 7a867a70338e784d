export interface Leak {
  /** What was found: a name, never the thing itself. */
  readonly what: string;
  /** The line around it. */
  readonly line: string;
}

/** Every line that holds a secret or a card number. @param secrets values, by what they are */
export function findLeaks(text: string, secrets: ReadonlyMap<string, string>): Leak[];
