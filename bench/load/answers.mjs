const REPLAYED = /\r\nidempotency-replayed: true(\r\n|$)/i;
const SAMPLE_CHARACTERS_MAX = 300;

/** Judges every answer: what the first one to a request must be, and what every other one. */
export class Answers {
  /** Bodies of first answers by the index of the request. */
  #firstBodies = new Map();
  #keepsBodies;
  /** Requests whose first answer was right. */
  firstCount = 0;
  /** Not of 2xx. */
  refused = 0;
  /** Of 2xx, and yet not what it must be. */
  wrong = 0;
  /** The first answer that was refused or wrong, for whoever looks for the reason. */
  sample = null;

  /** @param {{ keepsBodies: boolean }} options whether anything will be answered again */
  constructor({ keepsBodies }) {
    this.#keepsBodies = keepsBodies;
  }

  /** The answer to a request that nobody has sent before. @returns whether it is right */
  judgeFirst({ index, reference, status, head, body }) {
    const isRight =
      status === 201 && !REPLAYED.test(head) && body.includes(`"reference":"${reference}"`);
    if (isRight) this.firstCount += 1;
    if (isRight && this.#keepsBodies) this.#firstBodies.set(index, Buffer.from(body));
    return this.#count(isRight, { status, head, body });
  }

  /** The answer to a request that was answered before: byte for byte the same, and marked. */
  judgeReplay({ index, status, head, body }) {
    const first = this.#firstBodies.get(index);
    const isRight = status === 201 && REPLAYED.test(head) && first?.equals(body) === true;
    return this.#count(isRight, { status, head, body });
  }

  /** The answers to one request that was sent many times at once: one of them is the first. */
  judgeStorm(index, reference, answers) {
    const firsts = answers.filter(({ status, head }) => status === 201 && !REPLAYED.test(head));
    const [first, ...more] = firsts;
    if (first !== undefined) this.judgeFirst({ ...first, index, reference });
    for (const answer of more) this.#count(false, answer);
    for (const answer of answers) {
      if (!firsts.includes(answer)) this.judgeReplay({ ...answer, index });
    }
  }

  #count(isRight, { status, head, body }) {
    if (isRight) return true;
    if (status >= 200 && status < 300) this.wrong += 1;
    else this.refused += 1;
    this.sample ??= `${head}\n${body?.toString() ?? ''}`.slice(0, SAMPLE_CHARACTERS_MAX);
    return false;
  }
}
